"""Work in progress over time: what comes in, what is finished, what lies in between.

Little's law is the check: mean work in progress = arrivals per hour × mean cycle time. It is
exact when the window holds whole cases, so a ratio far from 1 says that the log is cut off.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opsloop.analysis.event_columns import DAY_US, HOUR_US, Columns, Ints

_DAILY_UP_TO = 62  # days; longer logs are told by the week


@dataclass(frozen=True)
class FlowPoint:
    """One day or one week (its first day, counted from 1970-01-01)."""

    day: int
    arrivals: int
    completions: int
    in_progress: int  # at the end of it


@dataclass(frozen=True)
class Little:
    mean_in_progress: float
    arrivals_per_hour: float
    mean_cycle_hours: float

    @property
    def ratio(self) -> float | None:
        """Mean work in progress ÷ (arrivals × cycle time)."""
        product = self.arrivals_per_hour * self.mean_cycle_hours
        return self.mean_in_progress / product if product else None


@dataclass(frozen=True)
class Flow:
    days_a_point: int
    points: tuple[FlowPoint, ...]
    little: Little | None


def flow(columns: Columns, *, ends: Sequence[int] = ()) -> Flow:
    """Arrivals and completions of cases on the clock (`columns` loaded without a calendar).

    With `ends`, a case that has not come to one of these steps is still in progress at the end of
    the log; without, its last record counts as its completion.
    """
    if not columns.cases:
        return Flow(1, (), None)
    begin = columns.begin[columns.first]
    end: Ints = np.maximum.reduceat(columns.end, columns.first)
    done = np.ones(columns.cases, dtype=np.bool_)
    if ends:
        done = np.logical_or.reduceat(np.isin(columns.activity, list(ends)), columns.first)
    end = np.where(done, end, end.max())
    first, last = int(begin.min()) // DAY_US, int(end.max()) // DAY_US
    width = 1 if last - first < _DAILY_UP_TO else 7
    first -= (
        (first + 3) % 7 if width == 7 else 0
    )  # weeks begin on Monday; 1970-01-01 was a Thursday
    slots = (last - first) // width + 1
    arrivals = np.bincount((begin // DAY_US - first) // width, minlength=slots)
    completions = np.bincount((end[done] // DAY_US - first) // width, minlength=slots)
    in_progress = np.cumsum(arrivals) - np.cumsum(completions)
    points = tuple(
        FlowPoint(first + place * width, int(arrivals[place]), int(completions[place]), int(left))
        for place, left in enumerate(in_progress.tolist())
    )
    return Flow(width, points, _little(begin, end))


def _little(begin: Ints, end: Ints) -> Little | None:
    """Work in progress integrated by sweeping arrivals and completions, so that it is a check."""
    span = int(end.max() - begin.min())
    if not span:
        return None
    instants = np.concatenate([begin, end])
    order = np.argsort(instants, kind="stable")
    change = np.repeat([1, -1], len(begin))[order]
    area = float((np.cumsum(change)[:-1] * np.diff(instants[order])).sum(dtype=np.float64))
    return Little(area / span, len(begin) / (span / HOUR_US), float((end - begin).mean()) / HOUR_US)
