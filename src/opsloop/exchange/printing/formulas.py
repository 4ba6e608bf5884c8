"""Live formulas of a workbook: the cell that computes, and the result it is written with.

A formula is written only where it gives the value that stands in the form: opening a file must
never change a figure. Everywhere else the value itself is written.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import prod
from typing import Any, Final

from opsloop.exchange.columns import Column, FilledSheet, Formula, SheetRow
from opsloop.exchange.printing.shown import number, shown
from opsloop.exchange.printing.texts import PrintTexts

# Half of the last digit shown: a figure rounded by its source is still the same figure.
_TOLERANCE: Final = {"percent": Decimal("0.0005"), "money": Decimal("0.005")}
_ZERO: Final = Decimal(0)


def calculated(formula: Formula, values: Mapping[str, Any], *, blanks: bool = False) -> Any:
    """The result of a formula on a row; None where an operand is missing or the base is 0.

    With `blanks` an operand that is missing counts as 0, unless all are.
    """
    operands = [values.get(key) for key in formula.of]
    if formula.kind == "working_days":
        return _weekdays(operands)
    numbers = [number(value) for value in operands]
    present = [value for value in numbers if value is not None]
    if not present or (len(present) < len(numbers) and formula.kind != "sum" and not blanks):
        return None
    filled = [value if value is not None else _ZERO for value in numbers]
    match formula.kind:
        case "sum":
            return sum(present)
        case "difference":
            return filled[0] - filled[1]
        case "product":
            return prod(filled)
    return (filled[0] - filled[1]) / abs(filled[1]) if filled[1] else None


def _weekdays(operands: Sequence[Any]) -> int | None:
    """Mondays to Fridays from one day to another, both counted, negative backwards: NETWORKDAYS."""
    days = [
        value.date() if isinstance(value, datetime) else value
        for value in operands
        if isinstance(value, date)
    ]
    if len(days) < len(operands):
        return None
    first, last = sorted(days)
    weeks, rest = divmod((last - first).days + 1, 7)
    count = weeks * 5 + sum((first + timedelta(days=n)).weekday() < 5 for n in range(rest))
    return -count if days[0] > days[1] else count


def value_of(column: Column, row: SheetRow) -> Any:
    """The value of a cell: as given, or as its formula gives it.

    Working days are only ever given: this ring knows no official calendar.
    """
    given, formula = row.values.get(column.key), column.formula
    if given is not None or formula is None or formula.kind == "working_days":
        return given
    return calculated(formula, row.values)


def live(column: Column, row: SheetRow, cells: Mapping[str, str]) -> str | None:
    """The formula of a cell in a row whose columns stand in `cells`; None to write the value."""
    formula = column.formula
    if formula is None or not set(formula.of) <= cells.keys():
        return None
    given, of = row.values.get(column.key), [cells[key] for key in formula.of]
    if given is None and formula.kind == "working_days":
        return None
    if given is None or _same(column, given, calculated(formula, row.values)):
        return _guarded(formula, of)
    if formula.kind in {"difference", "rate"} and _same(
        column, given, calculated(formula, row.values, blanks=True)
    ):
        return _with_blanks(formula, of)
    return None


def _guarded(formula: Formula, of: Sequence[str]) -> str:
    """Empty as long as an operand is missing."""
    listed = ",".join(of)
    match formula.kind:
        case "sum":
            return f'=IF(COUNT({listed})=0,"",SUM({listed}))'
        case "difference":
            body = f"{of[0]}-{of[1]}"
        case "product":
            body = "*".join(of)
        case "working_days":
            body = f"NETWORKDAYS({of[0]},{of[1]})"
        case _:
            body = f'IF({of[1]}=0,"",({of[0]}-{of[1]})/ABS({of[1]}))'
    return f'=IF(COUNT({listed})<{len(of)},"",{body})'


def _with_blanks(formula: Formula, of: Sequence[str]) -> str:
    if formula.kind == "difference":
        return f"=N({of[0]})-N({of[1]})"
    return f'=IF(N({of[1]})=0,"",(N({of[0]})-{of[1]})/ABS({of[1]}))'


def _same(column: Column, given: Any, found: Any) -> bool:
    one, other = number(given), number(found)
    if one is None or other is None:
        return False
    tolerance = _TOLERANCE.get(column.type, Decimal("0.00005"))
    return abs(one - other) <= max(tolerance, abs(other) * Decimal("1e-12"))


def has_totals(filled: FilledSheet) -> bool:
    """Whether a form ends in a row of totals."""
    return bool(filled.totals) or any(column.totalled for column in filled.sheet.columns)


def total(column: Column, filled: FilledSheet) -> Any:
    """The total of a column: as given, else the sum; a rate is ΣΔ / |Σbase|, never a mean."""
    given = filled.totals.get(column.key)
    if given is not None or not column.totalled:
        return given
    return _total_of_rows(column, filled)


def _total_of_rows(column: Column, filled: FilledSheet) -> Decimal | None:
    if column.formula is not None and column.formula.kind == "rate":
        base = _sum(filled.sheet.column(column.formula.of[1]), filled)
        change = _change(column, filled)
        return change / abs(base) if base and change is not None else None
    return _sum(column, filled)


def _sum(column: Column, filled: FilledSheet) -> Decimal | None:
    found = [number(value_of(column, row)) for row in filled.rows]
    present = [value for value in found if value is not None]
    return sum(present, _ZERO) if present else None


def _difference_beside(column: Column, filled: FilledSheet) -> Column | None:
    """The column of differences a column of rates belongs to."""
    assert column.formula is not None
    wanted = Formula("difference", column.formula.of)
    return next((other for other in filled.sheet.columns if other.formula == wanted), None)


def _change(column: Column, filled: FilledSheet) -> Decimal | None:
    assert column.formula is not None
    beside = _difference_beside(column, filled)
    if beside is not None:
        return _sum(beside, filled)
    one, other = (_sum(filled.sheet.column(key), filled) for key in column.formula.of)
    return one - other if one is not None and other is not None else None


def live_total(column: Column, filled: FilledSheet, ranges: Mapping[str, str]) -> str | None:
    """The formula of a total over the `ranges` of its columns; None to write the value."""
    if not filled.rows or column.key not in ranges:
        return None
    if not _same(column, total(column, filled), _total_of_rows(column, filled)):
        return None
    if column.formula is None or column.formula.kind != "rate":
        return f"=SUM({ranges[column.key]})"
    first, base = column.formula.of
    beside = _difference_beside(column, filled)
    if base not in ranges:
        return None
    if beside is not None and beside.key in ranges:
        change = f"SUM({ranges[beside.key]})"
    elif beside is None and first in ranges:
        change = f"(SUM({ranges[first]})-SUM({ranges[base]}))"
    else:
        return None
    return f'=IF(SUM({ranges[base]})=0,"",{change}/ABS(SUM({ranges[base]})))'


def total_cells(
    filled: FilledSheet, columns: Sequence[Column], texts: PrintTexts
) -> tuple[str, ...]:
    """The row of totals as texts, its word in the first cell; empty when the form has none."""
    if not has_totals(filled) or not columns:
        return ()
    cells = [shown(column, total(column, filled), texts) for column in columns]
    return (cells[0] or texts.total, *cells[1:])
