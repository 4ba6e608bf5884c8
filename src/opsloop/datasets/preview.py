"""The import preview as the page shows it: every finding in the reader's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.datasets import checking, words
from opsloop.datasets.models import ImportBatch, Kind
from opsloop.datasets.refusals import Refused, sentence
from opsloop.exchange.mapping import FIELDS
from opsloop.ui import numbers

_SURE, _LIKELY = 0.9, 0.6
DATE_ORDERS: Final = (
    ("", gettext_lazy("decide by the values")),
    ("month_first", gettext_lazy("month first: 4 March")),
    ("day_first", gettext_lazy("day first: 3 April")),
)


@dataclass(frozen=True)
class ColumnLine:
    """One column of the file: what it is called, looks like and is understood as."""

    index: int
    label: str
    samples: str
    field: str
    certainty: str
    tone: str


@dataclass(frozen=True)
class HeadLine:
    number: int
    cells: list[str]
    is_header: bool


@dataclass(frozen=True)
class Example:
    row: int
    value: str


@dataclass(frozen=True)
class Group:
    """Every row with the same problem in the same column."""

    label: str
    tone: str
    text: str
    column: str
    count: int
    examples: list[Example]
    remedy: str


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    hint: str = ""


@dataclass(frozen=True)
class Preview:
    """What a page needs of a batch; computed only as far as the page asks."""

    batch: ImportBatch

    @property
    def findings(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.batch.findings
        return found

    @property
    def failure(self) -> str:
        return sentence(self.batch.failure_code, self.batch.failure_params)

    @property
    def read_as(self) -> str:
        """The format and, where there is one, the encoding or the sheet."""
        meta = self.findings["meta"]
        parts = [self.findings["format"], meta.get("encoding", ""), self.findings["sheet"]]
        return " · ".join(part for part in parts if part)

    @property
    def wide(self) -> str:
        """How many months stood side by side; empty when none did."""
        return str(self.findings["meta"].get("wide", ""))

    @property
    def wide_sums(self) -> str:
        return str(self.findings["meta"].get("wide_sums", ""))

    @property
    def unit(self) -> str:
        """The unit said above the header; empty when none is."""
        return str(self.findings.get("unit", ""))

    @property
    def sums(self) -> str:
        """The rows left out because they sum others up; empty when there are none."""
        rows, count = self.findings.get("sums", []), self.findings.get("sum_count", 0)
        return _(", ").join(map(str, rows)) + (" …" if count > len(rows) else "")

    @property
    def keeps_sums(self) -> bool:
        return bool(self.batch.options.get("keep_sums"))

    @property
    def has_amounts(self) -> bool:
        return bool(self.batch.dataset.kind != Kind.EVENT_LOG)

    @property
    def covers(self) -> str:
        if self.batch.first_day is None:
            return ""
        return f"{numbers.day(self.batch.first_day)} – {numbers.day(self.batch.last_day)}"

    @property
    def may_commit(self) -> bool:
        return not self.findings["missing"] and self.batch.good_rows > 0

    @property
    def missing(self) -> str:
        separator = _(", ")
        return separator.join(str(words.FIELDS[name]) for name in self.findings["missing"])

    @cached_property
    def overlaps(self) -> str:
        names = [f"“{other.file_name}”" for other in checking.overlapping(self.batch)]
        return _(", ").join(names)

    @property
    def facts(self) -> list[Fact]:
        return list(_facts(self.findings.get("measures", {})))

    @property
    def fields(self) -> list[tuple[str, str]]:
        return [(name, str(words.FIELDS[name])) for name in FIELDS[self.batch.dataset.kind]]

    @property
    def columns(self) -> list[ColumnLine]:
        by_label = {label: field for field, label in self.batch.mapping.items()}
        samples = zip(self.findings["labels"], self.findings["samples"], strict=True)
        return [
            self._column(index, label, texts, by_label.get(label, ""))
            for index, (label, texts) in enumerate(samples)
        ]

    def _column(self, index: int, label: str, texts: list[str], field: str) -> ColumnLine:
        certainty, tone = "", ""
        if field:
            confidence = self.findings["confidence"].get(field, 0)
            certainty, tone = _certainty(confidence, guessed=self.findings["guessed"])
        return ColumnLine(index, label, _(", ").join(texts), field, certainty, tone)

    @property
    def sheets(self) -> list[str]:
        found: list[str] = self.findings["sheets"]
        return found if len(found) > 1 else []

    @property
    def sheet(self) -> str:
        return str(self.findings["sheet"])

    @property
    def head(self) -> list[HeadLine]:
        header = set(self.findings["header_rows"])
        if self.findings["format"] in {"xes", "parquet"} or self.batch.is_correction:
            return []
        return [
            HeadLine(number, cells, number in header)
            for number, cells in enumerate(self.findings["head"], start=1)
        ]

    @property
    def head_width(self) -> int:
        return max((len(cells) for cells in self.findings["head"]), default=1)

    @property
    def header_unsure(self) -> bool:
        return list(self.findings["header_rows"]) != [1]

    @property
    def header_text(self) -> str:
        rows = self.findings["header_rows"]
        return _(", ").join(str(row) for row in rows) if rows else _("none")

    @property
    def date_orders(self) -> tuple[tuple[str, Any], ...]:
        return DATE_ORDERS

    @property
    def date_order(self) -> str:
        return str(self.batch.options.get("date_order", ""))

    @property
    def default_year(self) -> str:
        return str(self.batch.options.get("default_year") or "")

    @cached_property
    def groups(self) -> list[Group]:
        return [_group(found) for found in self.findings.get("problems", [])]

    @cached_property
    def understood(self) -> dict[str, Any]:
        first = self.findings.get("first", {"fields": [], "rows": []})
        shown = [words.shown(field) for field in first["fields"]]
        rows = [
            (number, [show(cell) for show, cell in zip(shown, cells, strict=True)])
            for number, cells in first["rows"]
        ]
        return {"labels": [words.FIELDS[name] for name in first["fields"]], "rows": rows}


def of(batch: ImportBatch) -> Preview:
    """The preview of a batch, whatever its state."""
    return Preview(batch)


def _certainty(confidence: float, *, guessed: bool) -> tuple[str, str]:
    if not guessed:
        return _("set by a person"), "info"
    if confidence >= _SURE:
        return _("sure"), "good"
    if confidence >= _LIKELY:
        return _("likely"), "info"
    return _("please check"), "warn"


def _group(found: Mapping[str, Any]) -> Group:
    is_error = found["severity"] == "error"
    first = found["examples"][0]
    return Group(
        label=_("left out") if is_error else _("note"),
        tone="bad" if is_error else "warn",
        text=sentence(found["code"], first["params"], first["value"]),
        column=found["column"],
        count=found["count"],
        examples=[Example(one["row"], one["value"]) for one in found["examples"]],
        remedy=words.remedy(found["code"]),
    )


def _facts(measures: Mapping[str, int]) -> Iterator[Fact]:
    if "cases" in measures:
        yield Fact(_("Cases"), numbers.count(measures["cases"]))
        yield Fact(_("Steps"), numbers.count(measures["activities"]))
    if measures.get("ties"):
        hint = _("kept in the order of the file")
        yield Fact(_("Events at the same instant"), numbers.count(measures["ties"]), hint)
    if "total_fen" in measures:
        yield Fact(_("Total"), numbers.money(Decimal(measures["total_fen"]) / 100))
        yield Fact(_("Items"), numbers.count(measures["items"]))


def reading_of(batch: ImportBatch, posted: Mapping[str, str], header: list[str]) -> dict[str, Any]:
    """What a posted form changes in how a batch is read. Raises Refused.

    A new sheet or header makes the posted columns meaningless: they are guessed afresh.
    """
    found = batch.findings
    if not found:
        return {}
    rows = sorted(int(row) for row in header if row.isdecimal())[:5]
    reading: dict[str, Any] = {"options": _options(posted)}
    if posted.get("sheet", found["sheet"]) != found["sheet"]:
        return {**reading, "sheet": posted["sheet"], "header_rows": None}
    if "head" in posted and rows != found["header_rows"]:
        return {**reading, "header_rows": rows}
    return {**reading, "mapping": _posted_mapping(batch, posted)}


def _options(posted: Mapping[str, str]) -> dict[str, Any]:
    order, year = posted.get("date_order", ""), posted.get("default_year", "")
    options: dict[str, Any] = {}
    if order in {"month_first", "day_first"}:
        options["date_order"] = order
    if year.isdecimal() and 1900 <= int(year) <= 2999:
        options["default_year"] = int(year)
    if posted.get("keep_sums"):
        options["keep_sums"] = True
    return options


def _posted_mapping(batch: ImportBatch, posted: Mapping[str, str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for index, label in enumerate(batch.findings["labels"]):
        field = posted.get(f"column-{index}", "")
        if field not in FIELDS[batch.dataset.kind]:
            continue
        if field in mapping:
            raise Refused("field_twice", {"field": field})
        mapping[field] = label
    return mapping


def problem_lines(batch: ImportBatch, *, most: int) -> list[str]:
    """The problems as plain lines for the command line: row, column, sentence."""
    lines = [
        _("row %(row)s, %(column)s: %(text)s")
        % {
            "row": example["row"],
            "column": found["column"],
            "text": sentence(found["code"], example["params"], example["value"]),
        }
        for found in batch.findings.get("problems", [])
        for example in found["examples"]
    ]
    return lines[:most]
