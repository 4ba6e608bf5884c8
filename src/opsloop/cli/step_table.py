"""The step table of `--model`: which steps a case should take, from a small CSV file."""

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsloop.cli.speech import Refusal
from opsloop.cli.speech import gettext as _

if TYPE_CHECKING:
    from opsloop.analysis.conformance import ModelStep


@dataclass(frozen=True)
class StepTable:
    """The model with names: numbers are those of the log, steps it lacks come after them."""

    steps: tuple["ModelStep", ...]
    names: Mapping[int, str]
    roles: Mapping[int, tuple[str, ...]]
    unknown: tuple[str, ...]  # steps of the table that the log never shows


@cache
def _labels() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".toml")
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_labels()["patterns"][name])


def read_step_table(path: Path, log_steps: Sequence[str]) -> StepTable:
    """Read the table; raises `Refusal` with one sentence when it is none."""
    rows = list(_rows(path))
    columns = _columns(rows[0]) if rows else {}
    if "step" not in columns or len(rows) < 2:
        raise Refusal(
            _("%(file)s: a step table has a heading “step” and one row per step.")
            % {"file": path.name}
        )
    cells = [{key: _cell(row, at) for key, at in columns.items()} for row in rows[1:]]
    cells = [row for row in cells if row["step"]]
    wanted = [_pattern("numbering").sub("", row["step"]) for row in cells]
    numbers = {name: number for number, name in enumerate(log_steps)}
    unknown = [name for name in dict.fromkeys(wanted) if name not in numbers]
    numbers |= {name: len(log_steps) + at for at, name in enumerate(unknown)}
    groups = {name: at for at, name in enumerate(dict.fromkeys(r.get("group", "") for r in cells))}
    steps = tuple(
        _step(path, row, numbers, name, groups) for row, name in zip(cells, wanted, strict=True)
    )
    roles = {
        step.activity_no: _names(row.get("role", ""))
        for step, row in zip(steps, cells, strict=True)
    }
    return StepTable(
        steps, {number: name for name, number in numbers.items()},
        {number: names for number, names in roles.items() if names}, tuple(unknown),
    )  # fmt: skip


def _rows(path: Path) -> Iterator[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="gb18030", errors="replace")
    except OSError as error:
        raise Refusal(_("There is no file “%(path)s”.") % {"path": path}) from error
    yield from (row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row))


def _columns(heading: Sequence[str]) -> dict[str, int]:
    known = {word: key for key, words in _labels()["columns"].items() for word in words}
    found: dict[str, int] = {}
    for at, cell in enumerate(heading):
        plain = cell.strip().casefold()
        key = known.get(plain) or known.get(_pattern("brackets").sub("", plain).strip())
        if key is not None:
            found.setdefault(key, at)
    return found


def _cell(row: Sequence[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _pattern("names").split(text) if part.strip())


def _step(
    path: Path, row: Mapping[str, str], numbers: Mapping[str, int], name: str,
    groups: Mapping[str, int],
) -> "ModelStep":  # fmt: skip
    from opsloop.analysis.conformance import ModelStep

    back = _names(row.get("may_return_to", ""))
    if strange := [target for target in back if target not in numbers]:
        raise Refusal(
            _("%(file)s: “%(step)s” may return to “%(target)s”, which is no step.")
            % {"file": path.name, "step": name, "target": strange[0]}
        )
    group = row.get("group", "")
    return ModelStep(
        numbers[name], row.get("optional", "").casefold() not in _labels()["words"]["yes"],
        groups[group] if group else None,
        frozenset(numbers[target] for target in back),
        _fen(path, name, row.get("from_amount", "")),
    )  # fmt: skip


def _fen(path: Path, step: str, text: str) -> int | None:
    from opsloop.exchange.values import parse_number

    if not text:
        return None
    amount = parse_number(text)
    if not isinstance(amount, Decimal):
        raise Refusal(
            _("%(file)s: the amount “%(text)s” of “%(step)s” is no number.")
            % {"file": path.name, "text": text, "step": step}
        )
    return int(amount * 100)
