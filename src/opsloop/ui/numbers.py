"""How numbers and dates read on a page; the tags and the charts share these words.

Every function takes None for "not known" and answers a dash. Rounding is half up, as people do it.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

DASH = "—"
MINUS = "\N{MINUS SIGN}"
WAN, YI = Decimal(10_000), Decimal(100_000_000)


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number if number.is_finite() else None


def _digits(number: Decimal, places: int, *, signed: bool = False) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{places}f}"


def dash(value: Any) -> Any:
    return DASH if value is None or value == "" else value


def yuan(value: Any, *, signed: bool = False) -> str:
    """An amount in yuan with two decimals: 1,234.50."""
    number = _decimal(value)
    return DASH if number is None else _digits(number, 2, signed=signed)


def money(value: Any) -> str:
    """An amount in yuan in the unit people say it in: Chinese counts in 10^4 and 10^8."""
    number = _decimal(value)
    if number is None:
        return DASH
    chinese = (translation.get_language() or "").startswith("zh")
    if chinese and abs(number) >= YI:
        return _("CNY %(amount)s hundred million") % {"amount": _digits(number / YI, 2)}
    if chinese and abs(number) >= WAN:
        return _("CNY %(amount)s ten thousand") % {"amount": _digits(number / WAN, 2)}
    places = 2 if chinese or abs(number) < WAN else 0
    return _("CNY %(amount)s") % {"amount": _digits(number, places)}


def percent(rate: Any, *, signed: bool = False) -> str:
    """A rate from 0 to 1 as a percentage with one decimal."""
    number = _decimal(rate)
    return DASH if number is None else f"{_digits(number * 100, 1, signed=signed)}%"


def points(rate: Any) -> str:
    """A difference of two rates, in percentage points."""
    number = _decimal(rate)
    if number is None:
        return DASH
    return _("%(value)s pp") % {"value": _digits(number * 100, 1, signed=True)}


def hours(value: Any) -> str:
    """Hours with one decimal; below a tenth of an hour, minutes."""
    number = _decimal(value)
    if number is None:
        return DASH
    if 0 < abs(number) < Decimal("0.1"):
        return _("%(value)s min") % {"value": _digits(number * 60, 1)}
    return _("%(value)s h") % {"value": _digits(number, 1)}


def count(value: Any) -> str:
    number = _decimal(value)
    return DASH if number is None else _digits(number, 0)


def day(value: date | datetime | None) -> str:
    if value is None:
        return DASH
    if isinstance(value, datetime):
        value = timezone.localdate(value) if timezone.is_aware(value) else value.date()
    return value.isoformat()


def moment(value: datetime | None) -> str:
    """An instant in the organisation's zone, to the minute; a naive one is already there."""
    if value is None:
        return DASH
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M")
