"""Raw files a visitor can download and bring in again, as the company's systems export them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from opsloop.demo import records

BOM: Final = b"\xef\xbb\xbf"  # spreadsheets open UTF-8 rightly only with it


def as_csv(frame: pl.DataFrame) -> bytes:
    """The frame as a spreadsheet would save it."""
    return BOM + frame.write_csv().encode()


def _all_months(process: str) -> Callable[[date], pl.DataFrame]:
    return lambda today: pl.concat(records.approval_logs(process, today).values())


@dataclass(frozen=True)
class SampleFile:
    """`frame(today)` is deterministic for the month of `today`."""

    kind: str
    frame: Callable[[date], pl.DataFrame]

    def content(self, today: date) -> bytes:
        return as_csv(self.frame(today))


FILES: Final[dict[str, SampleFile]] = {
    "purchasing-log": SampleFile("event_log", _all_months("purchasing")),
    "expense-log": SampleFile("event_log", _all_months("expense")),
    "cost-ledger": SampleFile("ledger", lambda today: pl.concat(records.ledgers(today).values())),
    "cost-budget": SampleFile("budget", records.budget),
}
