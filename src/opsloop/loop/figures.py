"""What the loop's pages and files show of its records: chart options, tables, sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.loop.actions.plans import preview
from opsloop.loop.doings import Act
from opsloop.loop.errors import Conflict
from opsloop.loop.forms import ActionForm
from opsloop.loop.models import Deviation, Verification
from opsloop.loop.queries import Detail
from opsloop.loop.states import Outcome, Severity, State
from opsloop.loop.wording import in_unit, reason_text, severity_badge, state_badge, unit_label
from opsloop.org.models import shown_name
from opsloop.ui import charts, numbers


def chart(shown: Detail) -> dict[str, Any] | None:
    """Before and after with the countermeasure's line; None while there are fewer than two points."""
    if shown.verdict is not None:
        drawn = shown.verdict.chart
        labels, values = list(drawn["labels"]), list(drawn["values"])
        marks: list[tuple[str, str]] = [(drawn["intervention"], _("Effect starts"))]
        target = drawn["target"]
    else:
        labels = [breach.period for breach in shown.breaches]
        values = [float(breach.measured) for breach in shown.breaches]
        marks, target = [], float(shown.plan.target if shown.plan else shown.deviation.base)
    if sum(value is not None for value in values) < 2:
        return None
    unit = shown.deviation.unit
    scale = 100 if unit == "rate" else 1
    return charts.line(
        labels=labels,
        values=[None if value is None else round(value * scale, 4) for value in values],
        name=str(shown.deviation.metric), unit=unit_label(unit),
        target=round(target * scale, 4),
        interventions=[mark for mark in marks if mark[0] in labels],
    )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A row of the list, each cell made once for the table and the cards of a phone."""

    url: str
    label: str
    metric: str
    measured: str
    base: str
    severity: SafeString
    state: SafeString
    reopened: SafeString
    owner: str
    department: str
    period: str


def lines(rows: Iterable[Any]) -> Iterator[Line]:
    """What the list shows of each row of a `Listing`; a word that many rows share is made once."""
    address, _zero, rest = reverse("loop:detail", args=[0]).rpartition("0")
    severities = {value: severity_badge(value) for value in Severity.values}
    states = {value: state_badge(value) for value in State.values}
    for row in rows:
        unit, owner = row.metric_version__unit, row.owner__name
        yield Line(
            f"{address}{row.pk}{rest}", row.dimension_label, row.metric__name,
            in_unit(row.measured, unit), in_unit(row.base, unit),
            severities[row.severity], states[row.state], _reopened(row.reopen_count),
            numbers.DASH if owner is None else shown_name(owner), row.department__name, row.period,
        )  # fmt: skip


def _reopened(times: int) -> SafeString:
    if not times:
        return SafeString()
    text = _("reopened %(n)s×") % {"n": times}
    return format_html(' <small class="text-secondary">{}</small>', text)


HEADINGS: Final = (
    gettext_lazy("Number"), gettext_lazy("Tool"), gettext_lazy("Metric"), gettext_lazy("Object"),
    gettext_lazy("Department"), gettext_lazy("Period"), gettext_lazy("Measured"),
    gettext_lazy("Base"), gettext_lazy("Exceedance"), gettext_lazy("Unit"),
    gettext_lazy("Severity"), gettext_lazy("State"), gettext_lazy("Owner"),
    gettext_lazy("Raised at"), gettext_lazy("Closed at"), gettext_lazy("Times reopened"),
)  # fmt: skip


def table(rows: Iterable[Deviation]) -> Iterator[list[str]]:
    """Headings and rows for a CSV file; text that a spreadsheet would run gets an apostrophe."""
    yield [str(heading) for heading in HEADINGS]
    for row in rows:
        cells = [
            row.pk, row.tool, row.metric, row.dimension_label, row.department, row.period,
            _number(row.measured), _number(row.base), _number(row.exceedance), row.unit,
            Severity(row.severity).label, State(row.state).label, row.owner or "",
            _moment(row.raised_at), _moment(row.closed_at), row.reopen_count,
        ]  # fmt: skip
        yield [cell if _is_number(cell) else _harmless(str(cell)) for cell in map(str, cells)]


def _number(value: Any) -> str:
    return format(value.normalize(), "f")


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


# Full-width signs too: a spreadsheet reads them as the narrow ones.
FORMULA_STARTS: Final = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in FORMULA_STARTS and text else text


def _moment(value: Any) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


def message(act: Act, done: object) -> str:
    """What to say after an action; a computed verdict says itself."""
    if isinstance(done, Verification):
        return f"{Outcome(done.outcome).label}: {reason_text(done)}"
    if isinstance(done, tuple) and done[1] is not None and done[1].needed_n is not None:
        return _("Approved. The proof will need %(n)s records in each window.") % {
            "n": f"{done[1].needed_n:,}"
        }
    return _("Done: %(what)s") % {"what": act.title}


@dataclass(frozen=True)
class Difference:
    """A field two people changed: what each of them wrote."""

    label: str
    mine: Any
    theirs: Any


def differences(conflict: Conflict) -> tuple[Difference, ...]:
    """Both values of every field in a conflicting edit."""
    fields = {field.name: field for field in conflict.subject._meta.get_fields()}  # noqa: SLF001 - Django's documented meta API

    def label(name: str) -> str:
        return str(getattr(fields[name], "verbose_name", name))

    return tuple(
        Difference(label(name), conflict.mine[name], conflict.theirs[name])
        for name in conflict.mine
    )


@dataclass(frozen=True)
class Foresight:
    """What the proof will take, said before it is agreed (V-04)."""

    needed_n: int | None
    baseline: str
    now: str
    expected: str


def foresight(subject: Any, form: ActionForm, *, now: datetime) -> Foresight | None:
    """For the approval form: how many records the promised effect will need."""
    if "smallest_change" not in form.fields:
        return None
    window, needed = preview(subject, now=now)
    unit = subject.deviation.unit
    return Foresight(
        needed, f"{window[0].key} – {window[1].key}",
        in_unit(subject.expected_from, unit), in_unit(subject.expected_to, unit),
    )  # fmt: skip
