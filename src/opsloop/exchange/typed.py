"""A text table and its column mapping into the integer columns of facts, with every problem.

Vectorised throughout: a million rows take a second or two. A row with an error is left out of
`frame` and marked in `bad_rows`; nothing else is dropped or changed without a problem saying so.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from opsloop.exchange import lifecycle
from opsloop.exchange.column_values import (
    ParsedColumn,
    date_order,
    read_choices,
    read_datetimes,
    read_days,
    read_periods,
    read_scaled,
    read_texts,
)
from opsloop.exchange.dates import DateReading, Epoch
from opsloop.exchange.mapping import ColumnMapping, Kind, unit_factor
from opsloop.exchange.problems import Fault, Problem, RefusedFile, Severity
from opsloop.exchange.table import Table
from opsloop.exchange.values import WORDS, Rounding

OUTCOMES = ("approved", "returned", "rejected", "withdrawn", "delegated")
_OUTCOME_NUMBERS = {
    word: number for number, name in enumerate(OUTCOMES) for word in WORDS["outcomes"][name]
}
_TRANSITIONS = {
    word: number
    for number, name in ((lifecycle.START, "start"), (lifecycle.COMPLETE, "complete"))
    for word in WORDS["lifecycle"][name]
}
_PROBLEMS = {
    "row": pl.Int64,
    "column": pl.String,
    "code": pl.String,
    "value": pl.String,
    "params": pl.String,
    "severity": pl.String,
}
# One more than the largest dictionary a 16-bit number can point into.
_SMALL = 2**15


@dataclass(frozen=True)
class Typed:
    """Facts ready for the fact store, and what was wrong.

    `frame` holds the good rows in the columns of the kind; `names` the dictionaries and
    `identities` the (number, text) frames they point into; `bad_rows` a mask over the table's
    rows; `problem_rows` one row per problem (row, column, code, value, params, severity).
    """

    frame: pl.DataFrame
    names: dict[str, tuple[str, ...]]
    identities: dict[str, pl.DataFrame]
    bad_rows: pl.Series
    problem_rows: pl.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How often each problem occurs, by code."""
        counted = self.problem_rows.group_by("code", maintain_order=True).len()
        return dict(counted.iter_rows())

    def first(self, code: str) -> Problem:
        """The first problem of a code in `counts`."""
        return problems_of(self.problem_rows.filter(pl.col("code") == code).head(1))[0]

    def problems(self, limit: int | None = None) -> list[Problem]:
        """The problems in the order of the file, at most `limit`."""
        return problems_of(self.problem_rows if limit is None else self.problem_rows.head(limit))


def problems_of(rows: pl.DataFrame) -> list[Problem]:
    """Rows of `Typed.problem_rows` as problems."""
    return [
        Problem(row, column, code, value or "", json.loads(params), severity)
        for row, column, code, value, params, severity in rows.iter_rows()
    ]


def typed_rows(
    kind: Kind,
    table: Table,
    mapping: ColumnMapping,
    *,
    timezone: str | None,
    reading: DateReading | None = None,
    rounding: Rounding = "refuse",
) -> Typed:
    """The rows of a table as facts.

    `timezone` is the organisation's zone: instants written with a zone are turned into its local
    time; None keeps their clock as written. `reading` may settle the order of day and month and
    the year of dates without one. `rounding` says what happens to amounts finer than a 分 and
    quantities finer than a thousandth. Raises RefusedFile for a mapping that names no such column
    or lacks a required one.
    """
    for label in mapping.columns.values():
        if label not in table.labels:
            raise RefusedFile("bad_column", {"column": label})
    for name in mapping.missing:
        raise RefusedFile("missing_column", {"field": name})
    epoch: Epoch = 1904 if table.meta.get("epoch") == "1904" else 1900
    base = replace(reading or DateReading(), timezone=timezone, epoch=epoch)
    work = _Work(table, mapping.columns, base, rounding)
    columns = _event_log(work) if kind == "event_log" else _lines(work, kind)
    return work.result(columns)


