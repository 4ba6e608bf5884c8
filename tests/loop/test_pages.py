"""The loop in the browser's terms: every form, every refusal, in and out of scope."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from opsloop.loop import actions
from opsloop.loop.doings import ACTS
from opsloop.loop.forms import CountermeasureForm
from opsloop.loop.models import Countermeasure, Deviation, SupportPromise
from opsloop.loop.states import Severity, State
from opsloop.org import clock
from tests.loop import figures


class Browser:
    """One person's requests, at the story's time."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, name: str, *args: Any, **query: str) -> Any:
        return self.client.get(reverse(f"loop:{name}", args=args), query)

    def act(self, kind: str, pk: int, verb: str, /, **given: Any) -> Any:
        return self.client.post(reverse("loop:act", args=[kind, pk, verb]), given)


@pytest.fixture
def browse(story, client_for, monkeypatch):
    """`browse(person)` → that person's browser; the clock shows the story's time."""
    monkeypatch.setattr(clock, "now", lambda: story.now)
    return lambda person: Browser(client_for(person))


@pytest.fixture
def head(story, browse):
    return browse(story.cast.department_head)


@pytest.fixture
def owner(story, browse):
    return browse(story.cast.employee)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize("name", ["desk", "list", "dashboard", "lessons"])
def test_empty_pages_explain_themselves(head, name):
    answer = head.get(name)
    assert answer.status_code == 200
    assert "ol-empty" in _text(answer)


def test_a_filtered_list_without_rows_offers_all(head):
    assert "没有符合筛选条件的偏差" in _text(head.get("list", state="archived"))


@pytest.mark.parametrize("query", [{"department": "x"}, {"owner": "9" * 30}, {"stage": "?"}])
def test_a_filter_that_means_nothing_matches_nothing(story, head, query):
    story.raised()
    assert "采购审批 · 财务复核" not in _text(head.get("list", **query))


def test_a_cursor_that_was_never_written_is_not_found(head):
    assert head.get("list", after="###").status_code == 404


def test_the_whole_way_by_forms(story, head, owner):
    """Confirm → causes → plan → approve → finish → verdict → archive, each by its form."""
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    pk = story.raised().pk
    page = reverse("loop:detail", args=[pk])
    assert head.act("deviation", pk, "confirm", severity="moderate").url == page
    words = {"category": "method", "controllable": "yes", "evidence_level": "assumed"}
    owner.act("deviation", pk, "cause", text="财务复核常常退回", **words)
    deviation = story.fresh(Deviation(pk=pk))
    symptom = deviation.causes.get()
    owner.act("cause", symptom.pk, "why", text="标准没写进表单", **words)
    root = deviation.causes.get(parent=symptom)
    owner.act("cause", root.pk, "root")
    owner.act("cause", root.pk, "unroot")
    owner.act("cause", root.pk, "root")
    owner.act(
        "cause", root.pk, "edit", text="报销标准没写进表单", version=root.version + 3, **words
    )
    owner.act("deviation", pk, "settle")
    assert story.fresh(deviation).state == State.COUNTERMEASURE_PLANNING
    assert owner.act("deviation", pk, "propose", **_promise(story, root)).url == page
    measure = deviation.countermeasures.get()
    assert measure.expected_to == Decimal("0.05")
    approval = head.client.get(reverse("loop:act", args=["countermeasure", measure.pk, "approve"]))
    assert "各需 141 条记录" in _text(approval)
    said = head.client.post(
        reverse("loop:act", args=["countermeasure", measure.pk, "approve"]),
        {"smallest_change": "4"}, follow=True,
    )  # fmt: skip
    assert "141 条记录" in _text(said)
    assert story.plan(deviation).smallest_change == Decimal("0.04")
    owner.act("countermeasure", measure.pk, "start")
    story.at(date(2024, 6, 28))
    owner.act("countermeasure", measure.pk, "finish", comment="表单已上线")
    figures.record(story.dimension, "2024-07", (3, 100))
    story.at(date(2024, 8, 2))
    assert owner.act("deviation", pk, "evaluate").url == page
    verdict = deviation.verifications.get()
    assert "有效" in _text(head.get("detail", pk))
    head.act("verification", verdict.pk, "accept", comment="同意")
    assert story.fresh(deviation).state == State.ARCHIVED
    lesson = deviation.lessons.get()
    for answer in (head.get("lessons"), head.get("lesson", lesson.pk), owner.get("desk")):
        assert answer.status_code == 200
    assert "报销标准没写进表单" in _text(head.get("lesson", lesson.pk))


