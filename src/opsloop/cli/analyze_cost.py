"""`opsloop analyze cost`: a ledger against a budget, from files alone."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

import click

from opsloop.cli.speech import Refusal, refused, remark, remark_problems, stderr
from opsloop.cli.speech import gettext as _

DIMENSIONS: Final = ("category", "item", "department")
_NO_MONTH: Final = "month"


class PercentType(click.ParamType[Decimal]):
    """A percentage such as 10 or 7.5, kept exact."""

    name = "percent"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        try:
            percent = Decimal(value)
        except ArithmeticError:
            percent = Decimal("NaN")
        if not percent.is_finite() or percent < 0:
            self.fail(f"{value!r} is not a percentage.", param, ctx)
        return percent


@dataclass(frozen=True)
class Side:
    """One file read and typed: its facts, dictionaries and the dimensions it has."""

    frame: Any
    names: Mapping[str, tuple[str, ...]]
    dimensions: frozenset[str]
    has_month: bool


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option("--budget", type=click.Path(path_type=Path), required=True, help="The budget file.")
@click.option("--sheet", help="Sheet of the ledger, when its workbook has several.")
@click.option("--budget-sheet", help="Sheet of the budget, when its workbook has several.")
@click.option("--period", help="Only this month (2024-06), quarter (2024-Q2) or year (2024).")
@click.option("--by", help="Dimensions of a line: category, item, department, period.")
@click.option(
    "--threshold",
    type=PercentType(),
    default="10",
    show_default=True,
    help="Mark variances beyond this percentage of the budget.",
)
@click.option(
    "--income", multiple=True, metavar="CATEGORY", help="A category where more is better."
)
@click.option("--amount", help="Column of the amount.")
@click.option("--quantity", help="Column of the quantity.")
@click.option("--category", help="Column of the category.")
@click.option("--item", help="Column of the item.")
@click.option("--department", help="Column of the department.")
@click.option("--period-column", help="Column of the month or date.")
@click.option("--budget-amount", help="Column of the amount in the budget, when it differs.")
@click.option("--budget-quantity", help="Column of the quantity in the budget, when it differs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def cost(
    *, ledger: Path, budget: Path, period: str | None, by: str | None, threshold: Decimal,
    income: tuple[str, ...], as_json: bool, sheet: str | None, budget_sheet: str | None,
    **columns: str | None,
) -> None:  # fmt: skip
    """Compare LEDGER with a budget: variances, rates, price and quantity.

    Columns are guessed from their headers when they are not named.
    """
    wanted = {
        "amount": columns["amount"], "quantity": columns["quantity"],
        "category": columns["category"], "item": columns["item"],
        "department": columns["department"], "period": columns["period_column"],
    }  # fmt: skip
    budgeted = {
        **wanted,
        "amount": columns["budget_amount"] or wanted["amount"],
        "quantity": columns["budget_quantity"] or wanted["quantity"],
    }
    with stderr().status(_("Reading the ledger…")) as progress:
        actual = _read(ledger, "ledger", wanted, sheet)
        progress.update(_("Reading the budget…"))
        base = _read(budget, "budget", budgeted, budget_sheet)
        progress.update(_("Comparing…"))
        dimensions = _dimensions(by, actual, base)
        actual, base = _within(actual, period), _within(base, period)
        for side, words in ((actual, _("The ledger has no line in %(period)s.")),
                            (base, _("The budget has no line in %(period)s."))):  # fmt: skip
            if period and side.frame.is_empty():
                remark(words % {"period": period})
        lines = _lines(actual, base, dimensions, threshold)
    answer = _answer(lines, dimensions, frozenset(income))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(answer, dimensions, threshold)


def _read(path: Path, kind: Any, named: Mapping[str, str | None], sheet: str | None) -> Side:
    """Read, map and type one file; problems of rows are remarked, never hidden."""
    from opsloop.cli.cost_tables import lines_only, table_of
    from opsloop.exchange.mapping import propose
    from opsloop.exchange.problems import RefusedFile
    from opsloop.exchange.typed import typed_rows

    def mapped(table: Any) -> Any:
        return _named(propose(kind, table), table.labels, named)

    if not path.is_file():
        raise Refusal(_("There is no file “%(path)s”.") % {"path": path})
    try:
        table = table_of(path, sheet, mapped)
        table, mapping = lines_only(path, table, mapped(table))
        has_month = bool({"period", "date"} & mapping.columns.keys())
        if not has_month:
            table, mapping = _in_one_month(table, mapping)
        typed = typed_rows(kind, table, mapping, timezone=None, rounding="half_up")
    except RefusedFile as error:
        raise refused(path, error) from error
    remark_problems(path, typed)
    present = frozenset(name for name in DIMENSIONS if name in mapping.columns)
    return Side(typed.frame, typed.names, present, has_month)


def _named(mapping: Any, labels: Sequence[str], named: Mapping[str, str | None]) -> Any:
    """The proposal with the named columns laid over it, as far as this file has them."""
    given = {name: label for name, label in named.items() if label in labels}
    guessed = {
        name: label
        for name, label in mapping.columns.items()
        if name not in given and label not in given.values()
    }
    # A named month column outranks a guessed date.
    if "period" in given:
        guessed.pop("date", None)
    return replace(mapping, columns={**guessed, **given})


def _in_one_month(table: Any, mapping: Any) -> tuple[Any, Any]:
    """A file that names no month is one month: its lines are compared as they are."""
    import polars as pl

    label = next(name for name in (_NO_MONTH, f"{_NO_MONTH}_") if name not in table.labels)
    frame = table.frame.with_columns(pl.lit("2000-01").alias(label))
    columns = {**mapping.columns, "period": label}
    return replace(table, frame=frame), replace(mapping, columns=columns)


def _dimensions(by: str | None, actual: Side, base: Side) -> tuple[str, ...]:
    """What a line is: as asked, else every dimension both files have."""
    if by is None:
        shared = tuple(name for name in DIMENSIONS if name in actual.dimensions & base.dimensions)
        if not shared:
            raise Refusal(_("The two files share no category, item or department column."))
        return shared
    asked = tuple(dict.fromkeys(part.strip() for part in by.split(",") if part.strip()))
    for name in asked:
        if name not in (*DIMENSIONS, "period"):
            raise Refusal(_("“%(name)s” is no dimension: use category, item, department or period.")
                          % {"name": name})  # fmt: skip
        for side, word in ((actual, _("ledger")), (base, _("budget"))):
            lacking = name not in side.dimensions if name != "period" else not side.has_month
            if lacking:
                raise Refusal(_("The %(file)s has no column for %(name)s.")
                              % {"file": word, "name": name})  # fmt: skip
    return asked


def _within(side: Side, period: str | None) -> Side:
    """The lines of one month, quarter or year."""
    if period is None:
        return side
    from opsloop.analysis.period import BadPeriod, Period

    try:
        wanted = Period.parse(period)
    except BadPeriod as error:
        raise Refusal(
            _("“%(period)s” is no period: write 2024-06.") % {"period": period}
        ) from error
    if not side.has_month:
        raise Refusal(_("A file without a month or date column cannot be narrowed to a period."))
    months = [
        month.start.year * 100 + month.start.month
        for month in Period.containing("month", wanted.start).through(
            Period.containing("month", wanted.shift(1).start).previous()
        )
    ]
    return replace(side, frame=side.frame.filter(side.frame["period_no"].is_in(months)))


def _lines(
    actual: Side, base: Side, dimensions: Sequence[str], threshold: Decimal
) -> Sequence[Any]:
    import narwhals.stable.v2 as nw

    from opsloop.analysis.variance import Materiality, judge, named, summed, united

    numbers = [name if name == "period" else f"{name}_no" for name in dimensions]
    parts = []
    sides: tuple[tuple[Side, Literal["actual", "base"]], ...] = ((actual, "actual"), (base, "base"))
    for side, word in sides:
        frame = nw.from_native(side.frame.lazy()).rename({"period_no": "period"})
        sums = summed(frame, word, numbers).collect(backend="polars")
        known = {name: side.names[name] for name in dimensions if name != "period"}
        parts.append(named(sums, known).lazy())
    compared = united(parts, dimensions).collect(backend="polars")
    return judge(compared, dimensions, materiality=Materiality(threshold))


def _answer(
    lines: Iterable[Any], dimensions: Sequence[str], income: frozenset[str]
) -> dict[str, Any]:
    """The lines and their total as plain values; amounts are decimal texts in yuan."""
    from opsloop.analysis.variance import COST, REVENUE, total

    found = list(lines)
    rows: list[dict[str, Any]] = []
    for line in found:
        named = dict(zip(dimensions, line.key, strict=True))
        polarity = REVENUE if named.get("category") in income else COST
        rows.append(
            {
                **({"period": _month(named["period"])} if "period" in named else {}),
                **{name: named.get(name) or None for name in DIMENSIONS},
                **_figures(line.variance, line.variance.favourable(polarity)),
                "flagged": line.flagged,
                **_effects([line]),
            }
        )
    summed = total(line.variance for line in found)
    whole = {**_figures(summed, summed.favourable(COST)), **_effects(found)}
    return {"lines": rows, "total": whole, "flagged": sum(row["flagged"] for row in rows)}


def _month(number: int) -> str:
    return f"{number // 100:04d}-{number % 100:02d}"


def _figures(variance: Any, favourable: bool | None) -> dict[str, Any]:
    return {
        "budget": None if variance.base_fen is None else _yuan(variance.base_fen),
        "actual": _yuan(variance.actual_fen),
        "variance": _yuan(variance.fen),
        "rate": _rate(variance.rate),
        "favourable": favourable,
    }


def _effects(lines: Sequence[Any]) -> dict[str, str | None]:
    """Price, quantity and joint effect, summed; null unless every line has them."""
    if not lines or any(line.effects is None for line in lines):
        return {f"{name}_effect": None for name in _EFFECTS}
    return {
        f"{name}_effect": _yuan(sum(getattr(line.effects, f"{name}_fen") for line in lines))
        for name in _EFFECTS
    }


def _yuan(fen: int) -> str:
    from opsloop.analysis.fen import to_yuan

    return str(to_yuan(fen))


def _rate(rate: Fraction | None) -> float | None:
    return None if rate is None else round(float(rate), 10)


def _print(answer: Mapping[str, Any], dimensions: Sequence[str], threshold: Decimal) -> None:
    """A table for people, largest variance first: words for direction, a mark for the threshold."""
    from rich.console import Console
    from rich.table import Table

    total, rows = answer["total"], answer["lines"]
    effects = tuple(name for name in _EFFECTS if any(row[f"{name}_effect"] for row in rows))
    table = Table(title=_("Actual spending against the budget (yuan)"), show_footer=True)
    for place, name in enumerate(dimensions):
        table.add_column(_heading(name), footer="" if place else _("Total"), overflow="fold")
    for name in ("budget", "actual", "variance"):
        _number(table, _heading(name), _grouped(total[name]))
    _number(table, _("Variance rate"), _percent(total["rate"]))
    table.add_column("", footer=_word(total["favourable"]), no_wrap=True)
    for name in effects:
        _number(table, _heading(name), _grouped(total[f"{name}_effect"]))
    for row in sorted(rows, key=lambda row: -abs(Decimal(row["variance"]))):
        table.add_row(
            *(str(row[name] or "—") for name in dimensions),
            _grouped(row["budget"]), _grouped(row["actual"]), _grouped(row["variance"]),
            ("! " if row["flagged"] else "") + _percent(row["rate"]), _word(row["favourable"]),
            *(_grouped(row[f"{name}_effect"]) for name in effects),
        )  # fmt: skip
    console = Console()
    # A file or a pipe has no width of its own: nothing is cut there.
    Console(width=None if console.is_terminal else 200).print(table)
    click.echo(
        _("Beyond ±%(percent)s %%: %(flagged)d of %(lines)d lines (marked !).")
        % {"percent": threshold, "flagged": answer["flagged"], "lines": len(rows)}
    )


_EFFECTS: Final = ("price", "quantity", "joint")


def _heading(name: str) -> str:
    return {
        "category": _("Category"), "item": _("Item"), "department": _("Department"),
        "period": _("Month"), "budget": _("Budget"), "actual": _("Actual"),
        "variance": _("Variance"), "price": _("Price effect"), "quantity": _("Quantity effect"),
        "joint": _("Joint effect"),
    }[name]  # fmt: skip


def _number(table: Any, heading: str, footer: str) -> None:
    table.add_column(heading, justify="right", footer=footer, no_wrap=True)


def _grouped(amount: str | None) -> str:
    return "—" if amount is None else f"{Decimal(amount):,.2f}"


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate * 100:+.1f}%"


def _word(favourable: bool | None) -> str:
    if favourable is None:
        return ""
    return _("favourable") if favourable else _("unfavourable")
