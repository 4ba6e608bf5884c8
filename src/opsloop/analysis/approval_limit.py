"""“Up to X yuan the department manager may approve”: what that would save, and what it risks."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opsloop.analysis.bottleneck import waiting
from opsloop.analysis.event_columns import (
    HOUR_US,
    REJECTED,
    RETURNED,
    Columns,
    Floats,
    Ints,
    case_of_row,
)  # fmt: skip

_YEAR_DAYS: Final = 365


@dataclass(frozen=True)
class LimitEffect:
    """What the limit changes; hours of the columns' calendar, money in fen.

    `exposure_fen` is the money no longer seen by the step, per year; `stop_rate` is how often the
    step returned or rejected requests up to the limit: what one would no longer catch.
    """

    cases: int  # with a known amount that pass the step today
    skipping: int
    share: float | None
    saved_median: float | None
    saved_p90: float | None
    saved_total: float
    exposure_fen: int
    stop_rate: float | None
    days: int  # calendar days the log spans


def case_amounts(columns: Columns) -> Ints:
    """The amount of each case in fen: its highest one stated, −1 where none is."""
    if columns.amount is None or not columns.cases:
        return np.full(columns.cases, -1, dtype=np.int64)
    amounts: Ints = np.maximum.reduceat(columns.amount, columns.first)
    return amounts


def limit_effect(columns: Columns, step: int, limit_fen: int) -> LimitEffect:
    """Let cases up to `limit_fen` (included) skip `step`. Cases without an amount stay as they are."""
    amounts = case_amounts(columns)
    case_at = case_of_row(columns)
    here = columns.activity == step
    passes = np.zeros(columns.cases, dtype=np.bool_)
    passes[case_at[here]] = True
    known = passes & (amounts >= 0)
    skips = known & (amounts <= limit_fen)
    saved = _stage_hours(columns, case_at, here)[skips]
    days = int(columns.day.max() - columns.day.min()) + 1 if columns.cases else 0
    n, k = int(known.sum()), int(skips.sum())
    return LimitEffect(
        n, k, k / n if n else None,
        float(np.median(saved)) if k else None, float(np.quantile(saved, 0.9)) if k else None,
        float(saved.sum()), round(int(amounts[skips].sum()) * _YEAR_DAYS / days) if days else 0,
        _stop_rate(columns, here & skips[case_at]), days,
    )  # fmt: skip


def _stage_hours(columns: Columns, case_at: Ints, here: NDArray[np.bool_]) -> Floats:
    """Per case, hours it waits for the step and is worked on there."""
    took: Floats = (waiting(columns) + columns.end - columns.begin) / HOUR_US
    hours: Floats = np.zeros(columns.cases)
    np.add.at(hours, case_at[here], took[here])
    return hours


def _stop_rate(columns: Columns, rows: NDArray[np.bool_]) -> float | None:
    if columns.outcome is None or not rows.any():
        return None
    decided = columns.outcome[rows]
    decided = decided[(decided >= 0) & (decided <= REJECTED)]
    return float(((decided == RETURNED) | (decided == REJECTED)).mean()) if len(decided) else None


def curve(columns: Columns, step: int, points: int = 20) -> tuple[tuple[int, float], ...]:
    """(limit in fen, share of cases skipping the step) at the quantiles of the amounts."""
    amounts = case_amounts(columns)
    passes = np.zeros(columns.cases, dtype=np.bool_)
    passes[case_of_row(columns)[columns.activity == step]] = True
    known = np.sort(amounts[passes & (amounts >= 0)])
    if not len(known):
        return ()
    limits = np.unique(np.quantile(known, np.linspace(0, 1, points + 1), method="higher"))
    shares = np.searchsorted(known, limits, side="right") / len(known)
    return tuple(zip(limits.astype(int).tolist(), shares.tolist(), strict=True))
