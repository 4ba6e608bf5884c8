"""Which column of a raw table is which field: proposed from header words, types and values.

A proposal is never applied silently: the import page shows it with its reasons and a person
confirms it once; the command line prints what it took.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import polars as pl

from opsloop.exchange.dates import DateReading, parse_datetime, parse_period
from opsloop.exchange.problems import Fault, gettext_noop
from opsloop.exchange.table import Table
from opsloop.exchange.values import WORDS, is_empty, parse_number, plain

Kind = Literal["event_log", "ledger", "budget"]
Reason = Literal["name", "part_of_name", "values", "only_time"]

_SAMPLE = 200
_FIRST_ROWS = 20_000
_LEAST = 0.35
_READING = DateReading(order="month_first", default_year=2000)
_DROPPED = re.compile(r"[\s_\-:.·*/]+")
_UNIT = re.compile(r"[(\[（【].*?[)\]）】]")


def _load() -> dict[str, dict[str, Any]]:
    path = Path(__file__).with_name("synonyms.toml")
    kinds: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
    for fields in kinds.values():
        for name, words in fields.items():
            if "same" in words:
                other, key = words["same"].split(".")
                fields[name] = kinds[other][key]
    return kinds


FIELDS: Mapping[str, Mapping[str, Mapping[str, Any]]] = _load()
"""Kind → field → its type, its synonyms and whether it is required."""

FIELD_LABELS: Mapping[str, str] = {
    "case_id": gettext_noop("Case number"),
    "activity": gettext_noop("Step"),
    "end_time": gettext_noop("End time"),
    "start_time": gettext_noop("Start time"),
    "lifecycle": gettext_noop("Start or completion"),
    "resource": gettext_noop("Handled by"),
    "department": gettext_noop("Department"),
    "outcome": gettext_noop("Approval result"),
    "amount": gettext_noop("Amount"),
    "period": gettext_noop("Accounting period"),
    "date": gettext_noop("Date"),
    "category": gettext_noop("Cost category"),
    "item": gettext_noop("Cost item"),
    "quantity": gettext_noop("Quantity"),
    "unit_price": gettext_noop("Unit price"),
    "document": gettext_noop("Document number"),
    "supplier": gettext_noop("Supplier"),
    "project": gettext_noop("Project"),
    "document_type": gettext_noop("Document type"),
}
"""Field → its English label, to be translated by the room that shows it."""

_LIFECYCLE = {word for words in WORDS["lifecycle"].values() for word in words}
_OUTCOMES = {word for words in WORDS["outcomes"].values() for word in words}


@dataclass(frozen=True)
class ColumnMapping:
    """Field → header label, with how sure each guess is (0 to 1) and what it rests on."""

    kind: str
    columns: Mapping[str, str]
    confidence: Mapping[str, float] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """Required fields without a column; `period` stands for a month or a date."""
        wanted = [name for name, words in FIELDS[self.kind].items() if words.get("required")]
        lacking = [name for name in wanted if name not in self.columns]
        if {"quantity", "unit_price"} <= self.columns.keys():
            lacking = [name for name in lacking if name != "amount"]
        if self.kind != "event_log" and not {"period", "date"} & self.columns.keys():
            lacking.append("period")
        if self.kind != "event_log" and not {"category", "item"} & self.columns.keys():
            lacking.append("category")
        return tuple(lacking)


@dataclass(frozen=True)
class _Guess:
    score: float
    name: str
    label: str
    reason: Reason


def propose(kind: Kind, table: Table) -> ColumnMapping:
    """The likeliest column for each field of a kind, each column used at most once."""
    looks = {label: _look(table.frame[label]) for label in table.labels}
    guesses = [
        guess
        for name, words in FIELDS[kind].items()
        for label in table.labels
        if (guess := _guess(name, words, label, looks[label])).score >= _LEAST
    ]
    taken: dict[str, _Guess] = {}
    for guess in sorted(guesses, key=lambda guess: -guess.score):
        if guess.name not in taken and guess.label not in {one.label for one in taken.values()}:
            taken[guess.name] = guess
    if kind == "event_log" and _belongs_to_case(table, taken):
        del taken["start_time"]
    if "start_time" in taken and "end_time" not in taken:
        only = taken.pop("start_time")
        taken["end_time"] = _Guess(only.score, "end_time", only.label, "only_time")
    return ColumnMapping(
        kind,
        {name: guess.label for name, guess in taken.items()},
        {name: round(guess.score, 2) for name, guess in taken.items()},
        {name: guess.reason for name, guess in taken.items()},
    )


def _belongs_to_case(table: Table, taken: Mapping[str, _Guess]) -> bool:
    """Whether the proposed start is a date of the case, repeated on each of its events."""
    if not {"case_id", "start_time", "end_time"} <= taken.keys():
        return False
    case, start = taken["case_id"].label, taken["start_time"].label
    cases = table.frame.head(_FIRST_ROWS).group_by(case)
    several = cases.agg(pl.len().alias("\0events"), pl.col(start).n_unique().alias("\0starts"))
    several = several.filter(pl.col("\0events") > 2)
    constant = several.filter(pl.col("\0starts") == 1).height
    return several.height > 0 and constant * 10 >= several.height * 9


def header_key(label: str) -> str:
    """A header label for comparing: no units in brackets, blanks, separators or capitals."""
    return _DROPPED.sub("", _UNIT.sub("", plain(label)))


@dataclass(frozen=True)
class _Look:
    """What a sample of one column looks like, each as a share from 0 to 1."""

    times: float
    periods: float
    numbers: float
    outcomes: float
    lifecycle: float
    filled: float
    varied: bool
    texts: pl.Series = field(repr=False)

    @cached_property
    def distinct(self) -> float:
        """Share of different texts, counted over the whole column and so only when asked for."""
        return self.texts.n_unique() / self.texts.len()


def _look(column: pl.Series) -> _Look:
    texts = column.drop_nulls()
    # Spread over the table: the first rows of an export often belong to one case or month.
    step = max(texts.len() // _SAMPLE, 1)
    sample = [
        text for text in texts.gather_every(step).head(_SAMPLE).to_list() if not is_empty(text)
    ]
    if not sample:
        return _Look(0, 0, 0, 0, 0, 0, varied=False, texts=texts)
    size = len(sample)
    return _Look(
        times=_share(sample, lambda text: parse_datetime(text, _READING)),
        periods=_share(sample, lambda text: parse_period(text, _READING)),
        numbers=_share(sample, parse_number),
        outcomes=sum(1 for text in sample if plain(text) in _OUTCOMES) / size,
        lifecycle=sum(1 for text in sample if plain(text) in _LIFECYCLE) / size,
        texts=texts,
        varied=len(set(sample)) > 1,
        filled=texts.len() / column.len(),
    )


def _share(sample: Sequence[str], parse: Any) -> float:
    return sum(1 for text in sample if not isinstance(parse(text), Fault)) / len(sample)


def _guess(name: str, words: Mapping[str, Any], label: str, look: _Look) -> _Guess:
    named, reason = _by_name(words["names"], header_key(label))
    if not named:
        named, reason = _by_values(words["type"], look), "values"
    fitness = _fitness(name, words["type"], look) if named else 0.0
    return _Guess(named * fitness, name, label, reason)


def _by_name(names: Sequence[str], key: str) -> tuple[float, Reason]:
    if key in names:
        return 1 - 0.005 * names.index(key), "name"
    # A longer header that ends in a synonym (采购申请单号) rather than one that merely contains it.
    parts = [
        (0.6 if key.endswith(word) else 0.35) + 0.15 * len(word) / len(key)
        for word in names
        if len(word.encode()) >= 4 and word in key
    ]
    return max(parts, default=0.0), "part_of_name"


def _fitness(name: str, kind: str, look: _Look) -> float:
    """How well the values fit the type: a header word alone does not make a date of a number."""
    if not look.filled:
        return 0.5
    shares = {"time": look.times, "period": look.periods, "number": look.numbers}
    if kind in shares:
        # A column of nothing but slips is still proposed when its header says just what it is.
        return max(shares[kind], 0.4)
    if kind == "outcome":
        return max(look.outcomes, 0.3)
    if kind == "lifecycle":
        return look.lifecycle
    if name == "case_id":
        # A case has several events: an identifier that never repeats is that of the event.
        return 0.6 if look.distinct > 0.98 else 1.0
    if kind == "name":
        return 0.4 if look.times > 0.9 and look.numbers < 0.5 else 1.0
    return 1.0


def _by_values(kind: str, look: _Look) -> float:
    """A faint guess from the values alone, for headers in words nobody foresaw."""
    if kind == "time" and look.times > 0.9 and look.numbers < 0.5:
        return 0.4
    if kind == "lifecycle" and look.lifecycle > 0.9 and look.varied:
        return 0.7
    if kind == "outcome" and look.outcomes > 0.9 and look.varied:
        return 0.6
    return 0.0


def unit_factor(label: str) -> int:
    """What one unit of a column is in plain units: 10,000 for `金额（万元）`, 1 without a unit."""
    for unit in reversed(_UNIT.findall(plain(label))):
        for word, factor in sorted(WORDS["multipliers"].items(), key=lambda pair: -len(pair[0])):
            if unit[1:-1].startswith(word) and not word.isascii():
                return int(factor)
    return 1
