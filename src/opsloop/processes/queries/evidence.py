"""What the sampling and the voice pages show, and the approval limit's curve."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from opsloop.analysis.intervals import wilson
from opsloop.analysis.sampling import sample_size
from opsloop.processes import figures, studies
from opsloop.processes.models import (
    DocumentResult,
    Opinion,
    Pain,
    Process,
    SampledDocument,
    SamplingPlan,
    Step,
    VoiceLink,
)
from opsloop.ui import charts


@dataclass(frozen=True)
class Sampled:
    """A plan with its documents and what they say so far; the interval is Wilson's at 95 %."""

    plan: SamplingPlan
    documents: tuple[SampledDocument, ...]
    looked_at: int
    faulty: int

    @property
    def rate(self) -> float | None:
        return self.faulty / self.looked_at if self.looked_at else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.faulty, self.looked_at)


def sampled(plan: SamplingPlan) -> Sampled:
    """A missing document counts as faulty."""
    documents = tuple(plan.documents.select_related("found_by"))
    looked = [one for one in documents if one.finding]
    faulty = [one for one in looked if one.finding != DocumentResult.FINE]
    return Sampled(plan, documents, len(looked), len(faulty))


def samplings(process: Process) -> list[Sampled]:
    plans = process.sampling_plans.prefetch_related("documents")
    found = []
    for plan in plans:
        documents = tuple(plan.documents.all())
        looked = [one for one in documents if one.finding]
        faulty = sum(one.finding != DocumentResult.FINE for one in looked)
        found.append(Sampled(plan, documents, len(looked), faulty))
    return found


def needed(population: int, margin: float) -> int:
    """Documents to draw for ± `margin`, finite population corrected."""
    return sample_size(population, margin=margin)


@dataclass(frozen=True)
class Voice:
    """One step: its link, what was said by kind, and the measured numbers beside it."""

    step: Step
    link: VoiceLink | None
    counts: tuple[tuple[str, int], ...]
    opinions: tuple[Opinion, ...]
    median: float | None
    return_rate: float | None


def voices(process: Process) -> list[Voice]:
    """The front line's voice by step, beside the log (P-N14)."""
    found = figures.findings(process)
    measured = {found.name(one.activity_no): one for one in found.log.steps} if found else {}
    stages = found.stage_hours if found else {}
    steps = process.as_is.steps.select_related("voice_link").prefetch_related("opinions__person")
    lines = []
    for step in steps:
        opinions = tuple(step.opinions.all())
        counts = Counter(one.pain for one in opinions)
        one, stage = measured.get(step.log_name), stages.get(step.log_name)
        lines.append(
            Voice(
                step, getattr(step, "voice_link", None),
                tuple((str(Pain(pain).label), n) for pain, n in counts.most_common()),
                opinions, stage.median if stage else None, one.return_rate if one else None,
            )
        )  # fmt: skip
    return lines


def usual_limit(found: figures.Findings) -> str:
    """The step an approval limit is first asked for: the one that makes cases wait most."""
    first = found.bottleneck.headline
    return "" if first is None else found.name(first.activity_no)


def limit_curve(result: studies.Named) -> charts.Option:
    """Share of cases that would skip the step, over the limit in yuan."""
    _effect, points = result.result
    option: dict[str, Any] = charts.line(
        labels=[f"{fen / 100:,.0f}" for fen, _share in points],
        values=[round(share * 100, 1) for _fen, share in points],
        name=_("Cases that skip the step"), unit="%",
    )  # fmt: skip
    return option
