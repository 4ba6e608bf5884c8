from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsloop.analysis.price_quantity import Effects
from opsloop.analysis.variance import (
    COST,
    REVENUE,
    BaseCase,
    Lines,
    Materiality,
    Variance,
    compare,
    judge,
    roll_up,
    total,
)
from tests.engines import Frames, engine, open_with

__all__ = ["engine"]

TEN = Materiality()
fen = st.integers(-(10**12), 10**12)

# 类别 子项 预算 实际 (元) of the source's form
SOURCE = [
    ("原材料成本", "A材料采购", 500_000, 650_000),
    ("人工成本", "销售人员绩效", 200_000, 230_000),
    ("办公费用", "招待费", 30_000, 45_000),
    ("制造费用", "设备水电费", 80_000, 92_000),
]


def facts(rows: Any, columns: Sequence[str] = ("item_no",)) -> pl.DataFrame:
    """Rows of (key…, amount in 分, quantity in thousandths or None) as a facts table."""
    names = [*columns, "amount_fen", "quantity_milli"]
    schema = dict.fromkeys(names, pl.Int64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def run(frames: Frames, actual: Any, base: Any) -> Lines:
    by = ("item_no",)
    left, right = facts(actual, by), facts(base, by)
    compared = compare(frames(left), frames(right), by).collect(backend="polars")
    return judge(compared, by, materiality=TEN)


@pytest.mark.parametrize(
    ("actual", "base", "case", "rate"),
    [
        (650_000, 500_000, BaseCase.COMPARABLE, Fraction(3, 10)),
        (100, 0, BaseCase.ZERO, None),
        (100, None, BaseCase.MISSING, None),
        (0, 0, BaseCase.ZERO, None),
        (-80, -100, BaseCase.COMPARABLE, Fraction(1, 5)),  # a loss that shrank: +20 % of |base|
        (-120, -100, BaseCase.COMPARABLE, Fraction(-1, 5)),
        (50, -100, BaseCase.OPPOSITE, None),
        (-50, 100, BaseCase.OPPOSITE, None),
        (0, 100, BaseCase.COMPARABLE, Fraction(-1)),
        (110, 100, BaseCase.COMPARABLE, Fraction(1, 10)),
    ],
)
def test_t03_a_rate_exists_only_against_a_usable_base(actual, base, case, rate):
    variance = Variance(actual, base)
    assert (variance.base_case, variance.rate) == (case, rate)


def test_exactly_ten_percent_is_not_beyond_ten_percent():
    """110/100−1 > 0.1 holds in binary floating point; 超过 excludes the bound."""
    assert 110 / 100 - 1 > 0.1
    assert not TEN.exceeded(110 - 100, 100)
    assert not TEN.exceeded(90 - 100, 100)
    assert TEN.exceeded(11_001 - 10_000, 10_000)
    assert TEN.exceeded(8_999 - 10_000, 10_000)


@given(base=st.integers(1, 10**15), percent=st.decimals(0, 200, places=4))
def test_the_threshold_agrees_with_exact_fractions(base, percent):
    rule = Materiality(percent=percent)
    bound = Fraction(percent) * base / 100
    for size in {int(bound), int(bound) + 1, max(int(bound) - 1, 0)}:
        expected = size > bound
        assert rule.exceeded(size, base) is expected
        assert rule.exceeded(-size, base) is expected
        assert rule.exceeded(size, -base) is expected


@pytest.mark.parametrize(
    ("variance", "base", "flagged"),
    [
        (20_000, 100_000, False),  # +20 %, below the amount floor
        (50_000, 100_000, True),  # +50 % and exactly the floor: 以上 includes it
        (50_000, 1_000_000, False),  # +5 %
        (1_000_000, 100_000_000, True),  # +1 %, exactly the hard amount
        (-1_000_000, 100_000_000, True),
        (40_000, None, False),  # nothing budgeted: the amount decides
        (50_000, None, True),
        (50_000, 0, True),
    ],
)
def test_c54_material_means_rate_and_amount_or_the_hard_amount(variance, base, flagged):
    rule = Materiality(percent=Decimal(10), floor_fen=50_000, hard_fen=1_000_000)
    assert rule.exceeded(variance, base) is flagged


def test_any_spending_exceeds_a_budget_of_nothing():
    assert TEN.exceeded(1, 0)
    assert TEN.exceeded(1, None)
    assert not TEN.exceeded(0, None)


@pytest.mark.parametrize(
    ("actual", "base", "polarity", "favourable"),
    [
        (650, 500, COST, False),
        (450, 500, COST, True),
        (500, 500, COST, None),
        (650, 500, REVENUE, True),
        (-120, -100, REVENUE, False),
    ],
)
def test_c52_favourable_follows_the_kind_of_line_not_the_sign(actual, base, polarity, favourable):
    assert Variance(actual, base).favourable(polarity) is favourable


def test_t04_the_rate_of_a_total_is_the_ratio_of_the_sums():
    """207,000 / 810,000 = 25.56 %; the mean of the four rates would be 27.5 %."""
    lines = [Variance(actual * 100, base * 100) for _, _, base, actual in SOURCE]
    summed = total(lines)
    assert summed == Variance(101_700_000, 81_000_000)
    assert summed.rate == Fraction(207, 810)
    assert round(float(summed.rate or 0) * 100, 2) == 25.56
    assert [float(line.rate or 0) for line in lines] == [0.3, 0.15, 0.5, 0.15]


def test_the_source_form_is_computed_alike_by_every_engine(engine: Frames):
    actual = [(no, row[3] * 100, None) for no, row in enumerate(SOURCE)]
    base = [(no, row[2] * 100, None) for no, row in enumerate(SOURCE)]
    lines = run(engine, actual, base)
    assert [line.variance.fen for line in lines] == [15_000_000, 3_000_000, 1_500_000, 1_200_000]
    assert [line.flagged for line in lines] == [True, True, True, True]
    assert [line.favourable for line in lines] == [False, False, False, False]
    assert [line.effects for line in lines] == [None] * 4


def test_nothing_spent_and_nothing_budgeted_both_keep_their_line(engine: Frames):
    lines = run(engine, [(1, 500, None), (1, 250, None)], [(2, 900, None), (3, 0, None)])
    assert [(line.key, line.variance) for line in lines] == [
        ((1,), Variance(750, None)),
        ((2,), Variance(0, 900)),
        ((3,), Variance(0, 0)),
    ]
    assert total(line.variance for line in lines) == Variance(750, 900)


def test_a_ledger_alone_is_a_comparison_with_no_base(engine: Frames):
    compared = compare(engine(facts([(1, 500, 2_000)])), None, ["item_no"])
    line = judge(compared.collect(backend="polars"), ["item_no"], materiality=TEN)[0]
    assert line.variance == Variance(500, None)
    assert (line.actual_milli, line.base_milli, line.effects) == (2_000, None, None)


def test_a_quantity_counts_only_when_every_line_carries_one(engine: Frames):
    """A freight bill without a quantity would distort the unit price of its item."""
    lines = run(
        engine,
        [(1, 600, 1_100), (1, 60, None), (2, 660, 1_100)],
        [(1, 500, 1_000), (2, 500, 1_000)],
    )
    assert [(line.actual_milli, line.effects is None) for line in lines] == [
        (None, True),
        (1_100, False),
    ]


def test_price_quantity_and_joint_stand_on_the_line(engine: Frames):
    """Base 500,000 at +20 % and +10 %: 100,000 + 50,000 + 10,000 = 160,000."""
    lines = run(engine, [(1, 66_000_000, 1_100_000)], [(1, 50_000_000, 1_000_000)])
    assert lines[0].effects == Effects(10_000_000, 5_000_000, 1_000_000)


ledger_rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), fen, st.none() | st.integers(-(10**9), 10**9)),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(actual=ledger_rows, base=ledger_rows, name=st.sampled_from(["polars", "duckdb"]))
def test_the_lines_of_any_ledger_sum_to_the_ledger(actual, base, name, tmp_path_factory):
    by = ("item_no", "department_no")
    folder = tmp_path_factory.mktemp("ledger")
    for side, rows in (("actual", actual), ("base", base)):
        facts(rows, by).write_parquet(folder / side)
    compared = compare(open_with(name, folder / "actual"), open_with(name, folder / "base"), by)
    lines = judge(compared.collect(backend="polars"), by, materiality=TEN)
    summed = total(line.variance for line in lines)
    assert summed == lines.total()
    assert lines.split().total.total_fen == sum(
        line.variance.fen for line in lines if line.effects is not None
    )
    assert lines.flagged.tolist() == [
        TEN.exceeded(line.variance.fen, line.variance.base_fen) for line in lines
    ]
    assert summed.actual_fen == sum(row[2] for row in actual)
    assert (summed.base_fen or 0) == sum(row[2] for row in base)
    assert {line.key for line in lines} == {row[:2] for row in [*actual, *base]}
    for line in lines:
        if line.effects is not None:
            assert line.effects.total_fen == line.variance.fen