def _promise(story, root, **changes: Any) -> dict[str, Any]:
    return {
        "what": "把标准写进表单", "kind": "corrective", "cause": root.pk,
        "accountable_department": story.cast.purchasing.pk, "owner": story.cast.employee.pk,
        "start_on": "2024-06-06", "promised_on": "2024-06-28", "expected_from": "15",
        "expected_to": "5", "expected_by": "2024-07", "follow_up_periods": "1",
        "verification_method": "比较退回率", **changes,
    }  # fmt: skip


def test_the_other_forms_reach_their_actions(story, head, owner):
    boss = story.cast.operations_manager
    first, second = story.raised(), story.raised(rule="trend")
    head.act("deviation", first.pk, "assign", owner=boss.pk)
    assert story.fresh(first).owner == boss
    head.act("deviation", first.pk, "merge", into=second.pk, comment="同一件事")
    assert story.fresh(first).merged_into == second
    story.confirmed(second)
    owner.act("deviation", second.pk, "uncontrollable", comment="政策调整")
    head.act("deviation", second.pk, "approve-uncontrollable")
    head.act("deviation", second.pk, "archive")
    assert story.fresh(second).state == State.ARCHIVED
    head.act("deviation", second.pk, "reopen", comment="又来了")
    assert story.fresh(second).state == State.CAUSE_ANALYSIS
    story.planning(story.fresh(second))
    owner.act("deviation", second.pk, "reconsider", comment="证据不支持")
    assert story.fresh(second).state == State.CAUSE_ANALYSIS
    head.act("deviation", second.pk, "dismiss", comment="误报")
    assert story.fresh(second).state == State.DISMISSED


def test_work_support_and_obligations_by_their_forms(story, head, owner, browse):
    story.severity = Severity.CRITICAL
    measure = story.approved()
    cast, pk = story.cast, measure.pk
    terms = _promise(story, measure.cause, what="分两步上线", reason="人手不足",
                     version=measure.version)  # fmt: skip
    head.act("countermeasure", pk, "edit", **terms)
    assert Countermeasure.objects.visible_to(cast.employee).get(pk=pk).revision == 2
    owner.act(
        "countermeasure", pk, "support", department=cast.sales.pk, person=cast.outsider.pk,
        what="模板", amount="2", unit="份", due_on="2024-06-14",
    )  # fmt: skip
    support = SupportPromise.objects.get()
    helper = browse(cast.outsider)
    assert "承诺" in _text(helper.get("detail", measure.deviation_id))
    helper.act("support", support.pk, "promise")
    helper.act("support", support.pk, "give")
    support.refresh_from_db()
    assert support.given_at
    notice, review = measure.deviation.obligations.order_by("id")
    owner.act("obligation", notice.pk, "evidence", comment="整改单 7 号")
    head.act("obligation", review.pk, "waive", comment="已口头汇报")
    assert all(one.is_met for one in measure.deviation.obligations.all())
    head.act("countermeasure", pk, "cancel", comment="换方案")
    assert story.fresh(measure.deviation).state == State.COUNTERMEASURE_PLANNING


@pytest.mark.parametrize(("kind", "verb"), sorted(ACTS))
def test_every_form_opens_and_one_that_does_not_exist_is_not_found(story, head, kind, verb):
    story.severity = Severity.MAJOR
    deviation = story.judged()
    measure = deviation.countermeasures.get()
    support = SupportPromise.objects.create(
        countermeasure=measure, department=story.cast.sales, person=story.cast.outsider,
        what="模板", amount=1, unit="份", due_on=date(2024, 8, 9),
    )  # fmt: skip
    pks = {
        "deviation": deviation.pk, "cause": deviation.causes.get(is_root=True).pk,
        "countermeasure": measure.pk, "support": support.pk,
        "obligation": deviation.obligations.get().pk,
        "verification": deviation.verifications.get().pk,
    }  # fmt: skip
    assert head.get("act", kind, pks[kind], verb).status_code == 200
    assert head.get("act", kind, pks[kind], "vanish").status_code == 404


