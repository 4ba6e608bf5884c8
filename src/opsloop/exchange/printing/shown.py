"""How a value stands in a cell: its text on paper, its number format in a workbook."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Literal

from opsloop.exchange.columns import Column
from opsloop.exchange.printing.texts import PrintTexts

Align = Literal["left", "center", "right"]

_NUMERIC: Final = frozenset({"number", "money", "percent", "hours"})
_TEXT: Final = frozenset({"text", "long_text"})
# Digits after the point where a column declares none; elsewhere as many as the value has, up to …
_FIXED: Final = {"money": 2, "percent": 1}
_AT_MOST: Final = {"number": 4, "hours": 2}


def number(value: Any) -> Decimal | None:
    """A finite number as Decimal; None for whatever is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    return exact if exact.is_finite() else None


def align(column: Column) -> Align:
    """Numbers to the right, texts to the left, short facts in the middle."""
    if column.type in _NUMERIC:
        return "right"
    return "left" if column.type in _TEXT else "center"


def is_native(column: Column) -> bool:
    """Whether a workbook keeps the column's values as numbers or dates."""
    return column.type in _NUMERIC or column.type in {"date", "datetime"}


def is_signed(column: Column) -> bool:
    """Whether a column shows its sign on both sides of zero: differences and their rates."""
    return column.formula is not None and column.formula.kind in {"difference", "rate"}


def shown(column: Column, value: Any, texts: PrintTexts) -> str:
    """The text of a cell on paper. Money in yuan, a rate as a percentage, dates as 2024-06-30."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return texts.yes if value else texts.no
    exact = number(value)
    if exact is not None:
        return _number_text(column, exact)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return word(column, str(value), texts)


def word(column: Column, value: str, texts: PrintTexts) -> str:
    """A text as it is, a stored choice by its word on the form or its label."""
    if texts.company_words:
        return column.word(value)
    return next((str(label) for stored, label in column.choices if stored == value), value)


def number_format(column: Column, value: Any) -> str:
    """The number format of a workbook cell, in the notation of spreadsheets.

    A number of few digits has none: 24 and 0.5 stand as they are, and whatever is typed later too.
    """
    if column.type in {"date", "datetime"}:
        return "yyyy-mm-dd" if column.type == "date" else "yyyy-mm-dd hh:mm"
    exact = number(value)
    digits = _digits(column, exact if exact is not None else Decimal(0))
    if digits is None:
        return "General"
    pattern = ("0" if column.type == "percent" else "#,##0") + (
        "." + "0" * digits if digits else ""
    )
    pattern += "%" if column.type == "percent" else ""
    return f"+{pattern};-{pattern};{pattern}" if is_signed(column) else pattern


def has_one_format(column: Column) -> bool:
    """Whether every value of a column has the same number format."""
    return column.decimals is not None or column.type not in _AT_MOST


def _digits(column: Column, value: Decimal) -> int | None:
    """How many digits stand after the point; None: as many as the value has."""
    if column.decimals is not None:
        return column.decimals
    if column.type in _FIXED:
        return _FIXED[column.type]
    most = _AT_MOST.get(column.type, 4)
    return most if value != value.quantize(Decimal(1).scaleb(-most)) else None


def _number_text(column: Column, value: Decimal) -> str:
    if column.type == "percent":
        value *= 100
    digits = _digits(column, value)
    if digits is None:
        return bare(value)
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = "+" if is_signed(column) and rounded > 0 else ""
    text = f"{abs(rounded) if rounded == 0 else rounded:,.{digits}f}"
    return sign + text + ("%" if column.type == "percent" else "")


def bare(value: Decimal) -> str:
    """All digits of a number, without an exponent and without zeros that say nothing."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
