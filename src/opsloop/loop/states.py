"""The one declared table of what may happen to a deviation, by whom, and under which conditions.

`actions.moves.move` is its only reader that writes; pages and the API ask it what is open to whom.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from opsloop.org.permissions import Permission


class State(TextChoices):
    RAISED = "raised", _("Raised")
    PENDING_CONFIRMATION = "pending_confirmation", _("Pending confirmation")
    CAUSE_ANALYSIS = "cause_analysis", _("Cause analysis")
    COUNTERMEASURE_PLANNING = "countermeasure_planning", _("Countermeasure planning")
    RECTIFICATION = "rectification", _("In rectification")
    PENDING_VERIFICATION = "pending_verification", _("Pending verification")
    ARCHIVED = "archived", _("Archived")
    DISMISSED = "dismissed", _("False alarm")
    RECORDED_ONLY = "recorded_only", _("Uncontrollable, recorded only")
    MERGED = "merged", _("Merged")


PATH: Final = (
    State.RAISED, State.PENDING_CONFIRMATION, State.CAUSE_ANALYSIS, State.COUNTERMEASURE_PLANNING,
    State.RECTIFICATION, State.PENDING_VERIFICATION, State.ARCHIVED,
)  # fmt: skip
OPEN: Final = PATH[:-1]
CLOSED: Final = (State.ARCHIVED, State.DISMISSED, State.RECORDED_ONLY, State.MERGED)


class Severity(TextChoices):
    MINOR = "minor", _("Minor")
    MODERATE = "moderate", _("Moderate")
    MAJOR = "major", _("Major")
    CRITICAL = "critical", _("Critical")

    def one_step_up(self) -> "Severity":
        """The next grade; the highest stays (L-08)."""
        grades = list(Severity)
        return grades[min(grades.index(self) + 1, len(grades) - 1)]


GRAVE: Final = (Severity.MAJOR, Severity.CRITICAL)


class Event(TextChoices):
    RAISE = "raise", _("Raised")
    ASSIGN = "assign", _("Owner named")
    CONFIRM = "confirm", _("Confirmed")
    DISMISS = "dismiss", _("Dismissed as a false alarm")
    MERGE = "merge", _("Merged into another deviation")
    ANALYSE = "analyse", _("Root cause settled")
    START = "start", _("Rectification started")
    RECONSIDER = "reconsider", _("Back to cause analysis")
    REPLAN = "replan", _("Back to countermeasure planning")
    FINISH = "finish", _("Rectification finished")
    RECORD_ONLY = "record_only", _("No countermeasure approved")
    ARCHIVE = "archive", _("Archived by an effective verdict")
    ARCHIVE_WITHOUT = "archive_without", _("Archived without countermeasure")
    CONTINUE = "continue", _("Partly effective: a further countermeasure")
    FAIL = "fail", _("No effect: reopened")
    REOPEN = "reopen", _("Reopened")
    RECUR = "recur", _("Reopened: it recurred")


class Relation(StrEnum):
    """Where somebody stands towards a deviation, apart from roles."""

    OWNER = "owner"
    EXECUTOR = "executor"  # owns one of its countermeasures


class Guard(StrEnum):
    """A condition of a move; `guards.py` says how each is judged and what is missing."""

    COMMENT = "comment"
    OWNER_NAMED = "owner_named"
    OPEN_TARGET = "open_target"
    ROOT_CAUSE = "root_cause"
    APPROVED_PLAN = "approved_plan"
    ALL_FINISHED = "all_finished"
    NONE_LEFT = "none_left"
    NO_COUNTERMEASURE_APPROVED = "no_countermeasure_approved"
    OBLIGATIONS_MET = "obligations_met"
    VERDICT_EFFECTIVE = "verdict_effective"
    VERDICT_PARTLY = "verdict_partly"
    VERDICT_FAILED = "verdict_failed"
    FOUR_EYES = "four_eyes"
    NO_OTHER_OPEN = "no_other_open"


@dataclass(frozen=True)
class Move:
    """One row of the table. `permission` counts over the deviation's department.

    `by_product` marks moves the product makes itself (a breach, a computed consequence).
    """

    event: Event
    sources: tuple[State, ...]
    target: State
    permission: Permission
    relations: tuple[Relation, ...] = ()
    guards: tuple[Guard, ...] = ()
    by_product: bool = False
    reopens: bool = False
    # A round is one try: its countermeasures, its plan, its verdict.
    new_round: bool = False


_P, _S, _E, _G = Permission, State, Event, Guard

TABLE: Final[tuple[Move, ...]] = (
    Move(_E.ASSIGN, (_S.RAISED,), _S.PENDING_CONFIRMATION, _P.DEVIATION_CONFIRM,
         guards=(_G.OWNER_NAMED,), by_product=True),
    Move(_E.CONFIRM, (_S.PENDING_CONFIRMATION,), _S.CAUSE_ANALYSIS, _P.DEVIATION_CONFIRM,
         (Relation.OWNER,)),
    Move(_E.DISMISS, (_S.RAISED, _S.PENDING_CONFIRMATION, _S.CAUSE_ANALYSIS), _S.DISMISSED,
         _P.DEVIATION_CONFIRM, guards=(_G.COMMENT,)),
    Move(_E.MERGE, (_S.RAISED, _S.PENDING_CONFIRMATION, _S.CAUSE_ANALYSIS), _S.MERGED,
         _P.DEVIATION_CONFIRM, guards=(_G.COMMENT, _G.OPEN_TARGET)),
    Move(_E.ANALYSE, (_S.CAUSE_ANALYSIS,), _S.COUNTERMEASURE_PLANNING, _P.DEVIATION_CONFIRM,
         (Relation.OWNER,), (_G.ROOT_CAUSE,)),
    Move(_E.START, (_S.COUNTERMEASURE_PLANNING,), _S.RECTIFICATION, _P.COUNTERMEASURE_APPROVE,
         guards=(_G.ROOT_CAUSE, _G.APPROVED_PLAN), by_product=True),
    Move(_E.RECONSIDER, (_S.COUNTERMEASURE_PLANNING,), _S.CAUSE_ANALYSIS, _P.DEVIATION_CONFIRM,
         (Relation.OWNER,), (_G.COMMENT,)),
    Move(_E.REPLAN, (_S.RECTIFICATION,), _S.COUNTERMEASURE_PLANNING, _P.COUNTERMEASURE_APPROVE,
         guards=(_G.NONE_LEFT,), by_product=True),
    Move(_E.FINISH, (_S.RECTIFICATION,), _S.PENDING_VERIFICATION, _P.COUNTERMEASURE_APPROVE,
         (Relation.EXECUTOR,), (_G.APPROVED_PLAN, _G.ALL_FINISHED), by_product=True),
    Move(_E.RECORD_ONLY, (_S.CAUSE_ANALYSIS, _S.COUNTERMEASURE_PLANNING), _S.RECORDED_ONLY,
         _P.COUNTERMEASURE_APPROVE, guards=(_G.NO_COUNTERMEASURE_APPROVED, _G.OBLIGATIONS_MET)),
    Move(_E.ARCHIVE_WITHOUT, (_S.RECORDED_ONLY,), _S.ARCHIVED, _P.VERDICT_ACCEPT,
         guards=(_G.NO_COUNTERMEASURE_APPROVED, _G.OBLIGATIONS_MET)),
    Move(_E.ARCHIVE, (_S.PENDING_VERIFICATION,), _S.ARCHIVED, _P.VERDICT_ACCEPT,
         guards=(_G.VERDICT_EFFECTIVE, _G.OBLIGATIONS_MET, _G.FOUR_EYES)),
    Move(_E.CONTINUE, (_S.PENDING_VERIFICATION,), _S.COUNTERMEASURE_PLANNING, _P.VERDICT_ACCEPT,
         guards=(_G.VERDICT_PARTLY, _G.FOUR_EYES), new_round=True),
    Move(_E.FAIL, (_S.PENDING_VERIFICATION,), _S.CAUSE_ANALYSIS, _P.VERDICT_ACCEPT,
         guards=(_G.VERDICT_FAILED, _G.FOUR_EYES), reopens=True, new_round=True),
    Move(_E.REOPEN, (_S.ARCHIVED, _S.DISMISSED, _S.RECORDED_ONLY), _S.CAUSE_ANALYSIS,
         _P.DEVIATION_CONFIRM, guards=(_G.COMMENT, _G.NO_OTHER_OPEN), reopens=True, new_round=True),
    Move(_E.RECUR, (_S.ARCHIVED,), _S.CAUSE_ANALYSIS, _P.DEVIATION_CONFIRM,
         guards=(_G.NO_OTHER_OPEN,), by_product=True, reopens=True, new_round=True),
)  # fmt: skip

MOVES: Final[dict[Event, Move]] = {move.event: move for move in TABLE}


class CauseCategory(TextChoices):
    """6M for processes and services; price to timing for costs."""

    PEOPLE = "people", _("People")
    MACHINE = "machine", _("Machine")
    MATERIAL = "material", _("Material")
    METHOD = "method", _("Method")
    ENVIRONMENT = "environment", _("Environment")
    MEASUREMENT = "measurement", _("Measurement")
    PRICE = "price", _("Price")
    VOLUME = "volume", _("Volume")
    RATE = "rate", _("Rate")
    MIX = "mix", _("Mix")
    ONE_OFF = "one_off", _("One-off")
    TIMING = "timing", _("Timing")


class Controllable(TextChoices):
    YES = "yes", _("Controllable")
    NO = "no", _("Uncontrollable")
    PARTLY = "partly", _("Partly controllable")


class EvidenceLevel(TextChoices):
    MEASURED = "measured", _("By measurement")
    OBSERVED = "observed", _("By observation")
    ASSUMED = "assumed", _("By assumption")


class CountermeasureKind(TextChoices):
    CORRECTION = "correction", _("Immediate correction")
    CORRECTIVE = "corrective", _("Corrective action")
    PREVENTIVE = "preventive", _("Preventive action")


class CountermeasureStatus(TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


LIVE: Final = (CountermeasureStatus.APPROVED, CountermeasureStatus.IN_PROGRESS)


class BaseKind(TextChoices):
    STANDARD = "standard", _("Standard")
    TARGET = "target", _("Target")
    BUDGET = "budget", _("Budget")
    PRIOR_YEAR = "prior_year", _("Same period last year")
    LIMIT = "limit", _("Limit")


class Outcome(TextChoices):
    EFFECTIVE = "effective", _("Effective")
    PARTLY_EFFECTIVE = "partly_effective", _("Partly effective")
    INEFFECTIVE = "ineffective", _("Ineffective")
    WORSENED = "worsened", _("Worsened")
    INSUFFICIENT_DATA = "insufficient_data", _("Insufficient data")


class ObligationKind(TextChoices):
    RECTIFICATION_NOTICE = "rectification_notice", _("Rectification notice")
    ACCOUNTABILITY = "accountability", _("Accountability")
    PERFORMANCE_DEDUCTION = "performance_deduction", _("Performance deduction")
    TRAINING = "training", _("Special training")
    APOLOGY = "apology", _("Apology to the customer")
    VISIT_APOLOGY = "visit_apology", _("Apology in person")
    LOSS_STATEMENT = "loss_statement", _("Statement of the loss")
    EXECUTIVE_REVIEW = "executive_review", _("Executive review")


# What every tool's deviation of a grade demands before it closes; a tool may add its own.
DEMANDS: Final[dict[Severity, tuple[ObligationKind, ...]]] = {
    Severity.MINOR: (),
    Severity.MODERATE: (),
    Severity.MAJOR: (ObligationKind.RECTIFICATION_NOTICE,),
    Severity.CRITICAL: (ObligationKind.RECTIFICATION_NOTICE, ObligationKind.EXECUTIVE_REVIEW),
}
