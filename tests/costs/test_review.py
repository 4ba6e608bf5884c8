"""Collecting → reviewed → locked: who may, what is pinned, what later postings do."""

from decimal import Decimal

import pytest

from opsloop.audit.models import AuditEvent
from opsloop.costs import actions, queries
from opsloop.costs.keys import LineKey
from opsloop.costs.models import PeriodState
from opsloop.loop.models import Deviation
from opsloop.metrics.models import MetricPoint
from opsloop.org.permissions import NotPermitted
from tests.conftest import NOW
from tests.costs.conftest import BUDGET, LEDGER, PRICED_BUDGET, PRICED_LEDGER

A = LineKey("原材料成本", "A材料采购", "采购部")
MORE = "期间,成本类别,子项名称,部门,金额\n2024-06,办公费用,招待费,行政部,5000\n"


def deviations():
    return Deviation.objects.unscoped("the test sees all").order_by("dimension")


def test_c21_a_month_goes_from_collecting_to_reviewed_to_locked(month, cast):
    period = month()
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    assert (period.state, period.reviewed_by) == (PeriodState.REVIEWED, cast.finance_reviewer)
    assert len(period.ledger_batches) == len(period.budget_batches) == 1
    actions.lock(period=period, by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    assert period.state == PeriodState.LOCKED
    told = AuditEvent.objects.filter(action__startswith="costs.").order_by("id")
    assert [line.action for line in told] == ["costs.define", "costs.review", "costs.lock"]


def test_who_imported_the_figures_does_not_review_them(month, cast):
    period = month(by=cast.finance_reviewer)
    with pytest.raises(actions.OwnImport):
        actions.review(period=period, by=cast.finance_reviewer, now=NOW)


def test_only_finance_reviews(month, cast):
    with pytest.raises(NotPermitted):
        actions.review(period=month(), by=cast.department_head, now=NOW)


def test_an_empty_month_cannot_be_reviewed(books, cast):
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    with pytest.raises(actions.NothingPosted):
        actions.review(period=period, by=cast.finance_reviewer, now=NOW)


@pytest.mark.parametrize("act", [actions.lock, actions.restate, actions.collect_again])
def test_no_step_is_skipped(month, cast, act):
    extra = {} if act is actions.lock else {"comment": "x"}
    with pytest.raises(actions.WrongState):
        act(period=month(), by=cast.finance_reviewer, now=NOW, **extra)


def test_a_reviewed_month_stands_still_when_the_data_move_on(month, books, cast):
    period = month()
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    books.post(MORE)
    found = queries.month(period, cast.executive)
    assert found.total.actual == Decimal(1_017_000)
    assert found.later is not None
    assert found.later.actual == Decimal(1_022_000)
    actions.collect_again(period=period, comment="补记招待费", by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    assert queries.month(period, cast.executive).total.actual == Decimal(1_022_000)


def test_later_postings_of_a_locked_month_are_a_restatement(month, books, cast):
    """Acceptance 11: the locked figures come out the same until finance restates them."""
    period = month()
    reviewer = cast.finance_reviewer
    actions.review(period=period, by=reviewer, now=NOW)
    actions.lock(period=period, by=reviewer, now=NOW)
    period.refresh_from_db()
    before = queries.month(period, cast.executive)
    with pytest.raises(actions.NothingNew):
        actions.restate(period=period, comment="x", by=reviewer, now=NOW)
    books.post(MORE)
    assert queries.month(period, cast.executive).rows == before.rows
    entry = actions.restate(period=period, comment="发票晚到", by=reviewer, now=NOW)
    assert (entry.actual_before, entry.actual_after) == (Decimal(1_017_000), Decimal(1_022_000))
    assert entry.ledger_batches_before == period.ledger_batches
    period.refresh_from_db()
    assert queries.month(period, cast.executive).total.actual == Decimal(1_022_000)
    assert queries.month(period, cast.executive).later is None


def test_the_review_raises_one_deviation_a_line_beyond_the_threshold(month, cast):
    period = month()
    assert actions.review(period=period, by=cast.finance_reviewer, now=NOW) == 4
    found = {row.dimension: row for row in deviations()}
    a = found[A.dimension]
    assert (a.measured, a.base, a.exceedance) == (
        Decimal("0.3"), Decimal("0.1"), Decimal("0.2"),
    )  # fmt: skip
    assert (a.department, a.owner, a.base_kind) == (cast.purchasing, cast.department_head, "limit")
    assert a.money_effect == Decimal(150_000)
    assert a.breaches.get().evidence.get().rows == [2]
    assert len(found) == 4


def test_a_priced_line_is_measured_by_its_price_at_the_actual_quantity(month, cast):
    """C-58: 660,000 against 500 × 1,100 = 550,000 is +20 %, whatever the volume did."""
    actions.review(period=month(PRICED_LEDGER, PRICED_BUDGET), by=cast.finance_reviewer, now=NOW)
    deviation = deviations().get()
    assert deviation.metric_version.metric.source == "costs.flexed_rate"
    assert deviation.measured == Decimal("0.2")


def test_favourable_and_rateless_lines_are_marked_but_raise_nothing(month, cast):
    ledger = LEDGER.replace('"650,000"', "100").replace("招待费", "罚款")
    actions.review(period=month(ledger), by=cast.finance_reviewer, now=NOW)
    assert [row.dimension_label for row in deviations()] == [
        "人工成本 · 销售人员绩效 · 销售部",
        "制造费用 · 设备水电费 · 生产部",
    ]


def test_a_second_look_multiplies_nothing(month, cast):
    from opsloop.costs import detection

    period = month()
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    detection.raise_deviations(period=period, by=cast.finance_reviewer, now=NOW)
    assert deviations().count() == 4


def test_one_month_a_ledger(month, books):
    month()
    with pytest.raises(actions.MonthTaken):
        actions.define_period(period_no=202_406, ledger=books.ledger, budget=None, by=None, now=NOW)
    with pytest.raises(actions.WrongKind):
        actions.define_period(period_no=202_407, ledger=books.budget, budget=None, by=None, now=NOW)


def test_a_locked_month_keeps_its_words(month, cast):
    period = month()
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    actions.lock(period=period, by=cast.finance_reviewer, now=NOW)
    period.refresh_from_db()
    with pytest.raises(actions.WrongState):
        actions.write_note(
            period=period, line=A, reason="x", controllable="", lasting="",
            department=cast.purchasing, by=cast.department_head, now=NOW,
        )  # fmt: skip


def test_the_companys_rule_is_not_set_by_one_department(cast):
    with pytest.raises(NotPermitted):
        actions.change_settings(values={"percent": 5}, by=cast.department_head, now=NOW)
    changed = actions.change_settings(
        values={"percent": Decimal(5)}, by=cast.finance_reviewer, now=NOW
    )
    assert changed.version == 2


def test_c05_an_industry_tree_is_added_beside_what_exists(cast):
    added = actions.seed_categories(template="manufacturing", by=cast.finance_reviewer, now=NOW)
    assert added == 24
    again = actions.seed_categories(template="manufacturing", by=cast.finance_reviewer, now=NOW)
    assert again == 0
    tree = {node.name: node for node in queries.category_tree(cast.executive)}
    material, main = (tree[name].category for name in ("原材料成本", "主要材料"))
    assert material.links_down.get(descendant=main).depth == 1
    assert (tree["主要材料"].depth, material.directness) == (1, "direct")


def test_a_budget_revised_while_collecting_is_followed(month, books, cast):
    period = month()
    books.plan(BUDGET.replace('"500,000"', '"100,000"').replace("2024-06", "2024-07"))
    assert queries.month(period, cast.executive).total.base == Decimal(810_000)


def test_the_values_behind_deviations_move_with_the_month(month, cast):
    period, reviewer = month(), cast.finance_reviewer

    def states():
        kept = MetricPoint.objects.unscoped("the test sees all").current()
        return sorted((f"{point.value:.2f}", point.state) for point in kept)

    actions.review(period=period, by=reviewer, now=NOW)
    values = ["0.15", "0.15", "0.30", "0.50"]
    assert states() == [(value, "reviewed") for value in values]
    actions.collect_again(period=period, comment="x", by=reviewer, now=NOW)
    assert states() == [(value, "provisional") for value in values]
    actions.review(period=period, by=reviewer, now=NOW)
    actions.lock(period=period, by=reviewer, now=NOW)
    assert states() == [(value, "locked") for value in values]


def test_c59_what_returns_by_itself_is_counted_before_anybody_claims_an_effect(month, books, cast):
    """Four lines beyond 10 % in June; in July two are back inside though nothing was done."""
    period = month()
    actions.review(period=period, by=cast.finance_reviewer, now=NOW)
    books.plan(BUDGET.replace("2024-06", "2024-07"))
    july = LEDGER.replace("2024-06", "2024-07").replace('"92,000"', '"80,000"')
    books.post(july.replace('"45,000"', '"30,000"'))
    later = actions.define_period(
        period_no=202_407, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
    assert queries.month(period, cast.executive).returned is None
    found = queries.month(later, cast.executive).returned
    assert found is not None
    assert (found.untreated, found.back) == (4, 2)
