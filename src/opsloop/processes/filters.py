"""Which cases a page looks at: conditions in the address, shown as chips that can be taken off.

`CONDITIONS` declares the language: the name in the address, the field of `CaseFilter` it fills, how
its value is read, and its words. Every page of a process speaks it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.analysis.case_filter import Between, CaseFilter
from opsloop.analysis.period import Period
from opsloop.facts.schema import OUTCOMES

Names = Mapping[str, Sequence[str]]
_EPOCH: Final = date(1970, 1, 1)
_FEN: Final = 100


@dataclass(frozen=True)
class Condition:
    """One word of the language."""

    name: str
    field: str
    read: Callable[[str, Names], Any]  # None for a text that says nothing
    words: Callable[[str, Names], str]  # of one value, for texts that `read` understands
    any_of: bool = False  # a case has one such value: several of them share a chip


def _step(text: str, names: Names) -> int | None:
    return int(text) if text.isdecimal() and int(text) < len(names["activity"]) else None


def _steps(text: str, names: Names) -> tuple[int, ...] | None:
    found = [_step(part, names) for part in text.split("-")]
    known = tuple(step for step in found if step is not None)
    return known if len(known) == len(found) else None


def _pair(text: str, names: Names) -> tuple[int, ...] | None:
    found = _steps(text, names)
    return found if found and len(found) == 2 else None


def _named(kind: str) -> Callable[[str, Names], int | None]:
    """Departments and people stand in the address by name: numbers change with the next import."""

    def read(text: str, names: Names) -> int | None:
        known = list(names.get(kind, ()))
        return known.index(text) if text in known else None

    return read


def _outcome(text: str, _names: Names) -> int | None:
    return OUTCOMES.index(text) if text in OUTCOMES else None


def _ends(text: str) -> tuple[str, str]:
    low, _dots, high = text.partition("..")
    return low.strip(), high.strip()


def _days(text: str, _names: Names) -> Between | None:
    """“2024-01-01..2024-03-31”: days or periods such as 2024-Q1, either side open, or one period."""
    low, high = _ends(text) if ".." in text else (text, text)
    try:
        first = (Period.parse(low).start - _EPOCH).days if low else None
        last = (Period.parse(high).end - _EPOCH).days - 1 if high else None
    except ValueError:
        return None
    return None if first is None and last is None else Between(first, last)


def _numbers(scale: int) -> Callable[[str, Names], Between | None]:
    def read(text: str, _names: Names) -> Between | None:
        try:
            low, high = (
                float(Decimal(one.replace(",", "")) * scale) if one else None for one in _ends(text)
            )
        except InvalidOperation:
            return None
        return None if low is None and high is None else Between(low, high)

    return read


def _say(shape: Any, part: Callable[[str, Names], str]) -> Callable[[str, Names], str]:
    return lambda text, names: str(shape) % {"it": part(text, names)}


def _step_name(text: str, names: Names) -> str:
    return str(names["activity"][int(text)])


def _path(text: str, names: Names) -> str:
    return " → ".join(_step_name(part, names) for part in text.split("-"))


def _itself(text: str, _names: Names) -> str:
    return text


def _span(text: str, _names: Names) -> str:
    if ".." not in text:
        return text
    low, high = _ends(text)
    if low and high:
        return f"{low} – {high}"
    return f"≥ {low}" if low else f"≤ {high}"


def outcome_words() -> dict[str, str]:
    """Decisions a case may contain, as the chips and the panel say it."""
    return {
        "approved": _("approved at least once"), "returned": _("returned at least once"),
        "rejected": _("rejected at least once"), "withdrawn": _("withdrawn"),
        "delegated": _("delegated at least once"),
    }  # fmt: skip


CONDITIONS: Final = (
    Condition("with", "with_steps", _step, _say(gettext_lazy("with %(it)s"), _step_name)),
    Condition("without", "without_steps", _step, _say(gettext_lazy("without %(it)s"), _step_name)),
    Condition("start", "starts", _step, _say(gettext_lazy("starting with %(it)s"), _step_name), True),
    Condition("end", "ends", _step, _say(gettext_lazy("ending with %(it)s"), _step_name), True),
    Condition("follows", "follows", _pair, _say(gettext_lazy("directly in a row: %(it)s"), _path)),
    Condition("variant", "variants", _steps, _say(gettext_lazy("variant %(it)s"), _path), True),
    Condition("started", "started", _days, _say(gettext_lazy("submitted %(it)s"), _span)),
    Condition("completed", "completed", _days, _say(gettext_lazy("completed %(it)s"), _span)),
    Condition("within", "within", _days, _say(gettext_lazy("submitted and completed %(it)s"), _span)),
    Condition(
        "department", "departments", _named("department"),
        _say(gettext_lazy("submitted by %(it)s"), _itself), True,
    ),
    Condition(
        "handled", "handled", _named("department"), _say(gettext_lazy("handled by %(it)s"), _itself)
    ),
    Condition("person", "people", _named("resource"), _say(gettext_lazy("handled by %(it)s"), _itself)),
    Condition("outcome", "outcomes", _outcome, lambda text, _names: outcome_words()[text]),
    Condition("amount", "amounts", _numbers(_FEN), _say(gettext_lazy("amount %(it)s yuan"), _span)),
    Condition("hours", "hours", _numbers(1), _say(gettext_lazy("cycle time %(it)s h"), _span)),
)  # fmt: skip
NAMES: Final = tuple(condition.name for condition in CONDITIONS)
# Two fields of the panel make one span; the first column names the condition it becomes.
_TYPED: Final = (("amount", "amount_from", "amount_to"), ("hours", "hours_from", "hours_to"))
PERIODS: Final = ("started", "completed", "within")


@dataclass(frozen=True)
class Chip:
    """A condition in words, and the address without it."""

    text: str
    off: str


@dataclass(frozen=True)
class Chosen:
    """The filter of an address; `query` holds everything but what is picked for a closer look."""

    wanted: CaseFilter
    chips: tuple[Chip, ...]
    query: QueryDict
    step: int | None = None
    edge: tuple[int, ...] | None = None
    people: bool = False  # may single people be shown?

    @classmethod
    def parse(cls, query: QueryDict, names: Names, *, people: bool = False) -> "Chosen":
        """Unknown names and malformed values are passed over; people only where they may be seen."""
        kept = _settled(query)
        picked, edge = kept.pop("pick", [""])[-1], kept.pop("path", [""])[-1]
        fields: dict[str, Any] = {}
        told: list[tuple[Condition, list[str]]] = []
        for condition in CONDITIONS:
            known = {}
            if people or condition.name != "person":
                read = {text: condition.read(text, names) for text in kept.getlist(condition.name)}
                known = {text: value for text, value in read.items() if value is not None}
            kept.pop(condition.name, None)
            if known:
                kept.setlist(condition.name, list(known))
                fields[condition.field] = tuple(known.values())
                groups = [list(known)] if condition.any_of else [[text] for text in known]
                told += [(condition, texts) for texts in groups]
        chips = tuple(_chip(condition, texts, names, kept) for condition, texts in told)
        return cls(
            CaseFilter(**fields), chips, kept, _step(picked, names), _pair(edge, names), people
        )  # fmt: skip

    def address(self, **more: object) -> str:
        """The query with further conditions."""
        query = self.query.copy()
        for name, value in more.items():
            if str(value) not in query.getlist(name.rstrip("_")):
                query.appendlist(name.rstrip("_"), str(value))
        return "?" + query.urlencode()

    def with_variants(self, variants: Iterable[str]) -> str:
        """The conditions with these variants and no other."""
        query = QueryDict(self.carried.removeprefix("?"), mutable=True)
        query.setlist("variant", list(variants))
        return "?" + query.urlencode()

    @property
    def carried(self) -> str:
        """The conditions alone, for the other pages of the process; empty without any."""
        query = QueryDict(mutable=True)
        for name in NAMES:
            query.setlist(name, self.query.getlist(name))
        return "?" + query.urlencode() if self.chips else ""

    @property
    def cleared(self) -> str:
        """The address without any condition."""
        query = self.query.copy()
        for name in NAMES:
            query.pop(name, None)
        return "?" + query.urlencode()


def _settled(query: QueryDict) -> QueryDict:
    """The query with what was typed into the panel put as conditions, and empty values dropped."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if any(values):
            kept.setlist(name, [value for value in values if value])
    typed = [
        (condition, kept.pop(low, [""])[-1], kept.pop(high, [""])[-1])
        for condition, low, high in (*_TYPED, ("", "since", "until"))
    ]
    period = kept.pop("period", [""])[-1]
    for condition, low, high in typed:
        name = condition or (period if period in PERIODS else "")
        if name and (low or high):
            kept.appendlist(name, f"{low}..{high}")
    return kept


def _chip(condition: Condition, texts: Sequence[str], names: Names, kept: QueryDict) -> Chip:
    words = [condition.words(text, names) for text in texts]
    said = words[0] if len(words) == 1 else _(" or ").join(words)
    left = kept.copy()
    left.setlist(
        condition.name, [one for one in left.getlist(condition.name) if one not in texts]
    )  # fmt: skip
    return Chip(said, "?" + left.urlencode())