def test_outside_the_scope_nothing_is_found(story, browse):
    story.archived()
    other = story.raised(rule="trend")
    outsider = browse(story.cast.outsider)
    assert outsider.get("detail", other.pk).status_code == 404
    assert outsider.act("deviation", other.pk, "confirm").status_code == 404
    assert "采购审批" not in _text(outsider.get("list"))
    assert "采购审批" not in _text(outsider.get("export"))
    assert "报销标准" not in _text(outsider.get("lessons"))
    lesson = story.cast.department_head
    (found,) = Deviation.objects.visible_to(lesson).filter(state=State.ARCHIVED)
    assert outsider.get("lesson", found.lessons.get().pk).status_code == 404


def test_without_the_function_it_is_refused_and_nothing_changes(story, owner, browse):
    pk = story.raised().pk
    assert owner.act("deviation", pk, "dismiss", comment="不是我的").status_code == 403
    assert browse(story.cast.auditor).get("desk").status_code == 403
    assert story.fresh(Deviation(pk=pk)).state == State.PENDING_CONFIRMATION


def test_a_condition_that_does_not_hold_answers_409_with_its_sentence(story, owner):
    deviation = story.confirmed()
    answer = owner.act("deviation", deviation.pk, "settle")
    assert answer.status_code == 409
    assert "请先标出根本原因" in _text(answer)


def test_a_conflicting_edit_answers_409_with_both_values(story, owner):
    root = story.cause(story.confirmed())
    words = {"category": "method", "controllable": "yes", "evidence_level": "assumed"}
    owner.act("cause", root.pk, "edit", text="别人先存的", version=root.version, **words)
    answer = owner.act("cause", root.pk, "edit", text="我写的", version=root.version, **words)
    assert answer.status_code == 409
    assert "别人先存的" in _text(answer)
    assert "我写的" in _text(answer)


def test_a_deviation_that_moved_meanwhile_answers_409(story, head):
    deviation = story.raised()
    seen = deviation.version
    story.confirmed(deviation)
    answer = head.act("deviation", deviation.pk, "dismiss", comment="误报", version=seen)
    assert answer.status_code == 409


def test_a_form_that_lacks_something_comes_back_with_its_errors(story, head, owner):
    deviation = story.raised()
    assert head.act("deviation", deviation.pk, "dismiss").status_code == 422
    planned = story.planning(story.confirmed(deviation))
    root = planned.causes.get(is_root=True)
    wrong = owner.act(
        "deviation", planned.pk, "propose", **_promise(story, root, expected_by="7月")
    )
    assert wrong.status_code == 422
    elsewhere = _promise(story, root, accountable_department=story.cast.sales.pk)
    answer = owner.act("deviation", planned.pk, "propose", **elsewhere)
    assert answer.status_code == 422
    assert "周销售" in _text(answer)  # the list of owners followed the department
    nowhere = _promise(story, root, accountable_department="", follow_up_periods="")
    assert owner.act("deviation", planned.pk, "propose", **nowhere).status_code == 422


def test_the_list_of_owners_follows_the_department_chosen(story, owner):
    planned = story.planning()
    fragment = owner.get(
        "act", "deviation", planned.pk, "propose", accountable_department=str(story.cast.sales.pk)
    )
    assert "周销售" in _text(fragment)
    assert "赵主管" not in _text(fragment)
    assert 'hx-target="#field-owner"' in _text(fragment)


def test_the_form_of_a_number_that_is_no_rate_takes_it_as_it_is(story):
    story.source, story.dimension = "figures.amount", "item:1"
    planned = story.planning()
    root = planned.causes.get(is_root=True)
    form = CountermeasureForm(
        _promise(story, root, expected_from="650000", expected_to="500000"),
        subject=planned, person=story.cast.employee,
    )  # fmt: skip
    assert form.is_valid(), form.errors
    assert form.terms().expected_to == 500000


def test_a_correction_is_approved_without_a_plan(story, head):
    deviation = story.confirmed()
    measure = story.proposed(
        deviation, kind="correction", cause=None, expected_from=None, expected_to=None,
        expected_by="",
    )  # fmt: skip
    assert "smallest_change" not in _text(head.get("act", "countermeasure", measure.pk, "approve"))
    assert head.get("act", "countermeasure", measure.pk, "edit").status_code == 200
    head.act("countermeasure", measure.pk, "approve")
    measure.refresh_from_db()
    assert measure.status == "approved"


