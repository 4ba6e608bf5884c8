"""The conformance page: every kind in words, acceptance with a reason, months, causes, files."""

import csv
import io
from decimal import Decimal

import pytest

from opsloop.audit.models import AuditEvent
from opsloop.datasets import actions as imports
from opsloop.org.permissions import NotPermitted
from opsloop.processes import actions, queries
from opsloop.processes.models import Process
from tests.conftest import NOW, Cast
from tests.processes.conftest import bring

STEPS = (
    ("申请", "销售部、采购部"),
    ("经理审批", "采购部"),
    ("财务复核", "财务部"),
    ("总经理审批", "总经办"),
)


def record_of(case: int, month: int) -> str:
    """Two months of cases: sales skip finance; one big case lacks the director; one person twice."""
    day = f"2024-{month:02}-{3 + case % 20:02}"
    who = "销售部" if case < 12 else "采购部"
    amount = 200000 if case == 25 else 500
    manager = "王五" if case == 26 else "张三"
    lines = [f"{month}-{case:03},申请,{day} 08:00,{day} 09:00,甲,{who},,{amount}"]
    verdict = "退回" if case == 29 else "同意"
    lines.append(
        f"{month}-{case:03},经理审批,{day} 10:00,{day} 11:00,{manager},采购部,{verdict},{amount}"
    )
    if case == 29:
        lines.append(
            f"{month}-{case:03},经理审批,{day} 12:00,{day} 12:30,{manager},采购部,同意,{amount}"
        )
    if case >= 12:
        unit = "采购部" if case == 27 else "财务部"
        verdict = "退回" if case == 28 else "同意"
        lines.append(
            f"{month}-{case:03},财务复核,{day} 16:00,{day} 17:00,王五,{unit},{verdict},{amount}"
        )
    return "\n".join(lines)


@pytest.fixture
def judged(cast: Cast) -> Process:
    process = actions.define_process(
        name="付款审批", department=cast.purchasing, by=cast.department_head, now=NOW,
        owner=cast.department_head,
    )  # fmt: skip
    for name, role in STEPS:
        actions.add_step(
            process=process, by=cast.department_head, now=NOW, name=name, role=role,
            from_amount=Decimal(100_000) if name == "总经理审批" else None,
        )  # fmt: skip
    log = imports.create_dataset(
        name="付款日志", kind="event_log", department=cast.purchasing, timezone="Asia/Shanghai",
        by=cast.department_head, now=NOW,
    )  # fmt: skip
    text = "\n".join(record_of(case, month) for month in (4, 5) for case in range(30)) + "\n"
    bring(log, text, header="单据编号,节点名称,开始时间,完成时间,处理人,部门,审批结果,金额")
    return actions.change_process(process=process, by=cast.department_head, now=NOW, dataset=log)


def view(process: Process) -> queries.ConformanceView:
    found = queries.conformance_view(process)
    assert found is not None
    return found


def test_each_kind_is_told_in_a_sentence(judged):
    said = {line.departure.kind: line.sentence for line in view(judged).lines}
    assert said["skipped"] == ("24 件跳过“财务复核”（40.0%），集中在销售部；中位周期短 6.0 小时")
    assert said["amount"].startswith("2 件金额已达标准却跳过“总经理审批”（3.3%）")
    assert said["same_person"].startswith("2 件由同一人先后审批“经理审批”和“财务复核”")
    assert said["hands"].startswith("2 件由采购部办理“财务复核”，步骤表未列该角色")
    assert said["inserted"].startswith("2 件在步骤表没有的位置办理了“经理审批”")


def test_counts_add_up_and_months_follow(judged):
    found = view(judged)
    assert (found.cases, found.following, found.accepted_only, found.departing) == (60, 28, 0, 32)
    assert [(m.label, m.cases, m.following, m.departures) for m in found.months] == [
        ("2024-04", 30, 14, 16), ("2024-05", 30, 14, 16),
    ]  # fmt: skip
    skipped = found.lines[0]
    sales = skipped.carriers[0]
    assert (sales.name, sales.carrier.departing, sales.carrier.cases) == ("销售部", 24, 24)
    assert sales.carrier.lift == pytest.approx(60 / 24)


