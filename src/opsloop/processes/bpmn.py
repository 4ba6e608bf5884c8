"""The step table as BPMN 2.0 with its drawing, left to right, so that any modeller opens it.

Parallel groups stand between parallel gateways, steps that may be left out beside a way around
them, allowed returns behind a gateway that leads back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from opsloop.processes.models import Process, Step
from opsloop.processes.named_lists import split_names

MODEL: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DRAWING: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
BOUNDS: Final = "http://www.omg.org/spec/DD/20100524/DC"
POINTS: Final = "http://www.omg.org/spec/DD/20100524/DI"
_SIZES: Final = {
    "startEvent": (36, 36), "endEvent": (36, 36), "userTask": (160, 80),
    "exclusiveGateway": (50, 50), "parallelGateway": (50, 50),
}  # fmt: skip
_LINE_Y: Final = 220
_GAP: Final = 60
_ROW: Final = 110
_LANE: Final = 36  # between two arrows that lead back
_APART: Final = 24  # between the ends of two arrows that lead back to one step
_LABEL: Final = (96, 18)


@dataclass(frozen=True)
class Node:
    """One shape; `x` is its left edge, `y` its middle."""

    key: str
    kind: str
    name: str
    x: int
    y: int
    note: str = ""

    @property
    def size(self) -> tuple[int, int]:
        return _SIZES[self.kind]


@dataclass(frozen=True)
class Flow:
    """One arrow: along the line, over the shapes that it leaves out, or back below all of them."""

    source: str
    target: str
    name: str = ""
    way: Literal["along", "over", "back"] = "along"


@dataclass
class Drawing:
    """Shapes and arrows in the making; `x` is where the next shape goes."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    x: int = 160

    def add(self, kind: str, name: str = "", *, y: int = _LINE_Y, note: str = "") -> str:
        key = f"{kind}_{len(self.nodes) + 1}"
        self.nodes[key] = Node(key, kind, name, self.x, y, note)
        return key

    def advance(self, kind: str) -> None:
        self.x += _SIZES[kind][0] + _GAP

    def put(self, kind: str, name: str = "", *, note: str = "") -> str:
        key = self.add(kind, name, note=note)
        self.advance(kind)
        return key

    def join(
        self, source: str, target: str, name: str = "",
        way: Literal["along", "over", "back"] = "along",
    ) -> None:  # fmt: skip
        self.flows.append(Flow(source, target, name, way))

    def lanes(self) -> dict[Flow, tuple[int, int]]:
        """(level below all shapes, shift of the end) of arrows that lead back; short ones above."""
        back = [flow for flow in self.flows if flow.way == "back"]
        back.sort(key=lambda flow: self.nodes[flow.source].x - self.nodes[flow.target].x)
        lowest = max((node.y + node.size[1] // 2 for node in self.nodes.values()), default=0)
        found: dict[Flow, tuple[int, int]] = {}
        for place, flow in enumerate(back, start=1):
            ends = sum(one.target == flow.target for one in found)
            found[flow] = (lowest + _LANE * place, -_APART * ends)
        return found


def as_bpmn(process: Process, steps: Sequence[Step]) -> bytes:
    """The table as a BPMN 2.0 file (UTF-8)."""
    drawing = _drawn(process, steps)
    for prefix, space in (("bpmn", MODEL), ("bpmndi", DRAWING), ("dc", BOUNDS), ("di", POINTS)):
        ET.register_namespace(prefix, space)
    root = ET.Element(
        f"{{{MODEL}}}definitions",
        {"id": "definitions", "targetNamespace": "https://opsloop.example/bpmn"},
    )
    body = ET.SubElement(
        root, f"{{{MODEL}}}process",
        {"id": f"process_{process.pk}", "name": process.name, "isExecutable": "false"},
    )  # fmt: skip
    _write_model(body, drawing)
    _write_drawing(root, process, drawing)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _drawn(process: Process, steps: Sequence[Step]) -> Drawing:
    drawing = Drawing()
    last = drawing.put("startEvent", process.start_event)
    tasks: dict[str, str] = {}
    for block in _blocks(steps):
        last = _parallel(drawing, last, block, tasks) if len(block) > 1 else _single(
            drawing, last, block[0], tasks
        )  # fmt: skip
    drawing.join(last, drawing.put("endEvent", process.end_event))
    return drawing


def _blocks(steps: Sequence[Step]) -> list[list[Step]]:
    blocks: list[list[Step]] = []
    for step in steps:
        if blocks and step.parallel_group and blocks[-1][-1].parallel_group == step.parallel_group:
            blocks[-1].append(step)
        else:
            blocks.append([step])
    return blocks


def _single(drawing: Drawing, last: str, step: Step, tasks: dict[str, str]) -> str:
    around = step.is_optional or step.from_amount is not None
    if around:
        fork = drawing.put("exclusiveGateway")
        drawing.join(last, fork)
        last = fork
    task = drawing.put("userTask", step.name, note=step.role)
    tasks[step.name] = tasks[step.log_name] = task
    drawing.join(last, task)
    end = _returning(drawing, task, step, tasks)
    if around:
        merge = drawing.put("exclusiveGateway")
        drawing.join(end, merge)
        amount = step.from_amount
        name = "" if amount is None else f"< {amount:,.0f}"
        drawing.join(last, merge, name, "over")
        end = merge
    return end


def _returning(drawing: Drawing, task: str, step: Step, tasks: dict[str, str]) -> str:
    """A gateway behind a step that may send the case back to earlier ones."""
    targets = [tasks[name] for name in split_names(step.may_return_to) if name in tasks]
    if not targets:
        return task
    decision = drawing.put("exclusiveGateway", _("Decision"))
    drawing.join(task, decision)
    for target in dict.fromkeys(targets):
        drawing.join(decision, target, _("Returned"), "back")
    return decision


def _parallel(drawing: Drawing, last: str, block: Sequence[Step], tasks: dict[str, str]) -> str:
    fork = drawing.put("parallelGateway")
    drawing.join(last, fork)
    top = _LINE_Y - _ROW * (len(block) - 1) // 2
    keys = []
    for row, step in enumerate(block):
        task = drawing.add("userTask", step.name, y=top + row * _ROW, note=step.role)
        tasks[step.name] = tasks[step.log_name] = task
        keys.append(task)
    drawing.advance("userTask")
    merge = drawing.put("parallelGateway")
    for task in keys:
        drawing.join(fork, task)
        drawing.join(task, merge)
    return merge


def _write_model(body: ET.Element, drawing: Drawing) -> None:
    for node in drawing.nodes.values():
        made = ET.SubElement(body, f"{{{MODEL}}}{node.kind}", {"id": node.key, **_named(node.name)})
        if node.note:
            ET.SubElement(made, f"{{{MODEL}}}documentation").text = node.note
        for number, flow in enumerate(drawing.flows, start=1):
            if flow.target == node.key:
                ET.SubElement(made, f"{{{MODEL}}}incoming").text = f"flow_{number}"
        for number, flow in enumerate(drawing.flows, start=1):
            if flow.source == node.key:
                ET.SubElement(made, f"{{{MODEL}}}outgoing").text = f"flow_{number}"
    for number, flow in enumerate(drawing.flows, start=1):
        ends = {"sourceRef": flow.source, "targetRef": flow.target}
        ET.SubElement(
            body, f"{{{MODEL}}}sequenceFlow", {"id": f"flow_{number}", **_named(flow.name), **ends}
        )


def _named(name: str) -> dict[str, str]:
    return {"name": name} if name else {}


def _write_drawing(root: ET.Element, process: Process, drawing: Drawing) -> None:
    diagram = ET.SubElement(root, f"{{{DRAWING}}}BPMNDiagram", {"id": "diagram"})
    plane = ET.SubElement(
        diagram, f"{{{DRAWING}}}BPMNPlane",
        {"id": "plane", "bpmnElement": f"process_{process.pk}"},
    )  # fmt: skip
    for node in drawing.nodes.values():
        width, height = node.size
        shape = ET.SubElement(
            plane, f"{{{DRAWING}}}BPMNShape", {"id": f"{node.key}_di", "bpmnElement": node.key}
        )
        _bounds(shape, node.x, node.y - height // 2, width, height)
        if node.name and node.kind != "userTask":
            # A gateway's arrows leave below it, so its name stands above.
            above = node.kind.endswith("Gateway")
            top = node.y - height // 2 - _LABEL[1] - 4 if above else node.y + height // 2 + 6
            _label(shape, node.x + width // 2, top)
    lanes = drawing.lanes()
    for number, flow in enumerate(drawing.flows, start=1):
        edge = ET.SubElement(
            plane, f"{{{DRAWING}}}BPMNEdge",
            {"id": f"flow_{number}_di", "bpmnElement": f"flow_{number}"},
        )  # fmt: skip
        points = _waypoints(drawing, flow, lanes.get(flow))
        for x, y in points:
            ET.SubElement(edge, f"{{{POINTS}}}waypoint", {"x": str(x), "y": str(y)})
        if flow.name:
            # Beside the corner where the arrow leaves, over its long stretch.
            (from_x, level), (to_x, _level) = points[1], points[2]
            side = 1 if to_x > from_x else -1
            _label(edge, from_x + side * (_LABEL[0] // 2 + 8), level - _LABEL[1] - 2)


def _bounds(parent: ET.Element, x: int, y: int, width: int, height: int) -> None:
    sizes = {"x": x, "y": y, "width": width, "height": height}
    ET.SubElement(parent, f"{{{BOUNDS}}}Bounds", {name: str(px) for name, px in sizes.items()})


def _label(parent: ET.Element, middle: int, top: int) -> None:
    label = ET.SubElement(parent, f"{{{DRAWING}}}BPMNLabel")
    _bounds(label, middle - _LABEL[0] // 2, top, *_LABEL)


def _waypoints(
    drawing: Drawing, flow: Flow, lane: tuple[int, int] | None
) -> list[tuple[int, int]]:  # fmt: skip
    """Straight on the line, an elbow between rows, over a step or back below all of them."""
    source, target = drawing.nodes[flow.source], drawing.nodes[flow.target]
    middle, other = (node.x + node.size[0] // 2 for node in (source, target))
    if lane is not None:
        level, shift = lane
        other += shift
        ends = source.y + source.size[1] // 2, target.y + target.size[1] // 2
        return [(middle, ends[0]), (middle, level), (other, level), (other, ends[1])]
    if flow.way == "over":
        level = _LINE_Y - _ROW
        ends = source.y - source.size[1] // 2, target.y - target.size[1] // 2
        return [(middle, ends[0]), (middle, level), (other, level), (other, ends[1])]
    right, left = source.x + source.size[0], target.x
    if source.y == target.y:
        return [(right, source.y), (left, target.y)]
    bend = (right + left) // 2
    return [(right, source.y), (bend, source.y), (bend, target.y), (left, target.y)]