def test_several_roots_are_left_to_choose(story, owner):
    deviation = story.confirmed()
    story.cause(deviation)
    story.cause(deviation, root="申请人不知道标准")
    planned = story.planning(deviation)
    form = CountermeasureForm(subject=planned, person=story.cast.employee)
    assert "cause" not in form.initial


def test_the_csv_is_what_the_list_shows_and_starts_no_formula(story, head):
    story.raised(dimension_label="=cmd|' /C calc'!A0")
    story.raised(dimension="d2", dimension_label="\uff1d求和")
    answer = head.get("export")
    rows = list(csv.DictReader(io.StringIO(_text(answer).removeprefix("\ufeff"))))
    assert [row["对象"] for row in rows] == ["'\uff1d求和", "'=cmd|' /C calc'!A0"]
    assert (rows[0]["实测值"], rows[0]["状态"], rows[0]["关闭时间"]) == ("0.15", "待确认", "")


def test_the_detail_of_each_state_names_what_is_next(story, head, owner, browse):
    """One primary action for whom it waits for; the name of that person for the others."""
    boss = browse(story.cast.operations_manager)
    sales = story.raised(owner=None, department=story.cast.sales, dimension="d9")
    assert "指定责任人" in _text(boss.get("detail", sales.pk))
    assert "等待部门负责人" in _text(browse(story.cast.outsider).get("detail", sales.pk))
    deviation = story.raised(owner=story.cast.department_head)
    pk = deviation.pk
    assert "情况属实吗" in _text(head.get("detail", pk))
    assert "等待赵主管：确认或判为误报" in _text(owner.get("detail", pk))
    story.confirmed(deviation)
    assert "先写看到的现象" in _text(head.get("detail", pk))
    assert "等待赵主管：查找根本原因" in _text(owner.get("detail", pk))
    actions.add_cause(deviation, text="退回多", category="method", by=story.cast.employee,
                      now=story.now)  # fmt: skip
    assert "继续问为什么" in _text(head.get("detail", pk))
    actions.mark_uncontrollable(
        deviation, reason="政策", by=story.cast.department_head, now=story.now
    )
    assert "批准无措施" in _text(boss.get("detail", pk))
    story.cause(deviation)
    assert "可以进入措施制定" in _text(head.get("detail", pk))
    actions.settle_causes(deviation, by=story.cast.department_head, now=story.now)
    assert "写明要做什么" in _text(owner.get("detail", pk))
    measure = story.proposed(story.fresh(deviation))
    assert "有改进措施待您批准" in _text(head.get("detail", pk))
    assert "等待部门负责人：批准改进措施" in _text(owner.get("detail", pk))
    actions.approve_countermeasure(measure, by=story.cast.department_head, now=story.now)
    assert "您的改进措施正在进行" in _text(owner.get("detail", pk))
    assert "等待孙专员（措施责任人）" in _text(head.get("detail", pk))
    actions.finish_countermeasure(measure, by=story.cast.employee, now=story.now)
    assert "立即计算结论" in _text(owner.get("detail", pk))


def test_who_only_helps_waits_for_the_owner(story, browse):
    """An executor of another department sees the deviation, but does not work on its plan."""
    deviation = story.confirmed()
    helper = story.cast.outsider
    story.approved(
        deviation, kind="correction", cause=None, expected_from=None, expected_to=None,
        expected_by="", accountable_department=story.cast.sales, owner=helper,
    )  # fmt: skip
    planned = story.planning(deviation)
    assert "等待孙专员：提出改进措施" in _text(browse(helper).get("detail", planned.pk))


def test_who_may_not_accept_waits_for_a_second_pair_of_eyes(story, owner, head):
    deviation = story.judged()
    assert "等待第二位复核人" in _text(owner.get("detail", deviation.pk))
    assert "请确认是否接受" in _text(head.get("detail", deviation.pk))