def test_an_accepted_departure_counts_apart_until_it_is_revoked(judged, cast, client_for):
    client, address = client_for(cast.department_head), f"/processes/{judged.pk}/conformance/"
    kind, step, other = view(judged).lines[0].names
    said = {"kind": kind, "step": step, "other": other, "reason": "小额采购由销售部自行复核"}
    assert client.post(f"{address}accept/", said).status_code == 302
    found = view(judged)
    assert (found.following, found.accepted_only, found.departing) == (28, 24, 8)
    assert [(month.departures, month.accepted) for month in found.months] == [(4, 12)] * 2
    (line,) = found.accepted
    assert line.acceptance is not None
    assert line.acceptance.accepted_by == cast.department_head
    page = client.get(address).content.decode()
    assert "小额采购由销售部自行复核" in page
    client.post(f"{address}accept/", said)
    assert judged.accepted_departures.count() == 1
    revoke = f"{address}accepted/{line.acceptance.pk}/revoke/"
    assert client.post(revoke).status_code == 302
    assert view(judged).accepted_only == 0
    assert client.post(revoke).status_code == 404
    told = AuditEvent.objects.filter(action__startswith="processes.").values_list(
        "action", flat=True
    )
    assert {"processes.accept_departure", "processes.revoke_acceptance"} <= set(told)


def test_an_acceptance_needs_a_reason_a_right_and_a_departure(judged, cast, client_for):
    address = f"/processes/{judged.pk}/conformance/accept/"
    kind, step, other = view(judged).lines[0].names
    said = {"kind": kind, "step": step, "other": other}
    client_for(cast.department_head).post(address, {**said, "reason": " "})
    client_for(cast.department_head).post(address, {**said, "step": "没有", "reason": "理由"})
    assert client_for(cast.employee).post(address, {**said, "reason": "理由"}).status_code in (
        403,
        404,
    )
    assert not judged.accepted_departures.exists()
    with pytest.raises(NotPermitted):
        actions.accept_departure(
            process=judged,
            kind=kind,
            step=step,
            other=other,
            reason="理由",
            by=cast.employee,
            now=NOW,
        )
    with pytest.raises(ValueError, match="reason"):
        actions.accept_departure(
            process=judged, kind=kind, step=step, other=other, reason="", by=cast.department_head,
            now=NOW,
        )  # fmt: skip


def test_an_accepted_departure_the_log_no_longer_shows_stays_listed(judged, cast):
    held = actions.accept_departure(
        process=judged, kind="skipped", step="旧步骤", other="", reason="已取消",
        by=cast.department_head, now=NOW,
    )  # fmt: skip
    assert view(judged).gone == (held,)
    with pytest.raises(actions.AlreadyAccepted):
        actions.accept_departure(
            process=judged, kind="skipped", step="旧步骤", other="", reason="已取消",
            by=cast.department_head, now=NOW,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "rows"), [("conformance", 5), ("conformance-months", 2), ("conformance-cases", 32)]
)
def test_every_table_can_be_taken_away(judged, cast, client_for, what, rows):
    answer = client_for(cast.employee).get(f"/processes/{judged.pk}/{what}.csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 1 + rows
    assert {len(line) for line in lines} == {len(lines[0])}


def test_causes_are_a_table_of_their_own(judged, cast, client_for):
    answer = client_for(cast.employee).get(f"/processes/{judged.pk}/conformance-causes.csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert any("销售部" in line for line in lines[1:])


def test_a_process_without_a_table_says_what_to_do(logged, cast, client_for):
    for step in logged.as_is.steps.all():
        actions.remove_step(step=step, by=None, now=NOW)
    page = client_for(cast.employee).get(f"/processes/{logged.pk}/conformance/").content.decode()
    assert "该流程还没有步骤表" in page
