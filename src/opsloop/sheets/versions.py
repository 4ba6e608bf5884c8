"""The version of a row names the state of each of its cells, so that only the same cell conflicts."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder

from opsloop.exchange.columns import Column, FilledSheet
from opsloop.sheets.register import CellChange, Conflict

_DIGITS: Final = 8


def version_of(values: Mapping[str, Any], columns: Sequence[Column]) -> str:
    """The state of the editable cells among `columns`, eight digits each, in their order."""
    return "".join(_digest(values.get(column.key)) for column in columns if _counts(column))


def header_version(filled: FilledSheet) -> str:
    return version_of(filled.header, filled.sheet.header)


def changed_since(
    version: str, values: Mapping[str, Any], columns: Sequence[Column]
) -> frozenset[str]:
    """Keys of the cells whose state differs from `version`; all of them for no known version."""
    kept = [column.key for column in columns if _counts(column)]
    parts = [version[at : at + _DIGITS] for at in range(0, len(version), _DIGITS)]
    if len(parts) != len(kept):
        return frozenset(kept)
    return frozenset(
        key for key, part in zip(kept, parts, strict=True) if part != _digest(values.get(key))
    )


def conflicts_of(
    change: CellChange, values: Mapping[str, Any] | None, columns: Sequence[Column]
) -> list[Conflict]:
    """Cells sent against a state that is gone; `values` are None when the row itself is gone.

    Two people writing the same into a cell do not conflict.
    """
    if values is None:
        return [Conflict(change.row, key, value, None) for key, value in change.values.items()]
    changed = changed_since(change.version, values, columns)
    return [
        Conflict(change.row, key, value, values.get(key))
        for key, value in change.values.items()
        if key in changed and value != values.get(key)
    ]


def _counts(column: Column) -> bool:
    return column.editable and not column.computed


def _digest(value: Any) -> str:
    text = json.dumps(value, cls=DjangoJSONEncoder) if value not in ("", None) else ""
    return blake2b(text.encode(), digest_size=_DIGITS // 2).hexdigest()
