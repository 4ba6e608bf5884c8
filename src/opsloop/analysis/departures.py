"""Every way cases depart from the step table: how often, since when, and who carries them.

Five kinds: a due step skipped; a step done where the table does not foresee it; a step skipped that
the case's amount demands; two decisions by one person (segregation of duties); a step done by a
department the table does not name for it.

What carries a departure: for each value of an attribute, lift = rate among its cases ÷ rate among
all cases. A value is named when Fisher's exact test, one-sided and multiplied by the number of
values looked at (Bonferroni), stays below 5 %.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.case_filter import Mask, cycle_hours
from opsloop.analysis.conformance import ModelStep, align_cases
from opsloop.analysis.event_columns import Columns, Ints, case_of_row
from opsloop.analysis.worktime import CLOCK, Calendar

Kind = Literal["skipped", "inserted", "amount", "same_person", "hands"]
SIGNIFICANT: Final = 0.05
MOST_CARRIERS: Final = 6
FEWEST_CASES: Final = 3
MOST_EXAMPLES: Final = 12
_EPOCH_YEAR: Final = 1970
_ANYBODY: Final[Mapping[int, frozenset[int]]] = MappingProxyType({})
Key = tuple[Kind, int, int]


@dataclass(frozen=True)
class Carrier:
    """A value whose cases depart more often than the rest."""

    attribute: str
    value: int  # number in the attribute's list of names
    cases: int  # n: cases with this value
    departing: int
    rate: float
    rest_rate: float  # among all other cases
    lift: float  # rate ÷ rate among all cases
    p_value: float  # corrected for the number of values looked at


@dataclass(frozen=True)
class Departure:
    """One kind of departure at one step, over whole cases."""

    kind: Kind
    activity_no: int
    other_no: int  # same_person: the second step; hands: the department; else −1
    cases: int
    share: float
    hours_apart: float | None  # median cycle time with it − without it, in hours of the calendar
    carriers: tuple[Carrier, ...]  # highest lift first
    examples: tuple[int, ...]  # case numbers, slowest first

    @property
    def key(self) -> Key:
        return (self.kind, self.activity_no, self.other_no)


@dataclass(frozen=True)
class Month:
    """Cases submitted in one month; `number` counts months since year 0."""

    number: int
    cases: int
    fitness: float  # mean over cases


@dataclass(frozen=True)
class Pattern:
    """Cases of one month that show exactly these departures (places in the list)."""

    departures: tuple[int, ...]
    month: int
    cases: int


@dataclass(frozen=True)
class Departures:
    cases: int
    fitness: float
    found: tuple[Departure, ...]  # most cases first
    months: tuple[Month, ...]
    patterns: tuple[Pattern, ...]

    def without_any(self, accepted: frozenset[Key] = frozenset()) -> int:
        """Cases with no departure but accepted ones."""
        known = {place for place, one in enumerate(self.found) if one.key in accepted}
        return sum(each.cases for each in self.patterns if known.issuperset(each.departures))


def examine(
    columns: Columns, steps: Sequence[ModelStep], *, decisions: Sequence[int] = (),
    allowed: Mapping[int, frozenset[int]] = _ANYBODY, attributes: Mapping[str, Ints],
    calendar: Calendar = CLOCK,
) -> Departures:  # fmt: skip
    """All departures of finished cases.

    `columns` hold instants of the clock. `decisions` are the steps no one person may do two of;
    `allowed` names the departments of a step (steps without are not judged). `attributes` give
    each case's value (−1: none); the departments that handled a case are looked at by themselves.
    """
    if not columns.cases:
        return Departures(0, 1.0, (), (), ())
    aligned = align_cases(columns, steps)
    month = months_of(columns)
    hours = cycle_hours(columns, calendar)
    pairs = {name: (np.arange(columns.cases), labels) for name, labels in attributes.items()}
    pairs["handled"] = _handled(columns)
    masks = dict(_masks(columns, steps, aligned.departures(), decisions, allowed))
    found = [
        Departure(
            *key, int(mask.sum()), float(mask.mean()), _apart(hours, mask),
            carriers(mask, pairs), _slowest(columns.case_no, hours, mask),
        )
        for key, mask in masks.items()
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.cases, one.key))
    ordered = [masks[one.key] for one in found]
    return Departures(
        columns.cases, float(aligned.fitness.mean()), tuple(found),
        tuple(_months(month, aligned.fitness)), tuple(_patterns(ordered, month)),
    )  # fmt: skip


def cases_of(
    columns: Columns, steps: Sequence[ModelStep], *, decisions: Sequence[int] = (),
    allowed: Mapping[int, frozenset[int]] = _ANYBODY,
) -> dict[Key, Ints]:  # fmt: skip
    """Each departure → the numbers of the cases that show it."""
    if not columns.cases:
        return {}
    aligned = align_cases(columns, steps).departures()
    masks = _masks(columns, steps, aligned, decisions, allowed)
    return {key: columns.case_no[mask] for key, mask in masks}


def months_of(columns: Columns) -> Ints:
    """The month each case was submitted in, counted since year 0."""
    months = columns.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    found: Ints = months + _EPOCH_YEAR * 12
    return found


def _masks(
    columns: Columns, steps: Sequence[ModelStep],
    aligned: Mapping[tuple[Literal["skipped", "inserted"], int], Mask], decisions: Sequence[int],
    allowed: Mapping[int, frozenset[int]],
) -> Iterator[tuple[Key, Mask]]:  # fmt: skip
    by_amount = {step.activity_no for step in steps if step.from_amount_fen is not None}
    for (kind, step), mask in aligned.items():
        due = kind == "skipped" and step in by_amount
        yield ("amount" if due else kind, step, -1), mask
    yield from _same_person(columns, decisions)
    yield from _strange_hands(columns, allowed)


def _same_person(columns: Columns, decisions: Sequence[int]) -> Iterator[tuple[Key, Mask]]:
    """Pairs of different steps decided by one person in a case."""
    if columns.resource is None:
        return
    rows = np.flatnonzero(np.isin(columns.activity, list(decisions)) & (columns.resource >= 0))
    held = np.stack([case_of_row(columns)[rows], columns.resource[rows], columns.activity[rows]])
    done = np.unique(held.astype(np.int64), axis=1)
    pairs: dict[tuple[int, int], Mask] = {}
    for lag in range(1, len(set(decisions))):
        same = (done[:2, lag:] == done[:2, :-lag]).all(axis=0)
        if not same.any():
            break
        case, first, second = done[0, lag:][same], done[2, :-lag][same], done[2, lag:][same]
        for one, other in np.unique(np.stack([first, second]), axis=1).T.tolist():
            mask = pairs.setdefault((one, other), np.zeros(columns.cases, dtype=np.bool_))
            mask[case[(first == one) & (second == other)]] = True
    for (one, other), mask in pairs.items():
        yield ("same_person", one, other), mask


def _strange_hands(
    columns: Columns, allowed: Mapping[int, frozenset[int]]
) -> Iterator[tuple[Key, Mask]]:
    """Steps done by departments the table does not name for them."""
    if columns.department is None:
        return
    case = case_of_row(columns)
    for step, named in allowed.items():
        rows = np.flatnonzero((columns.activity == step) & (columns.department >= 0))
        who = columns.department[rows]
        for other in sorted(set(np.unique(who).tolist()) - named):
            mask = np.zeros(columns.cases, dtype=np.bool_)
            mask[case[rows[who == other]]] = True
            yield ("hands", step, int(other)), mask


def _handled(columns: Columns) -> tuple[Ints, Ints]:
    """(case, department) once for every department that did a step of a case."""
    if columns.department is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pairs = np.stack([case_of_row(columns), columns.department]).astype(np.int64)
    case, who = np.unique(pairs[:, columns.department >= 0], axis=1)
    return case, who


def _apart(hours: NDArray[np.float64], mask: Mask) -> float | None:
    if mask.all() or not mask.any():
        return None
    return float(np.median(hours[mask]) - np.median(hours[~mask]))


def _slowest(case_no: Ints, hours: NDArray[np.float64], mask: Mask) -> tuple[int, ...]:
    rows = np.flatnonzero(mask)
    order = np.argsort(-hours[rows], kind="stable")[:MOST_EXAMPLES]
    return tuple(case_no[rows[order]].tolist())


def carriers(mask: Mask, attributes: Mapping[str, tuple[Ints, Ints]]) -> tuple[Carrier, ...]:
    """Values that carry the departing cases more than the rest; attributes are (case, value) pairs."""
    from scipy.stats import hypergeom  # a second to load: only for whoever computes with it

    cases, departing = len(mask), int(mask.sum())
    if not 0 < departing < cases:
        return ()
    found: list[Carrier] = []
    looked_at = 0
    for name, (cases_at, values) in attributes.items():
        known = values >= 0
        case, value = cases_at[known], values[known]
        n = np.bincount(value)
        k = np.bincount(value[mask[case]], minlength=len(n))
        looked_at += int((n > 0).sum())
        p_values = np.atleast_1d(hypergeom.sf(k - 1, cases, departing, n))
        rows = zip(n.tolist(), k.tolist(), p_values.tolist(), strict=True)
        for number, (size, count, p_value) in enumerate(rows):
            if count < FEWEST_CASES or count * cases <= size * departing:
                continue
            rate = count / size
            # More than the overall rate, so cases outside exist.
            rest = (departing - count) / (cases - size)
            lift = rate * cases / departing
            found.append(Carrier(name, number, size, count, rate, rest, lift, p_value))
    kept = [replace(one, p_value=min(1.0, one.p_value * looked_at)) for one in found]
    named = [one for one in kept if one.p_value < SIGNIFICANT]
    named.sort(key=lambda one: (-one.lift, -one.cases, one.attribute, one.value))
    return tuple(named[:MOST_CARRIERS])


def _months(month: Ints, fitness: NDArray[np.float64]) -> Iterator[Month]:
    numbers, place = np.unique(month, return_inverse=True)
    cases = np.bincount(place)
    mean = np.bincount(place, weights=fitness) / cases
    for number, n, each in zip(numbers.tolist(), cases.tolist(), mean.tolist(), strict=True):
        yield Month(number, n, each)


def _patterns(masks: Sequence[Mask], month: Ints) -> Iterator[Pattern]:
    """Cases by what they show and when: from these every count of the page is summed."""
    # A seeded random word a departure: equal sums mean the same set.
    words = np.random.default_rng(1).integers(0, 1 << 64, len(masks), dtype=np.uint64)
    codes = np.zeros(len(month), dtype=np.uint64)
    for word, mask in zip(words, masks, strict=True):
        codes[mask] ^= word
    keys = np.stack([codes, month.astype(np.uint64)])
    _same, first, count = np.unique(keys, axis=1, return_index=True, return_counts=True)
    for row, n in zip(first.tolist(), count.tolist(), strict=True):
        shown = tuple(place for place, mask in enumerate(masks) if mask[row])
        yield Pattern(shown, int(month[row]), n)
