from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.analysis.distribution import (
    NotDistributable,
    by_percentages,
    over_the_year,
    split,
    with_edits,
)

amounts = st.integers(-(10**14), 10**14)


@given(
    total=amounts,
    weights=st.lists(st.decimals(0, 1000, places=4), min_size=1).filter(sum),
)
def test_the_parts_of_any_amount_sum_to_it_and_lie_within_one_fen_of_their_share(total, weights):
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1 or total == 0


@pytest.mark.parametrize(
    ("rhythm", "first"),
    [("monthly", [9, 9, 9, 9]), ("quarterly", [9, 8, 8, 9]), ("half_yearly", [9, 9, 8, 8])],
)
def test_a_hundred_fen_over_the_year(rhythm, first):
    """100 a year: 25 a quarter are 9 + 8 + 8; 50 a half-year are 9 + 9 + 8 + 8 + 8 + 8."""
    months = over_the_year(100, rhythm)
    assert (months[:4], sum(months)) == (first, 100)


@given(total=amounts, rhythm=st.sampled_from(["monthly", "quarterly", "half_yearly"]))
def test_a_year_is_the_sum_of_its_months(total, rhythm):
    months = over_the_year(total, rhythm)
    assert (len(months), sum(months)) == (12, total)


def test_percentages_sum_to_a_hundred_or_are_refused():
    percentages = [Decimal("8.33")] * 11 + [Decimal("8.37")]
    assert sum(by_percentages(1_000_001, percentages)) == 1_000_001
    with pytest.raises(NotDistributable):
        by_percentages(100, [Decimal(8)] * 12)


@given(total=amounts, edited=st.dictionaries(st.integers(0, 11), amounts, max_size=11))
def test_what_was_not_edited_takes_the_rest_of_the_year(total, edited):
    months = with_edits(total, over_the_year(total, "monthly"), edited)
    assert sum(months) == total
    assert all(months[at] == amount for at, amount in edited.items())


def test_twelve_edited_months_must_be_the_year():
    assert with_edits(78, [0] * 12, {at: at + 1 for at in range(12)}) == list(range(1, 13))
    with pytest.raises(NotDistributable):
        with_edits(79, [0] * 12, {at: at + 1 for at in range(12)})


def test_without_weights_there_is_nothing_to_split_by():
    with pytest.raises(NotDistributable):
        split(100, [0, 0])
