"""How each condition of the transition table is judged, and the sentence when it does not hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsloop.loop.limits import four_eyes_amount
from opsloop.loop.models import Deviation, Verification
from opsloop.loop.states import (
    LIVE,
    OPEN,
    CountermeasureKind,
    CountermeasureStatus,
    Guard,
    Outcome,
)
from opsloop.org.models import Person


@dataclass(frozen=True)
class Attempt:
    """One try at a move: what the guards may look at besides the deviation itself."""

    deviation: Deviation
    by: Person | None
    comment: str = ""
    target: Deviation | None = None


def current_verdict(deviation: Deviation) -> Verification | None:
    """The latest verdict of the round under way."""
    return deviation.verifications.filter(round=deviation.round).order_by("-id").first()


def current_no_countermeasure_is_approved(deviation: Deviation) -> bool:
    """Has somebody else approved that this round has no countermeasure?"""
    return deviation.no_countermeasures.filter(
        round=deviation.round, approved_by__isnull=False
    ).exists()


def needs_four_eyes(deviation: Deviation) -> bool:
    """Grave deviations, and money effects above the limit (L-07)."""
    effect = deviation.money_effect
    if effect is None and deviation.unit == "yuan":
        effect = deviation.exceedance
    return deviation.is_grave or (effect is not None and abs(effect) > four_eyes_amount())


def executors(deviation: Deviation) -> set[int]:
    """Ids of those who owned or finished work on it in the round under way."""
    rows = deviation.countermeasures.filter(round=deviation.round).exclude(
        status=CountermeasureStatus.CANCELLED
    )
    return {
        person
        for pair in rows.values_list("owner_id", "finished_by_id")
        for person in pair
        if person is not None
    }


def _has_plan(attempt: Attempt) -> bool:
    """A corrective or preventive countermeasure of this round that was not cancelled."""
    return (
        attempt.deviation.countermeasures.filter(
            round=attempt.deviation.round,
            status__in=(*LIVE, CountermeasureStatus.DONE),
        )
        .exclude(kind=CountermeasureKind.CORRECTION)
        .exists()
    )


def _outcome(attempt: Attempt, *wanted: Outcome) -> bool:
    verdict = current_verdict(attempt.deviation)
    return verdict is not None and verdict.outcome in wanted


def _live(attempt: Attempt) -> bool:
    return attempt.deviation.countermeasures.filter(status__in=LIVE).exists()


def _no_other_open(attempt: Attempt) -> bool:
    mine = attempt.deviation
    return (
        not Deviation.objects.unscoped("one open deviation in the whole company")
        .open()
        .filter(metric_id=mine.metric_id, dimension=mine.dimension, rule=mine.rule)
        .exclude(pk=mine.pk)
        .exists()
    )


def _open_target(attempt: Attempt) -> bool:
    target = attempt.target
    return target is not None and target.pk != attempt.deviation.pk and target.state in OPEN


def _four_eyes(attempt: Attempt) -> bool:
    if attempt.by is None or not needs_four_eyes(attempt.deviation):
        return True
    return attempt.by.pk not in executors(attempt.deviation)


Judge = Callable[[Attempt], bool]

JUDGES: Final[dict[Guard, tuple[Judge, Promise]]] = {
    Guard.COMMENT: (
        lambda attempt: bool(attempt.comment.strip()),
        _("Give a reason."),
    ),
    Guard.OWNER_NAMED: (
        lambda attempt: attempt.deviation.owner_id is not None,
        _("Name an owner first."),
    ),
    Guard.OPEN_TARGET: (
        _open_target,
        _("Choose another open deviation to merge into."),
    ),
    Guard.ROOT_CAUSE: (
        lambda attempt: attempt.deviation.causes.filter(is_root=True).exists(),
        _("Mark a root cause first: ask why at least once below the symptom."),
    ),
    Guard.APPROVED_PLAN: (
        _has_plan,
        _("A corrective or preventive countermeasure must be approved first."),
    ),
    Guard.ALL_FINISHED: (
        lambda attempt: not _live(attempt),
        _("Countermeasures are still being carried out."),
    ),
    Guard.NONE_LEFT: (
        lambda attempt: not _live(attempt) and not _has_plan(attempt),
        _("There is still a countermeasure in this round."),
    ),
    Guard.NO_COUNTERMEASURE_APPROVED: (
        lambda attempt: current_no_countermeasure_is_approved(attempt.deviation),
        _("Leaving it without countermeasure needs a reason and an approver."),
    ),
    Guard.OBLIGATIONS_MET: (
        lambda attempt: (
            not attempt.deviation.obligations.filter(
                evidenced_at__isnull=True, waived_at__isnull=True
            ).exists()
        ),
        _("Obligations of this severity are still open."),
    ),
    Guard.VERDICT_EFFECTIVE: (
        lambda attempt: _outcome(attempt, Outcome.EFFECTIVE),
        _("Only an effective verdict archives."),
    ),
    Guard.VERDICT_PARTLY: (
        lambda attempt: _outcome(attempt, Outcome.PARTLY_EFFECTIVE),
        _("The verdict is not partly effective."),
    ),
    Guard.VERDICT_FAILED: (
        lambda attempt: _outcome(attempt, Outcome.INEFFECTIVE, Outcome.WORSENED),
        _("The verdict is neither ineffective nor worsened."),
    ),
    Guard.FOUR_EYES: (
        _four_eyes,
        _("The verdict needs a second pair of eyes: not somebody who carried it out."),
    ),
    Guard.NO_OTHER_OPEN: (
        _no_other_open,
        _("The same number already has an open deviation."),
    ),
}


def refusal(attempt: Attempt, guards: tuple[Guard, ...]) -> tuple[Guard, Promise] | None:
    """The first guard that does not hold, with its sentence; None when all hold."""
    for guard in guards:
        judge, text = JUDGES[guard]
        if not judge(attempt):
            return guard, text
    return None
