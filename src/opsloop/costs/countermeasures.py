"""What may be done about a line: proposals for the driver that moved, promises as numbers.

C-13 to C-15: the catalogue follows the driver, not the surface; an effect is a number and a month.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise as Text
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.analysis.stated_effect import Promise, read
from opsloop.analysis.variance import Variance
from opsloop.costs.controllability import Part, answer_of
from opsloop.costs.form_lines import Amounts, Row
from opsloop.costs.models import Controllable, CostPeriod, Driver
from opsloop.loop.models import Deviation

_RULES: Final = _("Management rules: a quota and approval before the money is spent")
_ENERGY: Final = _(
    "Save energy: a meter per machine, off when idle, shifts moved to off-peak hours"
)
CATALOGUE: Final[Mapping[str, Sequence[Text]]] = {
    Driver.PRICE: (
        _("Bring in alternative suppliers and compare at least three quotations"),
        _("Lock the price in a framework contract"),
        _("Bundle orders of several months to reach a volume price"),
    ),
    Driver.QUANTITY: (
        _("A consumption quota per unit of output; what exceeds it is approved"), _RULES, _ENERGY,
    ),
    Driver.USAGE: (_("A consumption quota per unit of output; what exceeds it is approved"),),
    Driver.LOSS_RATE: (_("Inspect at the step that loses most and train its shift again"),),
    Driver.WAGE_RATE: (_("Approve overtime beforehand and move work into normal shifts"),),
    Driver.HOURS: (_("Arrange the shifts by the load of the week"),),
    "": (_RULES, _ENERGY),
}  # fmt: skip


@dataclass(frozen=True)
class Proposals:
    """The driver to act on, who answers for it, and what the catalogue offers."""

    part: Part
    offers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Expected:
    """A promise in numbers: the amount by a month, and where that stands against the base."""

    text: str
    by: str
    target: Amounts
    link: str


def proposals(row: Row, parts: Sequence[Part]) -> Proposals | None:
    """For the controllable part that moved the line most against the result; None without one."""
    against = [
        part for part in parts
        if part.fen * row.polarity < 0 and part.controllable != Controllable.NO
        and CATALOGUE.get(part.driver)
    ]  # fmt: skip
    if not against or row.favourable is not False:
        return None
    part = max(against, key=lambda one: abs(one.fen))
    answer = answer_of(row.answers, part.driver)
    owner = answer.owner_id if answer else None
    offers = [
        (str(text), _link(row, what=str(text), owner=owner)) for text in CATALOGUE[part.driver]
    ]
    return Proposals(part, tuple(offers))


def expected(period: CostPeriod, row: Row, text: str) -> Expected | None:
    """What a sentence promises for this line; None where it states no number."""
    promise = read(text)
    if promise is None:
        return None
    variance = row.variance
    fen = promise.target_fen(variance.actual_fen, variance.base_fen)
    if fen is None:
        return None
    by = _month(period, promise)
    target = Amounts(Variance(fen, variance.base_fen), row.polarity)
    return Expected(text, by, target, _link(row, what=text, by=by, target_fen=fen))


def _month(period: CostPeriod, promise: Promise) -> str:
    """The month a promise names, the next one of that number; else the month after the line's."""
    if promise.month is None:
        return period.period.next().key
    year, own = divmod(period.period_no, 100)
    later = year + (promise.month <= own)
    return Period.parse(f"{promise.year or later}-{promise.month:02d}").key


def _link(
    row: Row, *, what: str, owner: int | None = None, by: str = "", target_fen: int | None = None
) -> str:
    """The loop's own form, filled in; empty without a deviation to propose it for."""
    if row.loop is None:
        return ""
    filled: dict[str, str | int] = {"what": what}
    if owner:
        filled["accountable_department"] = owner
    if by:
        filled["expected_by"] = by
    known = Deviation.objects.unscoped("shown to this person beside the line")
    deviation = known.filter(pk=row.loop.deviation_id).first()
    if (
        target_fen is not None
        and deviation
        and deviation.unit == "rate"
        and row.variance.actual_fen
    ):
        # The same fall of the amount, applied to what the deviation measures.
        level = (1 + deviation.measured) * target_fen / row.variance.actual_fen - 1
        filled["expected_to"] = str(round(level * 100, 2))
    form = reverse("loop:act", args=["deviation", row.loop.deviation_id, "propose"])
    return f"{form}?{urlencode(filled)}"
