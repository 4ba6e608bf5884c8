"""Which process to improve first: a weighted score with its reasons.

Criteria are turned into ranks (0 best … 1 worst of the processes compared), so that no unit and no
single extreme decides. A criterion nobody measured for a process is left out of its weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

DEFAULT_WEIGHTS: Final[Mapping[str, float]] = {"time": 0.5, "errors": 0.3, "complaints": 0.2}


@dataclass(frozen=True)
class Burden:
    """What a process costs: higher is worse. None where it is not measured.

    `time` is monthly volume × median hours, `errors` the case return rate (0–1), `complaints` how
    dissatisfied its customers are (0–1).
    """

    key: int
    time: float | None = None
    errors: float | None = None
    complaints: float | None = None


@dataclass(frozen=True)
class Score:
    """0–100, higher first; `parts` say how many points each criterion gave, largest first."""

    key: int
    points: float | None
    parts: tuple[tuple[str, float], ...]


def priorities(
    burdens: Sequence[Burden], weights: Mapping[str, float] = DEFAULT_WEIGHTS
) -> tuple[Score, ...]:
    """Scores, highest first; processes of which nothing is measured come last, without points."""
    if any(weight < 0 for weight in weights.values()):
        raise ValueError("a weight is not negative")
    ranks = {name: _ranks(burdens, name) for name in weights}
    scores = [_score(one, ranks, weights) for one in burdens]
    return tuple(sorted(scores, key=lambda s: -1 if s.points is None else s.points, reverse=True))


def _ranks(burdens: Sequence[Burden], name: str) -> dict[int, float]:
    """Mid-ranks scaled to 0–1; one process alone, or all equal, stands in the middle."""
    known = {one.key: value for one in burdens if (value := getattr(one, name)) is not None}
    n = len(known)
    return {
        key: 0.5 if n == 1 else (
            sum(other < value for other in known.values())
            + (sum(other == value for other in known.values()) - 1) / 2
        ) / (n - 1)
        for key, value in known.items()
    }  # fmt: skip


def _score(
    one: Burden, ranks: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]
) -> Score:
    known = {name: weight for name, weight in weights.items() if one.key in ranks[name] and weight}
    whole = sum(known.values())
    if not whole:
        return Score(one.key, None, ())
    parts = {name: 100 * weight / whole * ranks[name][one.key] for name, weight in known.items()}
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    return Score(one.key, sum(parts.values()), tuple(ordered))
