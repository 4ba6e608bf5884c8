"""What of a month needs attention first, before anybody reads its table line by line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

from opsloop.analysis import stated_reason
from opsloop.analysis.fen import to_yuan
from opsloop.analysis.variance import Lines
from opsloop.costs.form_lines import Amounts
from opsloop.costs.keys import LineKey
from opsloop.costs.models import CollectionTask, CostPeriod, LineNote, TaskState
from opsloop.loop.models import Breach, Cause, Deviation
from opsloop.loop.states import State
from opsloop.org.models import Person
from opsloop.ui import numbers

# So many of one kind are named; the rest is a link to all of them.
NAMED: Final = 4
TITLES: Final[dict[str, Promise]] = {
    "uncollected": gettext_lazy("Not delivered"),
    "doubted": gettext_lazy("Reason against the numbers"),
    "silent": gettext_lazy("Variance without a reason"),
    "unbudgeted": gettext_lazy("Unbudgeted spending"),
    "unconfirmed": gettext_lazy("Deviation not confirmed"),
    "unreviewed": gettext_lazy("Not reviewed"),
}


@dataclass(frozen=True)
class Finding:
    """One thing to look at: what it is about, one sentence, and where to go."""

    kind: str
    subject: str
    text: str
    url: str
    tone: str = "warn"

    @property
    def title(self) -> str:
        return str(TITLES[self.kind])


@dataclass(frozen=True)
class Marks:
    """Which of a month's visible lines lack a reason, and whose reason the numbers contradict."""

    period: CostPeriod
    lines: Lines

    @cached_property
    def keys(self) -> list[LineKey]:
        return [LineKey(*key) for key in zip(*self.lines.keys, strict=True)]

    @cached_property
    def _notes(self) -> dict[LineKey, LineNote]:
        return {LineKey(*note.line): note for note in self.period.notes.exclude(reason="")}

    @cached_property
    def silent(self) -> NDArray[np.bool_]:
        """Budgeted, beyond the threshold, and neither a note nor a root cause says why."""
        breaches = Breach.objects.filter(period=self.period.key).values("deviation")
        roots = Cause.objects.filter(is_root=True, deviation__in=breaches, deviation__tool="costs")
        found = set(roots.values_list("deviation__dimension", flat=True))
        marked = self.lines.flagged & self.lines.budgeted
        return np.fromiter(
            (
                bool(here) and key not in self._notes and key.dimension not in found
                for key, here in zip(self.keys, marked, strict=True)
            ),
            bool, len(self.lines),
        )  # fmt: skip

    @cached_property
    def checks(self) -> dict[int, stated_reason.Check]:
        """By position: the reasons whose stated rates do not make the recorded amount (C-55)."""
        found = {}
        for at, key in enumerate(self.keys):
            note = self._notes.get(key)
            if note is not None:
                stated = stated_reason.read(note.reason)
                check = stated_reason.check(stated, self.lines[at].variance)
                if check is not None and not check.agrees:
                    found[at] = check
        return found

    @cached_property
    def doubted(self) -> NDArray[np.bool_]:
        return np.isin(np.arange(len(self.lines)), list(self.checks))

    def ranked(self, mask: NDArray[np.bool_]) -> list[int]:
        """Positions where the mask is true, the largest variance first."""
        places = np.flatnonzero(mask)
        order = np.argsort(-np.abs(self.lines.variance_fen[places]), kind="stable")
        return [int(at) for at in places[order]]


def findings(marks: Marks, person: Person, today: date) -> tuple[Finding, ...]:
    """Everything worth a look, the most urgent kind first; empty when nothing is left to do."""
    return (
        *_uncollected(marks.period, person, today),
        *_of_lines(marks, "doubted", marks.doubted),
        *_of_lines(marks, "silent", marks.silent),
        *_of_lines(marks, "unbudgeted", ~marks.lines.budgeted & (marks.lines.actual_fen != 0)),
        *_unconfirmed(marks.period, person),
        *_unreviewed(marks),
    )


