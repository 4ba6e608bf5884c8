"""What a cost form says against itself: amounts, reasons, promised and reported effects, classes."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from opsloop.analysis import stated_reason
from opsloop.analysis.double_counting import Amount, suspects
from opsloop.analysis.fen import to_fen, to_yuan
from opsloop.analysis.flexible_budget import flex
from opsloop.analysis.price_quantity import bridge
from opsloop.analysis.stated_quantity import quantities
from opsloop.analysis.stated_reason import Stated
from opsloop.analysis.variance import COST, Variance
from opsloop.analysis.worktime import Calendar
from opsloop.costs.actions import category_templates
from opsloop.exchange.columns import FilledSheet, Remark, SheetRow
from opsloop.org.published import published_calendar
from opsloop.sheets.remarks import day_of, day_off, hidden_names, listed, text_of, unstated
from opsloop.ui import numbers

# What the method asks of a line and the printed form has no column for.
_ASKED: Final = (
    "nature", "base_kind", "base_price", "base_quantity", "controllable", "expected_effect",
    "actual_effect",
)  # fmt: skip
_TEXTS: Final = ("reason", "countermeasure", "expected_effect", "actual_effect")
_TEN_THOUSAND: Final = 10_000


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    )
    return found


@cache
def _homes() -> dict[str, str]:
    """Where an account belongs: by the shipped trees, then by what people usually mean."""
    trees = [branch for one in category_templates().values() for branch in one["tree"]]
    shipped = {child: name for name, _kind, below in trees for child in below}
    return {**_words()["homes"], **shipped}


@cache
def _classes() -> tuple[str, ...]:
    """The classes of the method and the top of every shipped tree."""
    roots = (name for one in category_templates().values() for name, *_rest in one["tree"])
    return (*_words()["classes"], *roots)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_words()["patterns"][name])


def check(filled: FilledSheet, calendar: Calendar | None = None) -> tuple[Remark, ...]:
    """Everything worth a second look in a filled form, row by row, then of the whole."""
    days = calendar or published_calendar()
    return (
        *(remark for row in filled.rows for remark in _of_row(row, days)),
        *_two_homes(filled.rows),
        *_repeated(filled.rows),
        *hidden_names(filled, ("owner",)),
        *_asked(filled),
    )


def _of_row(row: SheetRow, calendar: Calendar) -> Iterator[Remark]:
    variance = _variance(row)
    claims = stated_reason.read(text_of(row, "reason"))
    if variance is not None:
        yield from _arithmetic(row, variance)
        yield from _flexed(row, variance, claims)
        yield from _at_the_limit(row, variance)
    # Most lines of a large form say nothing in words.
    if any(text_of(row, key) for key in _TEXTS):
        yield from _of_texts(row, variance, claims)
    yield from _class(row)
    yield from day_off(calendar, day_of(row, "due_on"), code="X-32", row=row.id, column="due_on")


def _of_texts(
    row: SheetRow, variance: Variance | None, claims: Sequence[Stated]
) -> Iterator[Remark]:
    """What a line says of its reason, its countermeasure and their effects."""
    if variance is not None:
        yield from _explained(row, variance, claims)
        yield from _promised(row, variance)
    yield from _reported(row, claims)
    yield from _drivers(row, claims)
    yield from _season(row)
    yield from _units(row)


def _variance(row: SheetRow) -> Variance | None:
    base, actual = row.values.get("base"), row.values.get("actual")
    if not isinstance(actual, Decimal) or not isinstance(base, Decimal):
        return None
    return Variance(to_fen(actual), to_fen(base))


def _rate(value: Fraction | Decimal | None, *, signed: bool = True) -> str:
    exact = Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else value
    return numbers.percent(exact, signed=signed)


def _yuan(fen: int, *, signed: bool = False) -> str:
    return numbers.yuan(to_yuan(fen), signed=signed)


def _arithmetic(row: SheetRow, variance: Variance) -> Iterator[Remark]:
    """C-06 and C-07: a written difference or rate that does not follow from the amounts."""
    written, rate = row.values.get("variance"), row.values.get("rate")
    if isinstance(written, Decimal) and to_fen(written) != variance.fen:
        yield Remark("C-06", "warn", _(
            "Actual less budget is %(computed)s, not %(written)s."
        ) % (shown := {"computed": _yuan(variance.fen, signed=True),
                       "written": numbers.yuan(written, signed=True)}),
            row.id, "variance", shown["computed"], shown["written"])  # fmt: skip
    exact = variance.rate
    if not isinstance(rate, Decimal) or exact is None:
        return
    # A rate is written rounded: half a unit of its last place, of whole percents at most.
    exponent = rate.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    if abs(Fraction(rate) - exact) > Fraction(1, 2 * 10**places):
        yield Remark("C-07", "warn", _(
            "The variance is %(computed)s of the budget, not %(written)s."
        ) % (shown := {"computed": _rate(exact), "written": _rate(rate)}),
            row.id, "rate", shown["computed"], shown["written"])  # fmt: skip


def _explained(row: SheetRow, variance: Variance, claims: Sequence[Stated]) -> Iterator[Remark]:
    """X-18: price and quantity changes multiply; what they leave is a line of its own."""
    own = [claim for claim in claims if claim.driver != "activity"]
    found = stated_reason.check(own, variance)
    if found is None or found.agrees or len(own) < len(claims):
        return
    shown = {
        "claims": listed([_claim(claim) for claim in own]),
        "computed": _yuan(found.explained_fen), "written": _yuan(variance.actual_fen),
        "rate": _rate(Fraction(found.explained_fen, variance.base_fen or 1) - 1),
        "rest": _yuan(found.unexplained_fen, signed=True),
    }  # fmt: skip
    if found.is_mere_sum:
        text = _(
            "The reason states %(claims)s, multiplied %(rate)s or %(computed)s; recorded are"
            " %(written)s. %(rest)s stay unexplained: the percentages were added up, but they"
            " multiply."
        )
    else:
        text = _(
            "The reason states %(claims)s, multiplied %(rate)s or %(computed)s; recorded are"
            " %(written)s. %(rest)s stay unexplained."
        )
    yield Remark(
        "X-18", "warn", text % shown, row.id, "reason", shown["computed"], shown["written"]
    )


def _claim(claim: Stated) -> str:
    said = _("price %(rate)s") if claim.driver == "price" else _("quantity %(rate)s")
    return said % {"rate": _rate(claim.change)}


def _flexed(row: SheetRow, variance: Variance, claims: Sequence[Stated]) -> Iterator[Remark]:
    """X-26: spending that follows the activity is judged against the activity that happened."""
    planned, actual = row.values.get("base_driver"), row.values.get("actual_driver")
    if not (isinstance(planned, Decimal) and isinstance(actual, Decimal) and planned):
        changes = [claim.change for claim in claims if claim.driver == "activity"]
        if len(changes) != 1 or text_of(row, "behaviour") == "fixed":
            return
        ratio = 1 + changes[0]
        planned, actual = Decimal(ratio.denominator), Decimal(ratio.numerator)
    if not variance.base_fen:
        return
    found = flex(
        fixed_fen=0, variable_fen=variance.base_fen, planned_driver=planned, actual_driver=actual,
        actual_fen=variance.actual_fen,
    )  # fmt: skip
    favourable = COST * found.flexible_fen > 0
    shown = {
        "change": _rate(Fraction(actual) / Fraction(planned) - 1),
        "flexed": _yuan(found.flexed_fen), "rest": _yuan(found.flexible_fen, signed=True),
        "computed": _rate(found.flexible_rate), "written": _rate(variance.rate),
        "word": _("favourable") if favourable else _("unfavourable"),
    }  # fmt: skip
    yield Remark("X-26", "warn", _(
        "With the activity at %(change)s the budget becomes %(flexed)s. Against it the variance is"
        " %(rest)s (%(computed)s, %(word)s), not %(written)s."
    ) % shown, row.id, "rate", shown["computed"], shown["written"])  # fmt: skip


def _promised(row: SheetRow, variance: Variance) -> Iterator[Remark]:
    """X-20: “降低 8 %” says neither of what nor against which month; seen from the budget it is less."""
    for key in ("expected_effect", "countermeasure"):
        for clause in _pattern("clause").split(text_of(row, key)):
            found = _pattern("lowered").search(clause)
            if found is None or not any(word in clause for word in _words()["cost"]):
                continue
            left = Fraction(variance.actual_fen) * (1 - Fraction(Decimal(found[1])) / 100)
            if not variance.base_fen:
                continue
            against = left / variance.base_fen - 1
            shown = {
                "promise": f"{found[1]}%", "left": _yuan(round(left)), "computed": _rate(against),
            }  # fmt: skip
            yield Remark("X-20", "warn", _(
                "%(promise)s less than this month's actual would be %(left)s, still %(computed)s"
                " against the budget. State metric, base and month of the expected effect."
            ) % shown, row.id, key, shown["computed"], shown["promise"])  # fmt: skip


def _reported(row: SheetRow, claims: Sequence[Stated]) -> Iterator[Remark]:
    """X-19: a fall after a rise starts from the risen price; the rest must be quantity."""
    text = text_of(row, "actual_effect")
    found = _pattern("from_to").search(text)
    later = [claim.change for claim in stated_reason.read(text) if claim.driver == "price"]
    before = [claim.change for claim in claims if claim.driver == "price"]
    quantity = [claim.change for claim in claims if claim.driver == "quantity"]
    if found is None or not later or not before:
        return
    reported = Fraction(Decimal(found[2])) / 100
    changes = [_decimal(change) for change in (*before, *later)]
    whole = bridge(changes, _decimal(sum(quantity, start=Fraction(0))))
    if whole.price_index == 0 or whole.amount_index == 1 + reported:
        return
    needed = whole.quantity_index_for(1 + reported) - 1
    shown = {
        "index": f"{_decimal(whole.price_index):.4g}", "reported": _rate(reported),
        "needed": _rate(needed), "quantity": _rate(sum(quantity, start=Fraction(0))),
        "computed": _rate(whole.amount_index - 1),
    }  # fmt: skip
    yield Remark("X-19", "warn", _(
        "The price changes together make ×%(index)s of the budget price. The reported %(reported)s"
        " needs a quantity change of %(needed)s; with the stated %(quantity)s it is %(computed)s."
    ) % shown, row.id, "actual_effect", shown["computed"], shown["reported"])  # fmt: skip


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _drivers(row: SheetRow, claims: Sequence[Stated]) -> Iterator[Remark]:
    """X-23: who answers for the price is rarely who answers for the quantity."""
    written = text_of(row, "accountable_department")
    owners = {text_of(row, "price_owner"), text_of(row, "quantity_owner")} - {""}
    if {"price", "quantity"} <= {claim.driver for claim in claims} and not owners:
        yield Remark("X-23", "warn", _(
            "The reason names a price and a quantity driver, but “%(department)s” alone answers for"
            " the line: name who answers for each of the two."
        ) % {"department": written}, row.id, "accountable_department", "", written)  # fmt: skip
    reason, countermeasure = text_of(row, "reason"), text_of(row, "countermeasure")
    causes = [word for word in _words()["external"] if word in reason]
    if causes and countermeasure and not text_of(row, "controllable"):
        yield Remark("X-23", "info", _(
            "The reason names something outside the company (“%(cause)s”), yet a countermeasure"
            " follows: state what of it is controllable."
        ) % {"cause": causes[0]}, row.id, "countermeasure", "", countermeasure)  # fmt: skip


def _class(row: SheetRow) -> Iterator[Remark]:
    """X-25: one account, one home."""
    category = text_of(row, "category")
    if category and not category.startswith(_classes()):
        home = _homes().get(category, "")
        shown = {"category": category, "home": home}
        text = _(
            "“%(category)s” is none of the method's classes; it usually belongs to “%(home)s”."
        ) if home else _("“%(category)s” is none of the method's classes: map it to one.")  # fmt: skip
        yield Remark("X-25", "warn", text % shown, row.id, "category", home, category)
    wins = any(word in text_of(row, "reason") for word in _words()["selling"])
    selling = _words()["selling_class"]
    if wins and category and category != selling:
        shown = {"category": category, "department": text_of(row, "accountable_department")}
        text = _(
            "What is spent on winning customers is selling expense, but stands under “%(category)s”"
            " and is answered for by “%(department)s”."
        ) if shown["department"] else _(
            "What is spent on winning customers is selling expense, but stands under “%(category)s”."
        )  # fmt: skip
        yield Remark("X-25", "warn", text % shown, row.id, "item", selling, category)


def _two_homes(rows: Sequence[SheetRow]) -> Iterator[Remark]:
    """X-25: an account that the form itself books in two places."""
    items = [(text_of(row, "item"), row) for row in rows if text_of(row, "category")]
    for word in _words()["accounts"]:
        named = [row for item, row in items if word in item]
        for row in named[1:]:
            first, category = text_of(named[0], "category"), text_of(row, "category")
            if category != first:
                yield Remark("X-25", "info", _(
                    "“%(item)s” stands under “%(category)s”, but under “%(other)s” further up: give"
                    " the account one home."
                ) % {"item": text_of(row, "item"), "category": category, "other": first},
                    row.id, "item", first, category)  # fmt: skip


def _season(row: SheetRow) -> Iterator[Remark]:
    """X-27: what returns every summer is no surprise against last summer."""
    seasons = [word for word in _words()["seasonal"] if word in text_of(row, "reason")]
    if seasons and text_of(row, "base_kind") != "prior_year":
        yield Remark("X-27", "warn", _(
            "The reason is seasonal (“%(season)s”), but the base is an even budget: compare with"
            " the same month of last year."
        ) % {"season": seasons[0]}, row.id, "base", "", "")  # fmt: skip


def _at_the_limit(row: SheetRow, variance: Variance) -> Iterator[Remark]:
    """X-27: “超过 10 %” excludes 10 % itself."""
    if variance.base_fen and abs(variance.fen) * 10 == abs(variance.base_fen):
        rate = _rate(variance.rate)
        yield Remark("X-27", "info", _(
            "The variance is exactly %(rate)s: on the threshold, not over it."
        ) % {"rate": rate}, row.id, "rate", rate, rate)  # fmt: skip


def _units(row: SheetRow) -> Iterator[Remark]:
    """X-28: the text counts in 万元, the table in yuan."""
    for key in _TEXTS:
        for found in quantities(text_of(row, key)):
            if found.kind == "ten_thousand_yuan":
                fen = int(found.value * _TEN_THOUSAND * 100)
                yield Remark("X-28", "info", _(
                    "The text says “%(written)s”, the table counts in yuan: %(computed)s."
                ) % (shown := {"written": found.text, "computed": _yuan(fen)}),
                    row.id, key, shown["computed"], shown["written"])  # fmt: skip


def _repeated(rows: Sequence[SheetRow]) -> Iterator[Remark]:
    """X-21: a total among its parts would be counted twice."""
    lines = {key: [_amount(row, key) for row in rows] for key in ("base", "actual")}
    budgeted = {found.place for found in suspects(lines["base"])}
    for found in suspects(lines["actual"]):
        row = rows[found.place]
        if found.place in budgeted:
            yield Remark("X-21", "warn", _(
                "This line equals other lines of its category together (%(items)s): counted along,"
                " it doubles them."
            ) % {"items": listed([text_of(rows[at], "item") for at in found.parts]) or "–"},
                row.id, "item", "", text_of(row, "item"))  # fmt: skip


def _amount(row: SheetRow, key: str) -> Amount:
    value = row.values.get(key)
    fen = to_fen(value) if isinstance(value, Decimal) else 0
    return Amount((), text_of(row, "category"), text_of(row, "item"), fen)


def _asked(filled: FilledSheet) -> Iterator[Remark]:
    """X-24 and X-27: the table has no place for what the text demands."""
    missing = unstated(filled, _ASKED, ("period", "reviewer")) if filled.rows else []
    if missing:
        yield Remark("X-24", "info", _(
            "The method also asks for what this form does not state: %(fields)s."
        ) % {"fields": listed(missing)})  # fmt: skip
