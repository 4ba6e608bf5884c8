"""XmR (process behaviour) charts: telling a signal from noise (loop.md V-08)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

MINIMUM_POINTS: Final = 6
PROVISIONAL_BELOW: Final = 12
RUN: Final = 8
NATURAL: Final = 2.66  # 3 ÷ d2 of two values (1.128)
RANGE: Final = 3.267  # D4 of two values
D2: Final = 1.128
# Chance that 12 further in-control points give at least one false signal (outside, or eight on one
# side) when limits come from n points; simulated, and simulated again by the tests.
FALSE_SIGNALS: Final = {6: 0.31, 12: 0.19, 24: 0.11}


class TooFewPoints(ValueError):
    """Limits from fewer than six points would be invented."""


@dataclass(frozen=True)
class Limits:
    """Natural limits of single values and the upper limit of moving ranges, in the metric's unit."""

    centre: float
    average_range: float
    lower: float
    upper: float
    range_upper: float
    points: int

    @property
    def provisional(self) -> bool:
        """Fewer than 12 points: shown as provisional (临时)."""
        return self.points < PROVISIONAL_BELOW

    @property
    def false_signal_chance(self) -> float:
        """Chance of a false signal in the next 12 periods, of the next smaller tabled n."""
        return FALSE_SIGNALS[max(n for n in FALSE_SIGNALS if n <= self.points)]

    @property
    def sigma(self) -> float:
        return self.average_range / D2


@dataclass(frozen=True)
class Signal:
    """The point at `index` (from 0) departs from the limits: outside, or the end of a run."""

    index: int
    kind: Literal["outside", "run"]
    side: Literal["high", "low"]


def limits(values: Sequence[float]) -> Limits:
    """x̄ ± 2.66·mR̄ and 3.267·mR̄ from at least six points in time order; raises `TooFewPoints`."""
    if len(values) < MINIMUM_POINTS:
        raise TooFewPoints(f"{len(values)} points; limits need {MINIMUM_POINTS}")
    points = np.asarray(values, dtype=np.float64)
    centre, moving = float(points.mean()), float(np.abs(np.diff(points)).mean())
    return Limits(
        centre=centre,
        average_range=moving,
        lower=centre - NATURAL * moving,
        upper=centre + NATURAL * moving,
        range_upper=RANGE * moving,
        points=len(points),
    )


def signals(values: Sequence[float], against: Limits) -> tuple[Signal, ...]:
    """Points outside the limits, and every point that ends eight or more in a row on one side.

    A point exactly on the centre line ends a run; one exactly on a limit is inside.
    """
    found: list[Signal] = []
    run, last_side = 0, 0
    for index, value in enumerate(values):
        side = (value > against.centre) - (value < against.centre)
        run = run + 1 if side == last_side else 1
        last_side = side
        if value > against.upper or value < against.lower:
            found.append(Signal(index, "outside", "high" if value > against.upper else "low"))
        elif side and run >= RUN:
            found.append(Signal(index, "run", "high" if side > 0 else "low"))
    return tuple(found)
