"""The form 现有流程梳理与优化表: pasted, typed, filled from the log, checked against itself."""

from datetime import date
from decimal import Decimal

import pytest

from opsloop.audit.models import AuditEvent
from opsloop.org.permissions import NotPermitted
from opsloop.processes import actions, provenance, queries
from opsloop.processes.grid import StepGrid
from opsloop.processes.models import Source
from opsloop.processes.named_lists import split_names
from opsloop.sheets.register import CellRefused
from tests.conftest import NOW
from tests.processes.grid_paste import paste_form, read_form


def test_the_source_form_pasted_gives_five_steps_and_97_hours(process, cast):
    steps = paste_form(process, cast.department_head)
    assert [step.name for step in steps] == [
        "填写申请表", "部门经理审批", "采购部审核", "财务部复核", "总经理审批",
    ]  # fmt: skip
    form = queries.form(process, cast.department_head)
    assert form.total == 97
    assert {"S1", "S3"} <= {remark.code for remark in form.remarks}
    assert process.recorded_on == date(2024, 5, 20)
    assert form.departments == "采购部、财务部"


def test_a_total_stated_elsewhere_is_compared_and_never_taken_over(process, cast):
    by = cast.department_head
    paste_form(process, by)
    actions.change_process(process=process, by=by, now=NOW, stated_hours=Decimal(96))
    form = queries.form(process, by)
    assert form.total == 97
    (warning,) = [r for r in form.remarks if r.code == "S1" and r.tone == "warn"]
    assert "97" in warning.text
    assert "96" in warning.text
    actions.change_process(process=process, by=by, now=NOW, stated_hours=Decimal(97))
    assert not [r for r in queries.form(process, by).remarks if r.code == "S1"]


def test_outputs_nobody_uses_are_named(process, cast):
    """X-30: 审核结果 and 复核意见 go nowhere; 审批意见 and the application form are used."""
    paste_form(process, cast.department_head)
    unused = [
        r.text for r in queries.form(process, cast.department_head).remarks if r.code == "X-30"
    ]
    assert len(unused) == 2
    assert "审核结果" in unused[0]
    assert "复核意见" in unused[1]


@pytest.mark.parametrize(
    ("text", "hours"),
    [("24", 24), ("30分钟", "0.5"), ("1.5小时", "1.5"), ("2天", 48), ("无", None)],
)
def test_durations_may_name_their_unit(text, hours):
    (row,) = read_form(f"流程步骤\t涉及角色\t耗时(小时)\n审批\t经理\t{text}\n").rows
    assert row.values.get("hours") == (None if hours is None else Decimal(hours))


@pytest.mark.parametrize("text", ["很久", "-3"])
def test_a_duration_that_is_none_is_refused_not_guessed(process, cast, text):
    (row,) = read_form(f"流程步骤\t涉及角色\t耗时(小时)\n审批\t经理\t{text}\n").rows
    if "hours" not in row.problems:
        with pytest.raises(CellRefused):
            StepGrid().insert(process, [row.values], after="", by=cast.department_head, now=NOW)


@pytest.mark.parametrize(
    "text", ["1.填写申请表", "1、填写申请表", "（1）填写申请表", "第1步：填写申请表", "填写申请表"]
)
def test_the_number_before_a_step_is_no_part_of_its_name(text):
    (row,) = read_form(f"流程步骤\t涉及角色\n{text}\t申请人\n").rows
    assert row.values["name"] == "填写申请表"


def test_several_departments_in_one_cell_are_split():
    assert split_names("采购部、财务部，采购部; 无") == ("采购部", "财务部")


def test_a_form_with_values_beside_their_labels_is_read():
    text = (
        "流程名称：报销流程\t\n责任部门\t财务部\n流程步骤\t涉及角色\t耗时(分钟)\n提交\t员工\t30\n"
    )
    form = read_form(text)
    assert (form.header["name"], form.header["departments"]) == ("报销流程", "财务部")
    assert form.rows[0].values["hours"] == Decimal("0.5")


def test_the_log_fills_the_form_and_says_so(logged, cast):
    steps = actions.fill_from_log(process=logged, by=cast.department_head, now=NOW)
    assert [step.name for step in steps] == ["填写申请表", "部门经理审批", "采购入库"]
    approval = steps[1]
    assert approval.sources == {"name": "log", "role": "log", "minutes": "log"}
    assert approval.role == "采购部"
    form = queries.form(logged, cast.department_head)
    assert form.returns.case_rate == pytest.approx(4 / 40)
    assert form.rows[1].told.seen is not None
    assert form.rows[1].told.seen.return_rate == pytest.approx(4 / 44)
    assert form.rows[1].median == pytest.approx(24)  # from 09:00 to 09:00 of the next day
    assert form.missing == ()