def _uncollected(period: CostPeriod, person: Person, today: date) -> Iterator[Finding]:
    tasks = CollectionTask.objects.visible_to(person).filter(
        duty__ledger=period.ledger_id, period_no=period.period_no, state=TaskState.OPEN
    )
    for task in tasks.select_related("duty__department", "duty__person").order_by("due_on"):
        late = task.due_on < today
        shown = {"name": task.duty.person.name, "day": task.due_on.isoformat()}
        text = (
            _("%(name)s had to deliver its costs by %(day)s.") if late
            else _("%(name)s delivers its costs by %(day)s.")
        )  # fmt: skip
        yield Finding(
            "uncollected", task.duty.department.name, text % shown, reverse("costs:collection"),
            "bad" if late else "info",
        )  # fmt: skip


def _of_lines(marks: Marks, kind: str, mask: NDArray[np.bool_]) -> Iterator[Finding]:
    """The largest lines of a kind by name, the rest in one link."""
    ranked = marks.ranked(mask)
    shown = ranked[:NAMED] if len(ranked) > NAMED + 1 else ranked
    for at in shown:
        key = marks.keys[at]
        yield Finding(
            kind, key.label or numbers.DASH, _sentence(marks, kind, at),
            line_url(marks.period, key), "bad" if kind == "doubted" else "warn",
        )  # fmt: skip
    rest = ranked[len(shown) :]
    if rest:
        left = marks.lines.take(np.array(rest)).total()
        yield Finding(
            kind, _("%(count)d more") % {"count": len(rest)},
            _("Variance together %(amount)s.") % {"amount": _signed(left.fen)},
            f"{reverse('costs:detail', args=[marks.period.pk])}?show={kind}#cost-form",
        )  # fmt: skip


def _sentence(marks: Marks, kind: str, at: int) -> str:
    variance = marks.lines[at].variance
    if kind == "doubted":
        check = marks.checks[at]
        shown = {
            "explained": numbers.yuan(to_yuan(check.explained_fen)),
            "rest": _signed(check.unexplained_fen),
        }
        return _("The stated rates make %(explained)s; %(rest)s is unexplained.") % shown
    if kind == "unbudgeted":
        spent = numbers.yuan(to_yuan(variance.actual_fen))
        return _("%(amount)s was spent without a budget.") % {"amount": spent}
    shown = {"amount": _signed(variance.fen), "rate": Amounts(variance).rate_text}
    return _("%(amount)s (%(rate)s) beyond the threshold, nobody said why.") % shown


def _signed(fen: int) -> str:
    return numbers.yuan(to_yuan(fen), signed=True)


def line_url(period: CostPeriod, key: LineKey) -> str:
    return f"{reverse('costs:line', args=[period.pk])}?{key.query}"


def _unconfirmed(period: CostPeriod, person: Person) -> Iterator[Finding]:
    waiting = Deviation.objects.visible_to(person).filter(
        tool="costs", state=State.PENDING_CONFIRMATION, breaches__period=period.key
    )
    rows: Sequence[Deviation] = list(waiting.select_related("owner").distinct()[: NAMED + 1])
    for row in rows[:NAMED]:
        text = (
            _("%(name)s has to confirm it.") % {"name": row.owner.name} if row.owner
            else _("It has no owner yet.")
        )  # fmt: skip
        yield Finding(
            "unconfirmed", row.dimension_label, text, reverse("loop:detail", args=[row.pk])
        )
    if len(rows) > NAMED:
        yield Finding("unconfirmed", _("And more"), _("See all deviations."), reverse("loop:list"))


def _unreviewed(marks: Marks) -> Iterator[Finding]:
    if marks.period.is_pinned:
        return
    shown = {"count": numbers.count(len(marks.lines))}
    yield Finding(
        "unreviewed", marks.period.key,
        _("Finance has not approved the figures of %(count)s lines yet.") % shown,
        f"{reverse('costs:detail', args=[marks.period.pk])}#cost-form", "info",
    )  # fmt: skip
