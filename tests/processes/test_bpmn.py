"""The drawing of a step table: nothing lies on anything else, and returns lead back below it."""

from decimal import Decimal
from itertools import combinations, pairwise
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from opsloop.processes import bpmn
from opsloop.processes.models import Process

SPACE = {"b": bpmn.MODEL, "d": bpmn.DRAWING, "c": bpmn.BOUNDS, "p": bpmn.POINTS}


def step(name, *, group="", back="", amount=None, optional=False):
    return SimpleNamespace(
        name=name, log_name=name, role="经理", is_optional=optional, parallel_group=group,
        may_return_to=back, from_amount=amount,
    )  # fmt: skip


STEPS = [
    step("填写申请表"),
    step("部门经理审批", back="填写申请表"),
    step("采购部审核", group="A"),
    step("财务部复核", group="A"),
    step("法务审核", group="A"),
    step("总经理审批", amount=Decimal(5000), back="填写申请表、部门经理审批"),
    step("登记台账", optional=True),
]


@pytest.fixture
def drawn():
    process = Process(pk=1, name="采购", start_event="提交", end_event="入库")
    return ET.fromstring(bpmn.as_bpmn(process, STEPS))


def boxes(root, path):
    """(left, top, right, bottom) by element; the shape's own bounds, or those of its label."""
    found: list[tuple[int, int, int, int]] = []
    for one in root.findall(path, SPACE):
        bounds = one.find("c:Bounds", SPACE)
        x, y, width, height = (int(bounds.attrib[key]) for key in ("x", "y", "width", "height"))
        found.append((x, y, x + width, y + height))
    return found


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_no_shape_and_no_label_lies_on_another(drawn):
    shapes, labels = boxes(drawn, ".//d:BPMNShape"), boxes(drawn, ".//d:BPMNLabel")
    assert len(shapes) == 17
    assert len(labels) == 2 + 2 + 4  # events, decisions, three returns and a limit
    assert not [pair for pair in combinations([*shapes, *labels], 2) if overlap(*pair)]


def test_no_arrow_runs_through_a_shape(drawn):
    shapes = boxes(drawn, ".//d:BPMNShape")
    for edge in drawn.findall(".//d:BPMNEdge", SPACE):
        points = [
            (int(one.attrib["x"]), int(one.attrib["y"]))
            for one in edge.findall("p:waypoint", SPACE)
        ]
        assert len(points) >= 2
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == x2 or y1 == y2
            line = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            inside = [
                box for box in shapes
                if line[0] < box[2] and box[0] < line[2] + (x1 == x2)
                and line[1] < box[3] and box[1] < line[3] + (y1 == y2)
                and not (line[2] == box[0] or line[0] == box[2])
                and not (line[3] == box[1] or line[1] == box[3])
            ]  # fmt: skip
            assert not inside


def test_arrows_back_have_a_lane_and_an_end_of_their_own(drawn):
    names = {one.get("id"): one.get("name") for one in drawn.findall(".//b:sequenceFlow", SPACE)}
    lanes, ends = [], []
    for edge in drawn.findall(".//d:BPMNEdge", SPACE):
        if names[edge.get("bpmnElement")] in ("Returned", "退回"):
            points = edge.findall("p:waypoint", SPACE)
            lanes.append(points[1].attrib["y"])
            ends.append((points[-1].attrib["x"], points[-1].attrib["y"]))
    assert len(set(lanes)) == len(set(ends)) == 3
