"""How much of a variance can be controlled, driver by driver and by whom (C-10, C-53).

What was said of a driver decides for its part of the variance; a part nobody spoke of follows what
was said of the line; the joint effect of two drivers that differ is controllable in part. The
parts sum to the variance.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from opsloop.analysis.fen import to_fen, to_yuan
from opsloop.analysis.price_quantity import Closing, Effects
from opsloop.analysis.variance import Lines
from opsloop.costs import figures
from opsloop.costs.keys import LineKey
from opsloop.costs.models import Controllable, CostItem, CostPeriod, Driver, ItemDriver

Answers = Mapping[str, ItemDriver]
# Amounts of reported drivers by their label, in yuan: output, usage, loss, rate, hours.
Reported = Mapping[LineKey, Sequence[tuple[str, Decimal]]]


_PART_OF: Final[Mapping[str, str]] = {
    Driver.OUTPUT: Driver.QUANTITY, Driver.USAGE: Driver.QUANTITY,
    Driver.LOSS_RATE: Driver.QUANTITY, Driver.HOURS: Driver.QUANTITY,
    Driver.WAGE_RATE: Driver.PRICE,
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One driver's part of a variance in 分; what it is called, and who answers for it."""

    driver: str
    label: str
    fen: int
    controllable: str
    owner: str = ""

    @property
    def amount(self) -> Decimal:
        return to_yuan(self.fen)

    @property
    def word(self) -> str:
        return word(self.controllable)


@dataclass(frozen=True)
class Bucket:
    """The part of a whole variance that is controllable, in part, not at all, or not judged."""

    controllable: str
    fen: int

    @property
    def amount(self) -> Decimal:
        return to_yuan(self.fen)

    @property
    def word(self) -> str:
        return word(self.controllable)


def word(controllable: str) -> str:
    """The judgement in words; nobody's is a judgement of its own."""
    return str(Controllable(controllable).label) if controllable else _("Not judged")


def parts_of(
    fen: int, effects: Effects | None, answers: Answers, said: str,
    reported: Sequence[tuple[str, Decimal]] = (),
) -> tuple[Part, ...]:  # fmt: skip
    """One line's variance in 分 by driver; in one part where nothing tells drivers apart."""
    if reported:
        return tuple(_reported(fen, answers, said, reported))
    if effects is None:
        return (Part("", _("Whole variance"), fen, said),)
    price = _part(Driver.PRICE, effects.price_fen, answers, said)
    quantity = _part(Driver.QUANTITY, effects.quantity_fen, answers, said)
    if not effects.joint_fen:
        return price, quantity
    alike = price.controllable == quantity.controllable
    both = price.controllable if alike else Controllable.PARTLY
    return price, quantity, Part("", _("Joint effect"), effects.joint_fen, both)


def _reported(
    fen: int, answers: Answers, said: str, reported: Sequence[tuple[str, Decimal]]
) -> Iterable[Part]:
    by_label = {str(driver.label): driver for driver in Driver}
    left = fen
    for label, amount in reported:
        part = _part(by_label[label], to_fen(amount), answers, said)
        left -= part.fen
        yield part
    if left:
        yield Part("", _("Unexplained"), left, said)


def _part(driver: Driver, fen: int, answers: Answers, said: str) -> Part:
    answer = answer_of(answers, driver)
    spoken = answer.controllable if answer else ""
    owner = str(answer.owner or "") if answer else ""
    return Part(driver, str(driver.label), fen, spoken or said, owner)


def answer_of(answers: Answers, driver: str) -> ItemDriver | None:
    """Who answers for a driver: its own row, else that of the price or quantity it is a part of."""
    return answers.get(driver) or answers.get(_PART_OF.get(driver, ""))


def buckets(parts: Iterable[Part], whole_fen: int) -> tuple[Bucket, ...]:
    """Parts by judgement; what no part covers is not judged. Empty while nobody judged anything."""
    found = dict.fromkeys([*Controllable.values, ""], 0)
    for part in parts:
        found[part.controllable] += part.fen
    found[""] = whole_fen - sum(fen for key, fen in found.items() if key)
    judged = any(fen for key, fen in found.items() if key)
    return tuple(Bucket(key, fen) for key, fen in found.items() if fen) if judged else ()


def as_table(parts: Iterable[Part], found: Iterable[Bucket]) -> tuple[list[str], list[list[Any]]]:
    """Labels and rows in yuan: the parts of one line, or a whole variance by judgement alone."""
    labels = [_("Driver"), _("Controllable"), _("Answers for it"), _("Variance (yuan)")]
    rows: list[list[Any]] = [[one.label, one.word, one.owner, one.amount] for one in parts]
    return labels, [*rows, *([_("Together"), one.word, "", one.amount] for one in found)]


def of_month(
    period: CostPeriod, lines: Lines, closing: Closing, reported: Reported
) -> tuple[Bucket, ...]:
    """The whole variance of a month's lines by controllability."""
    items = CostItem.objects.unscoped("narrowed to the lines handed in").filter(
        drivers__controllable__in=Controllable.values
    )
    known = {
        (item.category.name, item.name): {row.driver: row for row in item.drivers.all()}
        for item in items.select_related("category").prefetch_related("drivers__owner").distinct()
    }
    said = {note.line: note.controllable for note in period.notes.exclude(controllable="")}
    summable, parts = lines.amounts, list[Part]()
    for at, key in enumerate(zip(*summable.keys, strict=True)):
        if key[:2] in known or key in said:
            line = summable[at]
            parts += parts_of(
                line.variance.fen, figures.effects(line, closing), known.get(key[:2], {}),
                said.get(key, ""), reported.get(LineKey(*key), ()),
            )  # fmt: skip
    return buckets(parts, summable.total().fen)
