"""The quarterly review makes itself (P-N15): what a quarter's cases say, and what drifted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from opsloop.analysis.case_filter import Between, CaseFilter
from opsloop.analysis.period import Period
from opsloop.processes import figures, keys, levels, studies
from opsloop.processes.actions import make_review
from opsloop.processes.models import Process, QuarterlyReview

_EPOCH: Final = date(1970, 1, 1)
DRIFT: Final = 0.1  # a tenth away from the base
VARIANTS_KEPT: Final = 12
FIGURES: Final = ("median", "p90", "return_rate", "main_variant")
# Figures the loop can have proven, by the metric that measures them.
_VERIFIED: Final = {"median": keys.CYCLE_HOURS, "return_rate": keys.RETURN_RATE}


def create_due(*, now: datetime) -> int:
    """Make the review of the quarter just ended for every process with cases in it; idempotent."""
    today = timezone.localdate(now)
    period = Period.containing("quarter", today).previous()
    count = 0
    known = Process.objects.unscoped("the product reviews every process").exclude(dataset=None)
    for process in known.select_related("department", "dataset", "owner"):
        held = process.reviews.all()
        if any(review.period == period.key for review in held):
            continue
        told = figures_of(process, period)
        if told is not None:
            make_review(
                process=process, period=period, figures=told,
                base=base_of(process, period, held), by=None, now=now,
            )  # fmt: skip
            count += 1
    return count


def figures_of(process: Process, period: Period) -> dict[str, Any] | None:
    """Cycle time, returns and the mix of variants of the cases submitted in a quarter."""
    days = (period.start, period.end - timedelta(days=1))
    first, last = ((day - _EPOCH).days for day in days)
    log = studies.narrowed(process, CaseFilter(started=(Between(first, last),)))
    facts = figures.facts_of(process)
    if log is None or not log.cases or facts is None:
        return None
    names = facts.names["activity"]
    return {
        "cases": log.cases, "median": log.case_hours.median, "p90": log.case_hours.p90,
        "return_rate": log.returns.case_rate,
        "main_variant": log.variants[0].share if log.variants else None,
        "variants": [
            [[names[step] for step in one.steps], one.share]
            for one in log.variants[:VARIANTS_KEPT]
        ],
    }  # fmt: skip


def base_of(
    process: Process, period: Period, held: Iterable[QuarterlyReview]
) -> dict[str, dict[str, Any]]:
    """Per figure what the loop last proved, else what the review before said."""
    earlier = [review for review in held if review.period < period.key]
    before = max(earlier, key=lambda review: review.period, default=None)
    base: dict[str, dict[str, Any]] = {}
    for name in (*FIGURES, "variants"):
        proven = _proven(process, name, period.start)
        if proven is not None:
            base[name] = proven
        elif before is not None and before.figures.get(name) is not None:
            base[name] = {
                "value": before.figures[name], "origin": "review", "period": before.period
            }  # fmt: skip
    return base


def _proven(process: Process, name: str, before: date) -> dict[str, Any] | None:
    """A level proven within the quarter itself would be held against its own records."""
    source = _VERIFIED.get(name)
    level = levels.verified(process, source, before=before) if source else None
    if level is None or (level.basis and level.basis != process.hours_basis):
        return None
    return levels.as_base(level)


@dataclass(frozen=True)
class Drift:
    """One figure of a review against its base; `drifted` beyond a tenth of it."""

    name: str
    now: float | None
    base: float | None
    origin: str  # verified | review | "" without a base
    period: str

    @property
    def change(self) -> float | None:
        if self.now is None or not self.base:
            return None
        return self.now / self.base - 1

    @property
    def drifted(self) -> bool:
        return self.change is not None and abs(self.change) > DRIFT

    @property
    def direction(self) -> str:
        """Which way it went: better, worse, or "" for a share of a variant."""
        if self.name not in ("median", "p90", "return_rate") or self.change is None:
            return ""
        return "better" if self.change < 0 else "worse"


def drifts(review: QuarterlyReview) -> list[Drift]:
    """Median, P90, return rate and the share of the main variant, against their bases."""
    rows = []
    for name in FIGURES:
        base = review.base.get(name, {})
        rows.append(Drift(
            name, review.figures.get(name), base.get("value"), base.get("origin", ""),
            base.get("period", ""),
        ))  # fmt: skip
    return rows


@dataclass(frozen=True)
class Mix:
    """How the ways through the process shifted: half the sum of all changes of share, 0–1."""

    moved: float
    rows: tuple[tuple[tuple[str, ...], float, float], ...]  # steps, share before, share now
    period: str

    @property
    def drifted(self) -> bool:
        return self.moved > DRIFT


def mix(review: QuarterlyReview) -> Mix | None:
    """The variant mix against the review before; None without one."""
    base = review.base.get("variants")
    if base is None:
        return None
    now, before = _shares(review.figures.get("variants", [])), _shares(base["value"])
    rows = sorted(
        ((steps, before.get(steps, 0.0), now.get(steps, 0.0)) for steps in {**before, **now}),
        key=lambda row: -abs(row[2] - row[1]),
    )
    # What neither quarter kept of its rare variants counts as one.
    rest = abs(sum(now.values()) - sum(before.values()))
    moved = (sum(abs(late - early) for _steps, early, late in rows) + rest) / 2
    return Mix(moved, tuple(rows[:5]), base["period"])


def _shares(variants: Iterable[Any]) -> Mapping[tuple[str, ...], float]:
    return {tuple(steps): share for steps, share in variants}
