"""One to three months after a change: is the target reached, and does it stay so?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from opsloop.analysis.control_chart import MINIMUM_POINTS, Limits, limits, signals

Word = Literal["reached_stable", "reached_unstable", "not_reached", "too_few"]
_WEEKS: Final = MINIMUM_POINTS


@dataclass(frozen=True)
class Stability:
    """The verdict word, with the share of points on target and the limits it was judged by."""

    word: Word
    points: int
    on_target: int
    level: float | None  # median of the points since the change
    limits: Limits | None  # natural limits of the points since the change
    unfavourable: tuple[int, ...]  # places of points that leave them on the bad side


def stability(after: Sequence[float], target: float, *, lower_is_better: bool = True) -> Stability:
    """Judge the points since the change, in time order (usually weekly medians).

    Fewer than six points say nothing. Reached means that their median meets the target; stable
    that no point leaves their own limits on the bad side and the last three meet the target.
    """
    met = [value <= target if lower_is_better else value >= target for value in after]
    if len(after) < _WEEKS:
        return Stability("too_few", len(after), sum(met), _median(after), None, ())
    level = _median(after)
    assert level is not None
    found = limits(after)
    bad_side = "high" if lower_is_better else "low"
    bad = tuple(one.index for one in signals(after, found) if one.side == bad_side)
    word: Word = "not_reached"
    if level <= target if lower_is_better else level >= target:
        word = "reached_stable" if not bad and all(met[-3:]) else "reached_unstable"
    return Stability(word, len(after), sum(met), level, found, bad)


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered, n = sorted(values), len(values)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
