"""Days that people write into sentences: `7月15日前完成市场调研报告`, `6月10日抽查，25秒接听`."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DateInText:
    """A day as a sentence states it; `is_deadline` when something is due by it (前)."""

    day: date
    text: str
    is_deadline: bool


@cache
def _pattern() -> re.Pattern[str]:
    words = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return re.compile(rf"(?<!\d)(?:{words['named']}|{words['digits']}){words['deadline']}")


def dates_in_text(text: str, *, near: date) -> tuple[DateInText, ...]:
    """Every day a text names, in its order. A day without a year is the one nearest to `near`.

    What is no day of the calendar (2月30日) is passed over.
    """
    found = []
    for match in _pattern().finditer(unicodedata.normalize("NFKC", text)):
        month, day = int(match["month"] or match["month2"]), int(match["day"] or match["day2"])
        year = match["year"] or match["year2"]
        years = [int(year)] if year else [near.year - 1, near.year, near.year + 1]
        days = [known for at in years if (known := _day(at, month, day)) is not None]
        if days:
            nearest = min(days, key=lambda other: abs((other - near).days))
            found.append(DateInText(nearest, match[0].strip(), match["by"] is not None))
    return tuple(found)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
