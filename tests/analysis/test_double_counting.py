"""X-21: a total counted along with its parts doubles the cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.double_counting import Amount, Suspect, is_total, suspects

JUNE = (202406,)


def lines(*rows, group=JUNE):
    return [Amount(group, category, item, fen) for category, item, fen in rows]


def test_a_category_beside_its_only_item_with_the_same_amount_is_a_parent():
    found = suspects(lines(("原材料成本", "", 65_000_000), ("原材料成本", "A材料采购", 65_000_000)))
    assert found == (Suspect(0, "parent", (1,)),)


def test_an_item_that_equals_all_others_together_is_a_sum():
    found = suspects(
        lines(("办公费用", "文具", 300), ("办公费用", "打印", 200), ("办公费用", "办公", 500))
    )
    assert found == (Suspect(2, "sum", (0, 1)),)


def test_a_line_called_total_is_one_whatever_it_adds_up_to():
    found = suspects(lines(("办公费用", "文具", 300), ("办公费用", "合计", 299), ("总计", "", 299)))
    assert [(suspect.place, suspect.reason) for suspect in found] == [(1, "name"), (2, "name")]


def test_two_items_of_one_amount_are_two_items():
    assert suspects(lines(("办公费用", "文具", 300), ("办公费用", "打印", 300))) == ()


def test_nothing_is_the_sum_of_nothing():
    assert suspects(lines(("A", "", 0), ("A", "x", 0), ("A", "y", 300), ("A", "z", 300))) == ()


def test_other_months_and_categories_do_not_add_up():
    july = lines(("办公费用", "打印", 200), group=(202407,))
    assert suspects([*lines(("办公费用", "", 200), ("制造费用", "电", 200)), *july]) == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("合计", True), ("小 计", True), ("原材料小计", True), ("Total", True), ("总计：", True),
     ("设计费", False), ("累计折旧", False), ("", False)],
)  # fmt: skip
def test_names_of_totals(name, expected):
    assert is_total(name) is expected


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=8, unique=True))
def test_a_sum_put_among_its_parts_is_found(parts):
    rows = [("原材料", f"材料{at}", fen) for at, fen in enumerate(parts)]
    found = suspects(lines(*rows, ("原材料", "全部", sum(parts))))
    assert Suspect(len(parts), "sum", tuple(range(len(parts)))) in found