@given(
    own=st.dictionaries(st.integers(1, 30), fen, max_size=30),
    seed=st.randoms(use_true_random=False),
)
def test_x21_a_parent_is_the_sum_of_its_own_and_its_children(own, seed):
    parents = {1: None} | {node: seed.randint(1, node - 1) for node in range(2, 31)}
    rolled = roll_up({node: Variance(amount, None) for node, amount in own.items()}, parents)
    for node, summed in rolled.items():
        children = sum(
            rolled[child].actual_fen
            for child, parent in parents.items()
            if parent == node and child in rolled
        )
        assert summed.actual_fen == own.get(node, 0) + children


def test_a_name_that_begins_like_another_is_not_its_child():
    """`Office` 30,000 and `OfficeRent` 80,000 under one parent: by prefix Office would be 110,000."""
    office, rent, root = 2, 3, 1
    rolled = roll_up(
        {office: Variance(0, 30_000), rent: Variance(0, 80_000)},
        {office: root, rent: root, root: None},
    )
    assert rolled[office].base_fen == 30_000
    assert rolled[root].base_fen == 110_000


@given(
    rows=st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))),
    percent=st.decimals(0, 200, places=4),
    floor=st.integers(0, 10**9),
    hard=st.none() | st.integers(0, 10**12),
)
def test_many_lines_are_flagged_as_each_alone_at_any_size(rows, percent, floor, hard):
    rule = Materiality(percent, floor, hard)
    variance, base = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    alone = [rule.exceeded(*row) for row in rows]
    assert rule.exceeded_columns(variance, base).tolist() == alone


def test_the_largest_deviations_are_ranked_by_amount(engine: Frames):
    lines = run(
        engine, [(1, 10, None), (2, 0, None), (3, 500, None)], [(2, 400, None), (3, 480, None)]
    )
    assert [line.key for line in lines.largest(2)] == [(2,), (3,)]
