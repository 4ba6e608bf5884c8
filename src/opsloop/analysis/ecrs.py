"""ECRS: which steps to cancel, combine, rearrange or simplify, proposed from what was measured.

Every candidate carries the numbers that triggered it and how many observations stand behind them;
a person decides. The triggers are those of process.md 2.3.8 and may be changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations
from typing import Final, Literal

Letter = Literal["eliminate", "combine", "rearrange", "simplify"]
Kind = Literal[
    "rubber_stamp", "unused_output", "same_hands", "ping_pong", "same_fields", "knock_out",
    "parallel", "reentry", "many_variants", "waiting_cause",
]  # fmt: skip
_EXHAUSTIVE: Final = 7  # checks with dependencies whose orders are all tried: 5,040 at most


@dataclass(frozen=True)
class Check:
    """An independent check: the hours it costs and the share of cases it stops (0–1)."""

    key: str
    hours: float
    stop_rate: float


def expected_hours(checks: Sequence[Check]) -> float:
    """Hours of a case that leaves at the first check that stops it: Σ Π(pass) × hours."""
    total, still_there = 0.0, 1.0
    for check in checks:
        total += still_there * check.hours
        still_there *= 1 - check.stop_rate
    return total


def knock_out_order(
    checks: Sequence[Check], before: Iterable[tuple[str, str]] = ()
) -> tuple[Check, ...]:
    """The cheapest order: stop rate ÷ hours, highest first, with `before` pairs kept.

    With dependencies up to seven checks are tried in every order; more are taken greedily.
    """
    pairs = [
        pair for pair in before if all(any(check.key == key for check in checks) for key in pair)
    ]
    ranked = sorted(checks, key=lambda check: -_ratio(check))
    if not pairs:
        return tuple(ranked)
    if len(checks) <= _EXHAUSTIVE:
        allowed = (order for order in permutations(ranked) if _keeps(order, pairs))
        return min(allowed, key=expected_hours, default=tuple(checks))
    return _greedy(ranked, pairs)


def _ratio(check: Check) -> float:
    return check.stop_rate / check.hours if check.hours else float("inf")


def _keeps(order: Sequence[Check], pairs: Sequence[tuple[str, str]]) -> bool:
    place = {check.key: number for number, check in enumerate(order)}
    return all(place[first] < place[then] for first, then in pairs)


def _greedy(ranked: Sequence[Check], pairs: Sequence[tuple[str, str]]) -> tuple[Check, ...]:
    order: list[Check] = []
    left = list(ranked)
    while left:
        waiting = {check.key for check in left}
        free = [c for c in left if not any(f in waiting and t == c.key for f, t in pairs)]
        order.append((free or left)[0])
        left.remove(order[-1])
    return tuple(order)


@dataclass(frozen=True)
class Thresholds:
    """When a measure becomes a proposal; rates 0–1."""

    stamp_rate: float = 0.01
    stamp_decisions: int = 200
    stamp_minutes: float = 2.0
    same_hands: float = 0.8
    ping_pong: float = 0.1
    covered: float = 0.8
    variants: int = 10
    cause: float = 0.3


DEFAULTS: Final = Thresholds()


@dataclass(frozen=True)
class StepFacts:
    """What is known of one step; `stopped` are returns and rejections among its decisions."""

    key: str
    cases: int = 0
    decisions: int = 0
    stopped: int = 0
    work_minutes: float | None = None
    stage_hours: float | None = None
    causes: Mapping[str, float] = field(default_factory=dict)  # shares of on-duty waiting
    unused: tuple[str, ...] = ()  # outputs no later step takes in
    fields: frozenset[str] = frozenset()  # typed by hand


@dataclass(frozen=True)
class PairFacts:
    """Two consecutive steps: of the cases with both, in how many the same hands did them."""

    first: str
    second: str
    cases: int
    same_hands: int
    ping_pong: int = 0  # cases that went first → second → first


@dataclass(frozen=True)
class Candidate:
    """A proposal: the trigger, the steps, and its numbers; `n` observations stand behind it."""

    letter: Letter
    kind: Kind
    steps: tuple[str, ...]
    n: int
    values: Mapping[str, float | str] = field(default_factory=dict)


def candidates(
    steps: Sequence[StepFacts], pairs: Sequence[PairFacts] = (), *,
    variants_to_cover: int = 0, cases: int = 0, before: Iterable[tuple[str, str]] = (),
    thresholds: Thresholds = DEFAULTS,
) -> tuple[Candidate, ...]:  # fmt: skip
    """Everything worth proposing, in the order E, C, R, S.

    `variants_to_cover` is how many variants it takes to cover 80 % of `cases`; `before` names steps
    that must precede others.
    """
    found = [
        *(one for step in steps for one in _eliminate(step, thresholds)),
        *(one for pair in pairs for one in _combine(pair, thresholds)),
        *_same_fields(steps),
        *_knock_out(steps, before),
        *(one for step in steps for one in _simplify(step, thresholds)),
    ]
    if variants_to_cover > thresholds.variants:
        values = {"variants": float(variants_to_cover), "covered": thresholds.covered}
        found.append(Candidate("simplify", "many_variants", (), cases, values))
    return tuple(found)


def _eliminate(step: StepFacts, limits: Thresholds) -> Iterator[Candidate]:
    if (
        step.decisions >= limits.stamp_decisions
        and step.stopped < limits.stamp_rate * step.decisions
        and step.work_minutes is not None
        and step.work_minutes < limits.stamp_minutes
    ):
        values: dict[str, float | str] = {
            "decisions": float(step.decisions), "stopped": float(step.stopped),
            "minutes": step.work_minutes,
        }  # fmt: skip
        yield Candidate("eliminate", "rubber_stamp", (step.key,), step.decisions, values)
    for name in step.unused:
        yield Candidate("eliminate", "unused_output", (step.key,), step.cases, {"output": name})


def _combine(pair: PairFacts, limits: Thresholds) -> Iterator[Candidate]:
    both = (pair.first, pair.second)
    if pair.cases and pair.same_hands >= limits.same_hands * pair.cases:
        values = {"share": pair.same_hands / pair.cases}
        yield Candidate("combine", "same_hands", both, pair.cases, values)
    if pair.cases and pair.ping_pong > limits.ping_pong * pair.cases:
        share = {"share": pair.ping_pong / pair.cases}
        yield Candidate("combine", "ping_pong", both, pair.cases, share)


def _same_fields(steps: Sequence[StepFacts]) -> Iterator[Candidate]:
    for first, second in pairwise(steps):
        shared = first.fields & second.fields
        if shared:
            values: dict[str, float | str] = {"fields": "、".join(sorted(shared))}
            yield Candidate("combine", "same_fields", (first.key, second.key), len(shared), values)


def _knock_out(
    steps: Sequence[StepFacts], before: Iterable[tuple[str, str]]
) -> Iterator[Candidate]:
    """Checks are the steps that decide and sometimes stop a case."""
    deciding = [s for s in steps if s.decisions and s.stopped and s.stage_hours]
    checks = [Check(s.key, s.stage_hours or 0.0, s.stopped / s.decisions) for s in deciding]
    order = knock_out_order(checks, before)
    now, then = expected_hours(checks), expected_hours(order)
    if len(checks) > 1 and then < now * 0.99:
        yield Candidate(
            "rearrange", "knock_out", tuple(check.key for check in order),
            min(s.decisions for s in deciding), {"now": now, "then": then},
        )  # fmt: skip


def _simplify(step: StepFacts, limits: Thresholds) -> Iterator[Candidate]:
    for cause, share in step.causes.items():
        if share >= limits.cause:
            yield Candidate(
                "simplify", "waiting_cause", (step.key,), step.cases,
                {"cause": cause, "share": share},
            )  # fmt: skip
