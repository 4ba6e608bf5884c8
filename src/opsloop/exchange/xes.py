"""Event logs in XES: streamed, one row per execution of a step.

Column labels are the XES keys themselves (`concept:name`, `org:resource` …, attributes of the
case with `case:` before them). A `start` and the next `complete` of the same activity in a case
(same `concept:instance` where given) become one row with both times; a start that never completes
keeps its row with an empty end. Other transitions are counted in the meta data.
"""

from collections import Counter, deque
from pathlib import Path
from typing import Any
from xml.parsers import expat

import polars as pl

from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Grid

CASE, ACTIVITY, TIME = "case:concept:name", "concept:name", "time:timestamp"
START = "start:timestamp"
_TRANSITION, _INSTANCE = "lifecycle:transition", "concept:instance"
_VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})
_SECTIONS = frozenset({"trace", "event"})


def read_xes(path: Path) -> Grid:
    """The executions of an event log as text columns. Raises RefusedFile."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise RefusedFile("bad_xes", {"reason": str(error)}) from error
    if not reader.seen_log:
        raise RefusedFile("bad_xes", {"reason": "log"})
    return Grid(reader.frame(), labels=tuple(reader.labels()), meta=reader.meta())


def _refuse(*_: Any) -> None:
    raise RefusedFile("unsafe_part")


class _Reader:
    """Collects the direct attributes of each trace and event; deeper ones are theirs, not ours."""

    def __init__(self) -> None:
        self.seen_log = False
        self.depth = 0
        self.case: dict[str, str] = {}
        self.event: dict[str, str] | None = None
        self.section_depth = 0
        self.events: list[dict[str, str]] = []
        self.trace: list[dict[str, str]] = []
        self.transitions: Counter[str] = Counter()
        self.in_trace = False

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if tag in _SECTIONS:
            self.section_depth = self.depth
            if tag == "trace":
                self.in_trace, self.case, self.trace = True, {}, []
            else:
                self.event = {}
        elif tag in _VALUES and self.in_trace and self.depth == self.section_depth + 1:
            target = self.case if self.event is None else self.event
            target[attributes.get("key", "")] = attributes.get("value", "")
        elif tag == "log":
            self.seen_log = True

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "event" and self.event is not None:
            if self.in_trace:
                self.trace.append(self.event)
            self.event = None
            self.section_depth = self.depth
        elif tag == "trace":
            self._close_trace()

    def _close_trace(self) -> None:
        self.in_trace = False
        known = {f"case:{key}": value for key, value in self.case.items()}
        waiting: dict[tuple[str, str], deque[dict[str, str]]] = {}
        for event in self.trace:
            transition = event.pop(_TRANSITION, "complete").lower()
            self.transitions[transition] += 1
            row = {**known, **event}
            key = (event.get(ACTIVITY, ""), event.get(_INSTANCE, ""))
            if transition == "start":
                row[START] = row.pop(TIME, "")
                waiting.setdefault(key, deque()).append(row)
                self.events.append(row)
            elif transition == "complete":
                started = waiting.get(key)
                if started:
                    started.popleft().update(row)
                else:
                    self.events.append(row)

    def labels(self) -> list[str]:
        first = [CASE, ACTIVITY, START, TIME]
        keys = dict.fromkeys(key for event in self.events for key in event)
        return [key for key in first if key in keys] + [key for key in keys if key not in first]

    def frame(self) -> pl.DataFrame:
        columns = {
            f"c{index}": pl.Series(
                [event.get(key) or None for event in self.events], dtype=pl.String
            )
            for index, key in enumerate(self.labels())
        }
        return pl.DataFrame(columns)

    def meta(self) -> dict[str, str]:
        return {f"transition:{name}": str(count) for name, count in self.transitions.items()}