@dataclass
class _Work:
    """The columns of one table on their way into facts, and the problems met."""

    table: Table
    columns: Mapping[str, str]
    reading: DateReading
    rounding: Rounding
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    identities: dict[str, pl.DataFrame] = field(default_factory=dict)
    found: list[pl.DataFrame] = field(default_factory=list)
    order: pl.Series | None = None
    bad: pl.Series = field(init=False)
    # Rows that are told by another row: they are no events of their own, and not wrong.
    merged: pl.Series = field(init=False)

    def __post_init__(self) -> None:
        self.merged = pl.repeat(False, self.table.frame.height, dtype=pl.Boolean, eager=True)
        self.bad = pl.repeat(False, self.table.frame.height, dtype=pl.Boolean, eager=True)

    def texts(self, name: str) -> pl.Series | None:
        label = self.columns.get(name)
        return None if label is None else self.table.frame[label]

    def report(
        self,
        mask: pl.Series,
        name: str,
        code: str | Mapping[str, Fault],
        severity: Severity = "error",
    ) -> None:
        """Note a problem for every row of a mask; an error keeps those rows out."""
        if not mask.any():
            return
        label = self.columns.get(name, name)
        texts = self.table.frame[label] if label in self.table.labels else None
        value = pl.repeat(None, mask.len(), dtype=pl.String, eager=True) if texts is None else texts
        rows = pl.DataFrame({"row": self.table.row_numbers, "value": value}).filter(mask)
        if isinstance(code, str):
            described = rows.with_columns(code=pl.lit(code), params=pl.lit("{}"))
        else:
            keys = list(code)
            codes = [fault.code for fault in code.values()]
            params = [json.dumps(dict(fault.params)) for fault in code.values()]
            described = rows.with_columns(
                code=pl.col("value").replace_strict(keys, codes, return_dtype=pl.String),
                params=pl.col("value").replace_strict(keys, params, return_dtype=pl.String),
            )
        described = described.with_columns(column=pl.lit(label), severity=pl.lit(severity))
        self.found.append(described.select(*_PROBLEMS))
        if severity == "error":
            self.bad = self.bad | mask

    def take(
        self,
        name: str,
        parsed: ParsedColumn,
        *,
        required: bool = False,
        severity: Severity = "error",
    ) -> pl.Series:
        """The values of a parsed column, its faults reported."""
        texts = self.table.frame[self.columns[name]]
        wrong = parsed.wrong(texts)
        self.report(wrong, name, parsed.faults, severity)
        if required:
            self.report(parsed.values.is_null() & ~wrong, name, "required")
        return parsed.values

    def dates(self, texts: pl.Series) -> DateReading:
        """The reading of one column: its own days above 12 settle the order when nobody did."""
        if self.reading.order is not None:
            return self.reading
        return replace(self.reading, order=date_order(texts))

    def instants(self, name: str, *, required: bool = False) -> pl.Series:
        texts = self.texts(name)
        if texts is None:
            return self.constant(None)
        return self.take(name, read_datetimes(texts, self.dates(texts)), required=required)

    def amounts(self, name: str, places: int, *, required: bool = False) -> pl.Series:
        """Integers of 10^-places units; the unit in the header (万元) counts."""
        texts = self.texts(name)
        if texts is None:
            return self.constant(None)
        factor = unit_factor(self.columns[name])
        if factor == 1:
            return self.take(name, read_scaled(texts, places, self.rounding), required=required)
        finer = read_scaled(texts, places + len(str(factor)) - 1, self.rounding)
        return self.take(name, finer, required=required)

    def numbered(self, name: str, *, required: bool = False, limit: int = 2**31) -> pl.Series:
        """Numbers into a dictionary of the distinct names, in the order they first appear."""
        texts = self.texts(name)
        if texts is None:
            self.names[name] = ()
            return self.constant(-1)
        shown = read_texts(texts)
        if required:
            self.report(shown.is_null(), name, "required")
        known = shown.drop_nulls().unique(maintain_order=True)
        if known.len() >= limit:
            params = {"column": self.columns[name], "count": str(known.len())}
            raise RefusedFile("too_many_names", params)
        self.names[name] = tuple(known.to_list())
        return shown.cast(pl.Enum(known)).to_physical().cast(pl.Int64).fill_null(-1)

    def identified(self, name: str, identity: str, *, required: bool = False) -> pl.Series:
        """Stable numbers of identifiers, equal in every file that names the same one."""
        texts = self.texts(name)
        if texts is None:
            self.identities[identity] = pl.DataFrame(schema={"number": pl.Int64, "text": pl.String})
            return self.constant(-1)
        shown = read_texts(texts, identifiers=True)
        if required:
            self.report(shown.is_null(), name, "required")
        known = shown.drop_nulls().unique(maintain_order=True)
        numbers = pl.Series("number", stable_numbers(known.to_list()), dtype=pl.Int64)
        frame = pl.DataFrame([numbers, known.alias("text")])
        clashing = frame.filter(pl.col("number").is_duplicated())["text"]
        self.report(shown.is_in(clashing.implode()).fill_null(False), name, "same_number")
        self.identities[identity] = frame.unique("number", keep="none", maintain_order=True)
        place = shown.cast(pl.Enum(known)).to_physical().cast(pl.Int64)
        return numbers.gather(place).fill_null(-1)

    def constant(self, value: int | None) -> pl.Series:
        return pl.repeat(value, self.table.frame.height, dtype=pl.Int64, eager=True)

    def result(self, columns: Mapping[str, pl.Series]) -> Typed:
        """The good rows, the dictionaries and the problems in the order of the file."""
        height = self.table.frame.height
        order = pl.arange(height, eager=True) if self.order is None else self.order
        frame = pl.DataFrame({**columns, "seq": order, "source_row": self.table.row_numbers})
        found = pl.concat([pl.DataFrame(schema=_PROBLEMS), *self.found]).sort(
            "row", maintain_order=True
        )
        return Typed(
            frame.filter(~(self.bad | self.merged)), self.names, self.identities, self.bad, found
        )


