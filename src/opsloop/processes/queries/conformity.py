"""The conformance page: departures in sentences, what is accepted of them, their months and causes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from opsloop.analysis.case_filter import EVERY_CASE, CaseFilter
from opsloop.analysis.departures import Carrier, Departure
from opsloop.processes import figures, wording
from opsloop.processes.conformity import Conformity, MonthLine, conformity, departing_cases, months
from opsloop.processes.models import AcceptedDeparture, Process

_OF_STEPS: Final = "same_person"
_OF_DEPARTMENTS: Final = "hands"
Names = tuple[str, str, str]  # kind, step, other: how an acceptance names a departure


@dataclass(frozen=True)
class CarrierLine:
    """A department, role, month or amount that carries a departure more than the rest."""

    attribute: str
    name: str
    carrier: Carrier


@dataclass(frozen=True)
class DepartureLine:
    departure: Departure
    names: Names
    kind: str
    sentence: str
    carriers: tuple[CarrierLine, ...]
    examples: tuple[tuple[int, str], ...]  # (number, id), slowest first
    acceptance: AcceptedDeparture | None


@dataclass(frozen=True)
class ConformanceView:
    cases: int
    following: int  # without any departure
    accepted_only: int  # with accepted departures only
    fitness: float
    lines: tuple[DepartureLine, ...]  # still to be explained, most cases first
    accepted: tuple[DepartureLine, ...]
    gone: tuple[AcceptedDeparture, ...]  # accepted, and not seen in these cases
    months: tuple[MonthLine, ...]

    @property
    def departing(self) -> int:
        return self.cases - self.following - self.accepted_only


def conformance_view(process: Process, wanted: CaseFilter = EVERY_CASE) -> ConformanceView | None:
    """How the log departs from the as-is table (2.3.7), accepted departures counted apart."""
    found = conformity(process, wanted)
    if found is None:
        return None
    held = process.accepted_departures.filter(revoked_at=None).select_related("accepted_by")
    accepted = {(one.kind, one.step, one.other): one for one in held}
    lines = tuple(_lines(process, found, accepted))
    keys = frozenset(line.departure.key for line in lines if line.acceptance)
    following = found.result.without_any()
    seen = {line.names for line in lines}
    return ConformanceView(
        found.result.cases, following, found.result.without_any(keys) - following,
        found.result.fitness, tuple(line for line in lines if not line.acceptance),
        tuple(line for line in lines if line.acceptance),
        tuple(one for names, one in accepted.items() if names not in seen),
        tuple(months(found, keys)),
    )  # fmt: skip


def _lines(
    process: Process, found: Conformity, accepted: dict[Names, AcceptedDeparture]
) -> Iterator[DepartureLine]:
    numbers = [number for one in found.result.found for number in one.examples]
    facts = figures.facts_of(process)
    ids = facts.texts("case", numbers) if facts else {}
    for one in found.result.found:
        names = names_of(found, one)
        where = _where(found, one)
        yield DepartureLine(
            one, names, wording.kind_label(one.kind),
            wording.departure(one, step=names[1], other=names[2], where=where),
            tuple(_carrier(found, each) for each in one.carriers),
            tuple((number, ids.get(number, str(number))) for number in one.examples),
            accepted.get(names),
        )  # fmt: skip


def names_of(found: Conformity, one: Departure) -> Names:
    """A departure by the names of the log."""
    return (
        one.kind,
        found.names["activity"][one.activity_no],
        _other(found, one.kind, one.other_no),
    )


def _other(found: Conformity, kind: str, number: int) -> str:
    if kind == _OF_STEPS:
        return found.names["activity"][number]
    return found.names["handled"][number] if kind == _OF_DEPARTMENTS else ""


def _where(found: Conformity, one: Departure) -> str:
    """The submitting department that carries most of it, when one carries more than its part."""
    mine = [each for each in one.carriers if each.attribute == "department"]
    top = max(mine, key=lambda each: each.departing, default=None)
    return found.names["department"][top.value] if top and top.departing * 2 > one.cases else ""


def _carrier(found: Conformity, one: Carrier) -> CarrierLine:
    label = {
        "department": _("Submitting department"), "handled": _("Handling department"), "month": _("Month"),
        "amount": _("Amount (yuan)"),
    }[one.attribute]  # fmt: skip
    return CarrierLine(label, found.names[one.attribute][one.value], one)


def departing_rows(process: Process, wanted: CaseFilter) -> Iterator[Sequence[str]]:
    """(kind, step, other, case id) of every case of every departure, for a file."""
    found, facts = conformity(process, wanted), figures.facts_of(process)
    if found is None or facts is None:
        return
    for (kind, step, other), numbers in departing_cases(process, wanted):
        ids = facts.texts("case", numbers)
        told = (wording.kind_label(kind), found.names["activity"][step], _other(found, kind, other))
        for number in numbers:
            yield (*told, ids.get(number, str(number)))
