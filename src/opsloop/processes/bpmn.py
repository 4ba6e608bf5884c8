"""The step table as BPMN 2.0 with its drawing, left to right, so that any modeller opens it.

Parallel groups stand between parallel gateways, steps that may be left out beside a way around
them, allowed returns behind a gateway that leads back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from opsloop.processes.models import Process, Step
from opsloop.processes.named_lists import split_names

MODEL: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DRAWING: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
BOUNDS: Final = "http://www.omg.org/spec/DD/20100524/DC"
POINTS: Final = "http://www.omg.org/spec/DD/20100524/DI"
_SIZES: Final = {
    "startEvent": (36, 36), "endEvent": (36, 36), "userTask": (130, 80),
    "exclusiveGateway": (50, 50), "parallelGateway": (50, 50),
}  # fmt: skip
_LINE_Y: Final = 220
_GAP: Final = 60
_ROW: Final = 110


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


@dataclass
class Drawing:
    """Shapes and arrows in the making; `x` is where the next shape goes."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[tuple[str, str, str, int]] = field(default_factory=list)  # …, name, detour in px
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

    def join(self, source: str, target: str, name: str = "", detour: int = 0) -> None:
        self.flows.append((source, target, name, detour))


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
        drawing.join(last, merge, name, detour=-_ROW)
        end = merge
    return end


def _returning(drawing: Drawing, task: str, step: Step, tasks: dict[str, str]) -> str:
    """A gateway behind a step that may send the case back to earlier ones."""
    targets = [tasks[name] for name in split_names(step.may_return_to) if name in tasks]
    if not targets:
        return task
    decision = drawing.put("exclusiveGateway", _("Decision"))
    drawing.join(task, decision)
    for depth, target in enumerate(dict.fromkeys(targets), start=1):
        drawing.join(decision, target, _("Returned"), detour=_ROW + 30 * depth)
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
        for number, (_source, target, _name, _detour) in enumerate(drawing.flows, start=1):
            if target == node.key:
                ET.SubElement(made, f"{{{MODEL}}}incoming").text = f"flow_{number}"
        for number, (source, _target, _name, _detour) in enumerate(drawing.flows, start=1):
            if source == node.key:
                ET.SubElement(made, f"{{{MODEL}}}outgoing").text = f"flow_{number}"
    for number, (source, target, name, _detour) in enumerate(drawing.flows, start=1):
        ET.SubElement(
            body, f"{{{MODEL}}}sequenceFlow",
            {"id": f"flow_{number}", **_named(name), "sourceRef": source, "targetRef": target},
        )  # fmt: skip


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
        ET.SubElement(
            shape, f"{{{BOUNDS}}}Bounds",
            {"x": str(node.x), "y": str(node.y - height // 2), "width": str(width),
             "height": str(height)},
        )  # fmt: skip
    for number, (source, target, _name, detour) in enumerate(drawing.flows, start=1):
        edge = ET.SubElement(
            plane, f"{{{DRAWING}}}BPMNEdge",
            {"id": f"flow_{number}_di", "bpmnElement": f"flow_{number}"},
        )  # fmt: skip
        for x, y in _waypoints(drawing.nodes[source], drawing.nodes[target], detour):
            ET.SubElement(edge, f"{{{POINTS}}}waypoint", {"x": str(x), "y": str(y)})


def _waypoints(source: Node, target: Node, detour: int) -> list[tuple[int, int]]:
    """Straight on the line, an elbow between rows, or around by `detour` px above or below."""
    right, left = source.x + source.size[0], target.x
    if detour:
        middle, other = source.x + source.size[0] // 2, target.x + target.size[0] // 2
        side = 1 if detour > 0 else -1
        out, back = source.size[1] // 2 * side, target.size[1] // 2 * side
        level = _LINE_Y + detour
        return [
            (middle, source.y + out), (middle, level), (other, level), (other, target.y + back),
        ]  # fmt: skip
    if source.y == target.y:
        return [(right, source.y), (left, target.y)]
    bend = (right + left) // 2
    return [(right, source.y), (bend, source.y), (bend, target.y), (left, target.y)]