def test_what_people_said_stays_beside_what_the_log_measures(logged, cast):
    by = cast.department_head
    step = actions.add_step(
        process=logged, by=by, now=NOW, source=Source.INTERVIEW, name="部门经理审批", minutes=8 * 60
    )
    actions.fill_from_log(process=logged, by=by, now=NOW)
    row = next(r for r in queries.form(logged, by).rows if r.step.pk == step.pk)
    assert row.step.hours == 8
    assert row.step.sources["minutes"] == "interview"
    assert row.told.hours_apart == pytest.approx(16)


def test_filling_again_changes_nothing(logged, cast):
    by = cast.department_head
    actions.fill_from_log(process=logged, by=by, now=NOW)
    before = AuditEvent.objects.count()
    actions.fill_from_log(process=logged, by=by, now=NOW)
    assert AuditEvent.objects.count() == before
    assert logged.as_is.steps.count() == 3


def test_a_process_without_records_is_not_filled(process, cast):
    with pytest.raises(actions.NoRecords):
        actions.fill_from_log(process=process, by=cast.department_head, now=NOW)


def test_rows_are_moved_and_removed(process, cast):
    by = cast.department_head
    first, second, third = paste_form(process, by)[:3]
    actions.move_step(step=third, up=True, by=by, now=NOW)
    actions.move_step(step=first, up=True, by=by, now=NOW)  # the first goes no further
    assert [s.pk for s in process.as_is.steps.all()][:3] == [first.pk, third.pk, second.pk]
    actions.remove_step(step=third, by=by, now=NOW)
    assert process.as_is.steps.count() == 4


def test_an_edited_cell_changes_its_source_and_an_emptied_one_loses_it(process, cast):
    by = cast.department_head
    step = actions.add_step(
        process=process, by=by, now=NOW, name="审批", role="经理", source="observed"
    )
    actions.change_step(step=step, by=by, now=NOW, role="", inputs="申请表", source="interview")
    step.refresh_from_db()
    assert step.sources == {"name": "observed", "inputs": "interview"}


def test_two_processes_of_one_name_in_a_department_are_refused(process, cast):
    with pytest.raises(actions.NameTaken):
        actions.define_process(
            name=process.name, department=cast.purchasing, by=cast.department_head, now=NOW
        )


def test_only_who_edits_processes_there_writes(process, cast):
    for person in (cast.employee, cast.outsider, cast.auditor):
        with pytest.raises(NotPermitted):
            actions.add_step(process=process, by=person, now=NOW, name="审批")
    assert process.as_is.steps.count() == 0


def test_a_field_there_is_none_of_is_an_error(process):
    with pytest.raises(actions.UnknownField):
        actions.add_step(process=process, by=None, now=NOW, nmae="审批")


def test_every_measured_cell_stands_beside_what_the_interview_said(logged, cast):
    """Approval: 24 h against 8 h said, 4 of 44 decisions returned against 5 % said."""
    by = cast.department_head
    step = actions.add_step(
        process=logged, by=by, now=NOW, source=Source.INTERVIEW, name="部门经理审批", role="财务部",
        minutes=8 * 60, return_rate=Decimal("0.05"),
    )  # fmt: skip
    actions.change_step(step=step, by=by, now=NOW, source=Source.OBSERVED, role="采购部")
    (told,) = provenance.compared(logged, [logged.as_is.steps.get()])
    assert told.seen is not None
    assert (told.seen.cases, told.seen.share, told.seen.parties) == (40, 1.0, (("采购部", 1.0),))
    assert told.hours_apart == pytest.approx(16)
    assert told.returns_apart == pytest.approx(4 / 44 - 0.05)
    assert (told.interview_role, told.role_differs) == ("财务部", False)
    (row,) = StepGrid().fill(by, logged).rows
    assert row.values["measured_role"] == "采购部 100%"
    assert row.values["hours_apart"] == Decimal(16)
    assert row.values["returns_apart"] == Decimal("0.0409")
    assert (row.sources["measured_hours"], row.sources["interview_hours"]) == ("log", "interview")


def test_a_step_nobody_measured_has_no_difference(process, cast):
    actions.add_step(process=process, by=None, now=NOW, name="审批", minutes=60)
    (told,) = provenance.compared(process, [process.as_is.steps.get()])
    assert (told.seen, told.hours_apart, told.returns_apart) == (None, None, None)
    (row,) = StepGrid().fill(cast.department_head, process).rows
    assert row.values["measured_hours"] is None
    assert "measured_hours" not in row.sources