def test_side_exits_show_how_far_it_came(story, head, owner):
    deviation = story.confirmed()
    actions.mark_uncontrollable(deviation, reason="政策", by=story.cast.employee, now=story.now)
    actions.approve_uncontrollable(deviation, by=story.cast.department_head, now=story.now)
    shown = _text(head.get("detail", deviation.pk))
    assert "无措施已批准，可以归档" in shown
    assert "不可控-仅记录" in shown
    assert "仅记录。" in _text(owner.get("detail", deviation.pk))
    false = actions.dismiss(
        story.raised(owner=None, department=story.cast.sales, dimension="d9"),
        by=story.cast.operations_manager, now=story.now, comment="误报",
    )  # fmt: skip
    assert false.state == State.DISMISSED


def test_a_verdict_without_figures_shows_its_reason_and_day(story, head):
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    deviation = story.finished()
    actions.evaluate(deviation, by=None, now=story.now)
    shown = _text(head.get("detail", deviation.pk))
    assert "结果期尚未结束" in shown
    assert "2024-08-01 起数据足够" in shown


def test_a_page_of_one_deviation_costs_a_bounded_number_of_queries(
    story, head, django_assert_max_num_queries
):
    deviation = story.approved().deviation
    for place in range(5):
        story.approved(deviation, what=f"措施 {place}")
    with django_assert_max_num_queries(60):
        head.get("detail", deviation.pk)


def test_the_list_costs_the_same_for_one_row_and_for_many(
    story, head, django_assert_max_num_queries
):
    for place in range(12):
        story.raised(dimension=f"d{place}")
    with django_assert_max_num_queries(25):
        head.get("list")


def test_whoever_hands_the_work_to_another_department_lands_on_the_desk(story, head):
    """After the edit nothing of it is theirs to see: the desk is shown, not a dead end."""
    cast, boss = story.cast, story.cast.operations_manager
    deviation = story.raised(department=cast.sales, owner=cast.outsider)
    actions.confirm(deviation, by=boss, now=story.now)
    by = {"by": boss, "now": story.now}
    symptom = actions.add_cause(deviation, text="退回多", category="method", **by)
    root = actions.add_cause(deviation, text="没有模板", category="method", parent=symptom, **by)
    actions.mark_root(root, **by)
    planned = actions.settle_causes(deviation, **by)
    measure = actions.propose_countermeasure(planned, terms=story.terms(planned), **by)
    approved, _plan = actions.approve_countermeasure(measure, **by)
    handed = head.act(
        "countermeasure", measure.pk, "edit",
        **_promise(story, root, accountable_department=cast.finance.pk,
                   owner=cast.finance_reviewer.pk, reason="归财务", version=approved.version),
    )  # fmt: skip
    assert handed.url == reverse("loop:desk")
    assert head.get("detail", deviation.pk).status_code == 404


def test_a_correction_is_proposed_by_its_form_without_a_number(story, owner):
    deviation = story.confirmed()
    empty = dict.fromkeys(
        ["cause", "expected_from", "expected_to", "expected_by", "verification_method"], ""
    )
    given = {**_promise(story, deviation), **empty, "kind": "correction"}
    assert owner.act("deviation", deviation.pk, "propose", **given).status_code == 302


def test_the_smallest_change_of_an_amount_is_taken_as_typed(story, head):
    story.source, story.dimension = "figures.amount", "item:1"
    planned = story.planning()
    measure = story.proposed(planned, expected_from=Decimal(650), expected_to=Decimal(500))
    head.act("countermeasure", measure.pk, "approve", smallest_change="40")
    assert story.plan(planned).smallest_change == 40


def test_after_a_failed_verdict_the_page_shows_it_and_questions_the_root_cause(story, head):
    deviation = story.judged(after=(150, 1000))
    verdict = deviation.verifications.get()
    by = story.cast.department_head
    actions.accept_verdict(verdict, by=by, now=story.now, comment="换原因")
    page = head.get("detail", deviation.pk)
    assert page.context["detail"].former == [verdict]
    assert page.context["detail"].next.doing.verb == "why"
    assert "15.0%" in _text(page)
    root = deviation.causes.get(is_root=True)
    actions.add_cause(
        deviation, text="标准写了，但提交时没有校验", category="method", parent=root, by=by,
        now=story.later(hours=1),
    )  # fmt: skip
    assert head.get("detail", deviation.pk).context["detail"].next.doing.verb == "settle"
