"""Which cases a page looks at: conditions in the address, shown as chips that can be taken off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from opsloop.analysis.segments import CaseFilter

_LISTS: Final = {"with": "with_steps", "without": "without_steps"}
_SINGLES: Final = ("start", "end")


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
    edge: tuple[int, int] | None = None

    @classmethod
    def parse(cls, query: QueryDict, steps: Sequence[str]) -> "Chosen":
        """Unknown steps and words are passed over."""
        kept = query.copy()
        picked, edge = kept.pop("pick", [""])[-1], kept.pop("path", [""])[-1]
        fields: dict[str, Any] = {}
        chips = []
        for name in (*_LISTS, *_SINGLES, "follows"):
            for text in dict.fromkeys(kept.getlist(name)):
                value = _pair(text, steps) if name == "follows" else _step(text, steps)
                if value is None:
                    continue
                chips.append(Chip(_words(name, value, steps), _without(kept, name, text)))
                if name in _SINGLES:
                    fields[name] = value
                else:
                    field = _LISTS.get(name, name)
                    fields[field] = (*fields.get(field, ()), value)
        return cls(
            CaseFilter(**fields), tuple(chips), kept, _step(picked, steps), _pair(edge, steps)
        )

    def address(self, **more: object) -> str:
        """The query with further conditions."""
        query = self.query.copy()
        for name, value in more.items():
            query.appendlist(name.rstrip("_"), str(value))
        return "?" + query.urlencode()


def _step(text: str, steps: Sequence[str]) -> int | None:
    return int(text) if text.isdecimal() and int(text) < len(steps) else None


def _pair(text: str, steps: Sequence[str]) -> tuple[int, int] | None:
    source, _dash, target = text.partition("-")
    one, other = _step(source, steps), _step(target, steps)
    return None if one is None or other is None else (one, other)


def _words(name: str, value: Any, steps: Sequence[str]) -> str:
    if name == "follows":
        return _("%(step)s directly followed by %(next)s") % {
            "step": steps[value[0]], "next": steps[value[1]],
        }  # fmt: skip
    text = {
        "with": _("with %(step)s"), "without": _("without %(step)s"),
        "start": _("starting with %(step)s"), "end": _("ending with %(step)s"),
    }[name]  # fmt: skip
    return text % {"step": steps[value]}


def _without(query: QueryDict, name: str, text: str) -> str:
    left = query.copy()
    left.setlist(name, [value for value in left.getlist(name) if value != text])
    return "?" + left.urlencode()
