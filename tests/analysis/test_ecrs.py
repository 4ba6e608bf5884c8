"""ECRS candidates, knock-out order, parallel steps, priority, re-entry: pure rules with their vectors."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.ecrs import (
    Check,
    PairFacts,
    StepFacts,
    candidates,
    expected_hours,
    knock_out_order,
)
from opsloop.analysis.parallel import FormStep, parallel_hint
from opsloop.analysis.priority import Burden, priorities
from opsloop.analysis.reentry import FieldUse, reentries

MANAGER, PURCHASING, FINANCE, DIRECTOR = (
    Check("部门经理", 24, 0.05), Check("采购", 12, 0.20), Check("财务", 12, 0.10),
    Check("总经理", 48, 0.02),
)  # fmt: skip
AS_IS = [MANAGER, PURCHASING, FINANCE, DIRECTOR]


def test_the_golden_knock_out_order():
    order = knock_out_order(AS_IS)
    assert [check.key for check in order] == ["采购", "财务", "部门经理", "总经理"]
    assert round(expected_hours(AS_IS), 2) == 77.35
    assert round(expected_hours(order), 2) == 71.71
    assert expected_hours(order) == min(expected_hours(one) for one in permutations(AS_IS))


checks = st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 0.9)), min_size=1, max_size=5).map(
    lambda rows: [Check(str(at), hours, rate) for at, (hours, rate) in enumerate(rows)]
)


@given(checks)
def test_the_order_equals_exhaustive_search(some):
    best = min(expected_hours(order) for order in permutations(some))
    assert expected_hours(knock_out_order(some)) == pytest.approx(best)


def test_dependencies_come_first():
    order = knock_out_order(AS_IS, [("部门经理", "采购"), ("无此步骤", "采购")])
    keys = [check.key for check in order]
    assert keys.index("部门经理") < keys.index("采购")
    many = [Check(str(n), 1 + n, 0.1) for n in range(9)]
    greedy = [check.key for check in knock_out_order(many, [("8", "0")])]
    assert greedy.index("8") < greedy.index("0")
    assert greedy[0] == "1"


def test_a_circle_of_dependencies_leaves_the_order_as_it_is():
    pairs = [("部门经理", "采购"), ("采购", "部门经理")]
    assert knock_out_order(AS_IS, pairs) == tuple(AS_IS)


def test_a_check_that_costs_nothing_comes_first():
    assert knock_out_order([MANAGER, Check("系统校验", 0, 0.01)])[0].key == "系统校验"


def kinds(found):
    return [(one.letter, one.kind, one.steps) for one in found]


def test_a_rubber_stamp_needs_enough_decisions():
    stamp = StepFacts("总监签字", 612, 612, 2, 1.5)
    (found,) = candidates([stamp])
    assert (found.kind, found.n, found.values["stopped"]) == ("rubber_stamp", 612, 2)
    assert candidates([StepFacts("总监签字", 150, 150, 0, 1.5)]) == ()
    assert candidates([StepFacts("总监签字", 612, 612, 2, 30)]) == ()
    assert candidates([StepFacts("总监签字", 612, 612, 20, 1.5)]) == ()


def test_each_letter_has_its_trigger():
    steps = [
        StepFacts("申请", 100, unused=("纸质存根",), fields=frozenset({"金额", "日期"})),
        StepFacts("复核", 100, 100, 5, 20, 24.0, {"batching": 0.84}, fields=frozenset({"金额"})),
        StepFacts("审核", 100, 100, 20, 20, 12.0, {"contention": 0.1}),
    ]
    pairs = [
        PairFacts("申请", "复核", 100, 91),
        PairFacts("复核", "审核", 100, 10, 11),
        PairFacts("审核", "申请", 0, 0),
    ]
    assert kinds(candidates(steps, pairs, variants_to_cover=11, cases=100)) == [
        ("eliminate", "unused_output", ("申请",)),
        ("combine", "same_hands", ("申请", "复核")),
        ("combine", "ping_pong", ("复核", "审核")),
        ("combine", "same_fields", ("申请", "复核")),
        ("rearrange", "knock_out", ("审核", "复核")),
        ("simplify", "waiting_cause", ("复核",)),
        ("simplify", "many_variants", ()),
    ]


SOURCE_FORM = [
    FormStep("填写申请表", 1, ("采购需求明细",), ("纸质/电子申请表",)),
    FormStep("部门经理审批", 24, ("申请表",), ("审批意见",)),
    FormStep("采购部审核", 12, ("申请表", "库存表"), ("审核结果",)),
    FormStep("财务部复核", 12, ("申请表", "预算表"), ("复核意见",)),
    FormStep("总经理审批", 48, ("申请表", "审批意见"), ("最终审批结果",)),
]


def test_the_source_form_may_run_in_parallel():
    """Both reviews need only the application: 97 h in a row, 73 h along the longest chain."""
    hint = parallel_hint(SOURCE_FORM)
    assert (hint.sequential, hint.lower_bound, hint.path) == (97, 73, (0, 1, 4))
    assert hint.pairs == ((1, 2), (1, 3), (2, 3), (2, 4), (3, 4))


def test_a_step_without_documents_says_nothing():
    assert parallel_hint([FormStep("甲", 1), FormStep("乙", 2)]).pairs == ()
    assert parallel_hint([]).lower_bound == 0


def test_the_worst_process_scores_highest_and_says_why():
    scores = priorities(
        [Burden(1, 900, 0.02, 0.1), Burden(2, 100, 0.16, 0.5), Burden(3), Burden(4, 400, None, 0.3)]
    )
    assert scores[-1].key == 3
    by_key = {one.key: one for one in scores}
    assert by_key[1].parts[0] == ("time", 50.0)
    assert by_key[3].points is None
    assert by_key[2].points == pytest.approx(50.0)


def test_weights_decide_and_one_process_stands_in_the_middle():
    assert priorities([Burden(1, 5, 0.1)])[0].points == 50
    only_errors = priorities([Burden(1, 900, 0.02), Burden(2, 1, 0.5)], {"time": 0, "errors": 1})
    assert only_errors[0].key == 2
    with pytest.raises(ValueError, match="negative"):
        priorities([], {"time": -1})


def test_a_field_typed_twice_is_one_duplicate_entry():
    uses = [
        FieldUse("申请", "申请 金额"), FieldUse("复核", "申请金额"), FieldUse("入账", "申请金额"),
        FieldUse("申请", "日期"), FieldUse("复核", "日期", by_hand=False), FieldUse("入账", " "),
    ]  # fmt: skip
    found = reentries(uses, cases_a_month=200, minutes_each=0.5)
    assert [(one.name, one.duplicates) for one in found.fields] == [("申请 金额", 2)]
    assert (found.per_case, found.minutes_a_month) == (2, 200)
    assert reentries(uses).minutes_a_month is None