def stable_numbers(texts: Sequence[str]) -> list[int]:
    """The 63-bit number of each identifier: the first eight bytes of its BLAKE2b, sign dropped."""
    blake = hashlib.blake2b
    return [
        int.from_bytes(blake(text.encode(), digest_size=8).digest(), "little") >> 1
        for text in texts
    ]


def _event_log(work: _Work) -> dict[str, pl.Series]:
    case = work.identified("case_id", "case", required=True)
    activity = work.numbered("activity", required=True, limit=_SMALL)
    start, end = work.instants("start_time"), work.instants("end_time", required=True)
    if "lifecycle" in work.columns and "start_time" not in work.columns:
        start = _paired(work, case, activity, end)
    work.report((start > end).fill_null(False), "end_time", "ends_before_start")
    texts = work.texts("outcome")
    outcome = work.constant(None)
    if texts is not None:
        parsed = read_choices(texts, _OUTCOME_NUMBERS, "unknown_outcome")
        outcome = work.take("outcome", parsed, severity="warning")
    return {
        "case_no": case,
        "activity_no": activity,
        "start_us": start,
        "end_us": end,
        "resource_no": work.numbered("resource"),
        "department_no": work.numbered("department", limit=_SMALL),
        "outcome_no": outcome.fill_null(-1),
        "amount_fen": work.amounts("amount", 2),
    }


def _paired(work: _Work, case: pl.Series, activity: pl.Series, instant: pl.Series) -> pl.Series:
    """The start of each completion; rows that only say a start go into their completions."""
    texts = work.texts("lifecycle")
    assert texts is not None
    parsed = read_choices(texts, _TRANSITIONS, "other_transition")
    kind = work.take("lifecycle", parsed, severity="warning").fill_null(lifecycle.COMPLETE)
    kind = kind.set(parsed.wrong(texts), None)
    pairing = lifecycle.paired(case, activity, instant, kind.set(work.bad, None))
    work.report(pairing.never_completed & ~work.bad, "lifecycle", "never_completed")
    work.merged = pairing.is_start | kind.is_null()
    work.order = pairing.seq
    return pairing.start_us


def _lines(work: _Work, kind: Kind) -> dict[str, pl.Series]:
    period, day = _period_and_day(work)
    quantity = work.amounts("quantity", 3)
    if "amount" in work.columns:
        amount = work.amounts("amount", 2, required=True)
    else:
        amount = _priced(work, quantity)
    columns = {
        "period_no": period,
        **{f"{name}_no": work.numbered(name) for name in ("category", "item", "department")},
        "amount_fen": amount,
        "quantity_milli": quantity,
    }
    columns["project_no"] = work.numbered("project")
    if kind == "ledger":
        columns["document_type_no"] = work.numbered("document_type")
        columns["day"] = day.fill_null(-1)
        columns["document_no"] = work.identified("document", "document")
        columns["supplier_no"] = work.numbered("supplier")
    return columns


def _period_and_day(work: _Work) -> tuple[pl.Series, pl.Series]:
    """The month of a line and its day; the date names the month where no column does."""
    day = period = work.constant(None)
    dates, months = work.texts("date"), work.texts("period")
    if dates is not None:
        day = work.take("date", read_days(dates, work.dates(dates)), required=months is None)
        instant = day.cast(pl.Int32).cast(pl.Date).dt
        period = instant.year().cast(pl.Int64) * 100 + instant.month().cast(pl.Int64)
    if months is not None:
        parsed = read_periods(months, work.dates(months))
        period = work.take("period", parsed, required=True)
    return period, day


def _priced(work: _Work, quantity: pl.Series) -> pl.Series:
    """Quantity × unit price in 分, rounded half up (away from zero), where no amount is given."""
    price = work.amounts("unit_price", 4)
    lines = pl.DataFrame([quantity.alias("quantity"), price.alias("price")])
    product = pl.col("quantity").cast(pl.Int128) * pl.col("price").cast(pl.Int128)
    whole = (product.abs() + 50_000) // 100_000 * product.sign()
    amount = lines.select(whole.cast(pl.Int64)).to_series()
    missing = (quantity.is_null() | price.is_null()) & ~work.bad
    work.report(missing, "unit_price", "required")
    return amount
