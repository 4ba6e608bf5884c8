"""What a person can do to a record of the loop: its form and the action it calls, one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsloop.loop import actions, forms
from opsloop.loop.forms import ActionForm
from opsloop.loop.models import (
    Cause,
    Countermeasure,
    Deviation,
    Obligation,
    SupportPromise,
    Verification,
)
from opsloop.loop.states import Severity
from opsloop.org.models import Person

Run = Callable[[Any, ActionForm, Person, datetime], object]


@dataclass(frozen=True)
class Act:
    """One thing to do: its heading, the words of its button, its form and its action."""

    title: Promise
    form: type[ActionForm]
    run: Run
    text: "Promise | str" = ""


def _values(form: ActionForm, *names: str) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in names}


def _plain(action: Callable[..., object]) -> Run:
    """Actions that take nothing but who and when."""
    return lambda subject, _form, by, now: action(subject, by=by, now=now)


def _said(action: Callable[..., object], name: str = "comment") -> Run:
    """Actions that take one text besides."""
    return lambda subject, form, by, now: action(
        subject, by=by, now=now, **{name: form.cleaned_data["comment"]}
    )


def _versioned(action: Callable[..., object]) -> Run:
    """Moves of a deviation: refused when somebody moved it since the page was opened."""
    return lambda subject, form, by, now: action(
        subject, by=by, now=now, comment=form.cleaned_data["comment"],
        expected_version=form.cleaned_data["version"],
    )  # fmt: skip


_CAUSE = ("text", "category", "controllable", "evidence_level", "evidence")


def _confirm(subject: Deviation, form: ActionForm, by: Person, now: datetime) -> object:
    return actions.confirm(
        subject, by=by, now=now, comment=form.cleaned_data["comment"],
        severity=Severity(form.cleaned_data["severity"]),
        expected_version=form.cleaned_data["version"],
    )  # fmt: skip


def _assign(subject: Deviation, form: ActionForm, by: Person, now: datetime) -> object:
    return actions.assign(
        subject, by=by, now=now, **_values(form, "owner", "comment"),
        expected_version=form.cleaned_data["version"],
    )  # fmt: skip


def _merge(subject: Deviation, form: ActionForm, by: Person, now: datetime) -> object:
    return actions.merge(
        subject, by=by, now=now, **_values(form, "into", "comment"),
        expected_version=form.cleaned_data["version"],
    )  # fmt: skip


def _symptom(subject: Deviation, form: ActionForm, by: Person, now: datetime) -> object:
    return actions.add_cause(subject, by=by, now=now, **_values(form, *_CAUSE))


def _why(subject: Cause, form: ActionForm, by: Person, now: datetime) -> object:
    return actions.add_cause(
        subject.deviation, parent=subject, by=by, now=now, **_values(form, *_CAUSE)
    )


def _edit_cause(subject: Cause, form: ActionForm, by: Person, now: datetime) -> object:
    return actions.edit_cause(
        subject, by=by, now=now, **_values(form, *_CAUSE),
        expected_version=form.cleaned_data["version"],
    )  # fmt: skip


def _mark(*, is_root: bool) -> Run:
    return lambda subject, _form, by, now: actions.mark_root(
        subject, is_root=is_root, by=by, now=now
    )


def _propose(subject: Deviation, form: ActionForm, by: Person, now: datetime) -> object:
    assert isinstance(form, forms.CountermeasureForm)
    return actions.propose_countermeasure(subject, terms=form.terms(), by=by, now=now)


def _edit(subject: Countermeasure, form: ActionForm, by: Person, now: datetime) -> object:
    assert isinstance(form, forms.CountermeasureForm)
    return actions.edit_countermeasure(
        subject, terms=form.terms(), reason=form.cleaned_data["reason"],
        expected_version=form.cleaned_data["version"], by=by, now=now,
    )  # fmt: skip


def _approve(subject: Countermeasure, form: ActionForm, by: Person, now: datetime) -> object:
    smallest = form.cleaned_data.get("smallest_change")
    if smallest is not None and subject.deviation.unit == "rate":
        smallest /= 100
    return actions.approve_countermeasure(
        subject, comment=form.cleaned_data["comment"], smallest_change=smallest, by=by, now=now
    )


def _support(subject: Countermeasure, form: ActionForm, by: Person, now: datetime) -> object:
    wanted = ("department", "person", "what", "amount", "unit", "due_on")
    return actions.ask_support(subject, by=by, now=now, **_values(form, *wanted))


_COMMENT, _REASON, _BARE = forms.CommentForm, forms.ReasonForm, ActionForm

ACTS: Final[dict[tuple[str, str], Act]] = {
    ("deviation", "assign"): Act(_("Name an owner"), forms.AssignForm, _assign),
    ("deviation", "confirm"): Act(_("Confirm the deviation"), forms.ConfirmForm, _confirm),
    ("deviation", "dismiss"): Act(
        _("Dismiss as a false alarm"), _REASON, _versioned(actions.dismiss)
    ),
    ("deviation", "merge"): Act(_("Merge into another deviation"), forms.MergeForm, _merge),
    ("deviation", "cause"): Act(
        _("Write the symptom"), forms.CauseForm, _symptom,
        _("What is seen, before any explanation."),
    ),
    ("deviation", "settle"): Act(
        _("Root cause is settled"), _COMMENT, _versioned(actions.settle_causes)
    ),
    ("deviation", "reconsider"): Act(
        _("Back to cause analysis"), _REASON, _versioned(actions.reconsider_causes)
    ),
    ("deviation", "uncontrollable"): Act(
        _("Leave without countermeasure"), _REASON, _said(actions.mark_uncontrollable, "reason"),
        _("For what the company cannot control. Somebody else must approve it."),
    ),
    ("deviation", "approve-uncontrollable"): Act(
        _("Approve: no countermeasure"), _COMMENT, _versioned(actions.approve_uncontrollable)
    ),
    ("deviation", "propose"): Act(
        _("Propose a countermeasure"), forms.CountermeasureForm, _propose,
        _("Say in advance which number it moves, from where to where, and by when."),
    ),
    ("deviation", "evaluate"): Act(
        _("Compute the verdict now"), _BARE, _plain(actions.evaluate)
    ),
    ("deviation", "archive"): Act(
        _("Archive without countermeasure"), _COMMENT,
        _versioned(actions.archive_without_countermeasure),
    ),
    ("deviation", "reopen"): Act(_("Reopen"), _REASON, _versioned(actions.reopen)),
    ("cause", "why"): Act(
        _("Ask why"), forms.CauseForm, _why, _("Why did this happen? One answer, one cause.")
    ),
    ("cause", "edit"): Act(_("Edit the cause"), forms.EditCauseForm, _edit_cause),
    ("cause", "root"): Act(_("Mark as root cause"), _BARE, _mark(is_root=True)),
    ("cause", "unroot"): Act(_("Not the root cause"), _BARE, _mark(is_root=False)),
    ("countermeasure", "approve"): Act(
        _("Approve the countermeasure"), forms.ApproveForm, _approve,
        _("The plan of verification is fixed now and cannot be changed later."),
    ),
    ("countermeasure", "edit"): Act(
        _("Edit the countermeasure"), forms.EditCountermeasureForm, _edit
    ),
    ("countermeasure", "start"): Act(
        _("Start the countermeasure"), _BARE, _plain(actions.start_countermeasure)
    ),
    ("countermeasure", "finish"): Act(
        _("Finish the countermeasure"), _COMMENT, _said(actions.finish_countermeasure)
    ),
    ("countermeasure", "cancel"): Act(
        _("Cancel the countermeasure"), _REASON, _said(actions.cancel_countermeasure, "reason")
    ),
    ("countermeasure", "support"): Act(_("Ask for support"), forms.SupportForm, _support),
    ("support", "promise"): Act(_("Promise the support"), _BARE, _plain(actions.promise_support)),
    ("support", "give"): Act(_("The support was given"), _BARE, _plain(actions.give_support)),
    ("obligation", "evidence"): Act(
        _("Evidence the obligation"), forms.EvidenceForm,
        _said(actions.evidence_obligation, "evidence"),
    ),
    ("obligation", "waive"): Act(
        _("Waive the obligation"), _REASON, _said(actions.waive_obligation, "reason")
    ),
    ("verification", "accept"): Act(
        _("Accept the verdict"), _COMMENT, _said(actions.accept_verdict)
    ),
}  # fmt: skip


def subjects_of(kind: str, person: Person) -> "QuerySet[Any]":
    """Records of a kind that belong to deviations the person sees."""
    seen = Deviation.objects.visible_to(person).select_related(
        "metric", "metric_version__metric", "department", "owner"
    )
    if kind == "deviation":
        return seen
    pks = seen.values("pk")
    rows: dict[str, QuerySet[Any]] = {
        "cause": Cause.objects.filter(deviation__in=pks),
        "countermeasure": Countermeasure.objects.visible_to(person),
        "support": SupportPromise.objects.filter(countermeasure__deviation__in=pks),
        "obligation": Obligation.objects.filter(deviation__in=pks),
        "verification": Verification.objects.filter(deviation__in=pks),
    }
    return rows[kind]


def deviation_of(subject: Model) -> Deviation:
    """The deviation a record belongs to."""
    if isinstance(subject, Deviation):
        return subject
    if isinstance(subject, SupportPromise):
        return subject.countermeasure.deviation
    found = getattr(subject, "deviation", None)
    assert isinstance(found, Deviation)
    return found
