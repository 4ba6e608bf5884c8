"""Every write of the loop. Pages, the API, imports and commands all come through here."""

from opsloop.loop.actions.causes import (
    add_cause,
    approve_uncontrollable,
    edit_cause,
    mark_root,
    mark_uncontrollable,
    reconsider_causes,
    settle_causes,
)
from opsloop.loop.actions.countermeasures import (
    Terms,
    approve_countermeasure,
    cancel_countermeasure,
    edit_countermeasure,
    finish_countermeasure,
    may_approve,
    propose_countermeasure,
    refit_due_days,
    start_countermeasure,
    terms_of,
)
from opsloop.loop.actions.detection import (
    assign,
    confirm,
    dismiss,
    merge,
    raise_deviation,
    reopen,
)
from opsloop.loop.actions.moves import may, open_moves
from opsloop.loop.actions.obligations import demand, evidence_obligation, waive_obligation
from opsloop.loop.actions.plans import current_plan
from opsloop.loop.actions.supports import ask_support, give_support, promise_support
from opsloop.loop.actions.verification import (
    accept_verdict,
    archive_without_countermeasure,
    evaluate,
    evaluate_due,
)

__all__ = [
    "Terms", "accept_verdict", "add_cause", "approve_countermeasure", "approve_uncontrollable",
    "archive_without_countermeasure", "ask_support", "assign", "cancel_countermeasure", "confirm",
    "current_plan", "demand", "dismiss", "edit_cause", "edit_countermeasure", "evaluate",
    "evaluate_due", "evidence_obligation", "finish_countermeasure", "give_support", "mark_root",
    "mark_uncontrollable", "may", "may_approve", "merge", "open_moves", "promise_support",
    "propose_countermeasure", "raise_deviation", "reconsider_causes", "refit_due_days", "reopen",
    "settle_causes", "start_countermeasure", "terms_of", "waive_obligation",
]  # fmt: skip
