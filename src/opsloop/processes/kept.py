"""Answers kept on disk, so that a page of unchanged facts reads a file and computes nothing.

A file is named by the digest of everything its answer depends on, so it is never stale; what
cannot be read, for whatever reason, counts as never kept. The folder is bounded: what was not asked
for the longest goes first. Dataclasses are written as JSON and read back by their declared types.
"""

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

from django.conf import settings

Answer = TypeVar("Answer")

MOST_BYTES: Final = 256 * 1024 * 1024
_ENDING: Final = ".json"

log = logging.getLogger(__name__)


class Unreadable(ValueError):
    """The text is not an answer of the kind asked for."""


def stands(key: str) -> bool:
    """Whether an answer is kept under this key."""
    return _path(key).exists()


def read(key: str, kind: type[Answer]) -> Answer | None:
    """The answer kept under a key; None when there is none, or none that can be read."""
    path = _path(key)
    try:
        digest, _line, text = path.read_text(encoding="utf-8").partition("\n")
        if digest != _digest(text):
            raise Unreadable
        found: Answer = _built(kind, json.loads(text))
        os.utime(path)  # asked for now: the last to be dropped
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        log.warning("an answer kept on disk cannot be read and is computed again: %s", path.name)
        return None
    return found


def write(key: str, answer: object) -> None:
    """Keep an answer. A full or read-only disk loses time at the next start, nothing else."""
    text = json.dumps(_plain(answer), ensure_ascii=False, separators=(",", ":"))
    path = _path(key)
    temporary = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="utf-8") as file:
            file.write(f"{_digest(text)}\n{text}")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _drop_oldest(path.parent)
    except OSError:
        log.warning("an answer could not be kept on disk: %s", path.name)
        with suppress(OSError):
            temporary.unlink()


def _drop_oldest(folder: Path) -> None:
    found = [(path.stat(), path) for path in folder.iterdir()]
    whole = sum(about.st_size for about, _file in found)
    for about, path in sorted(found, key=lambda one: one[0].st_mtime):
        if whole <= MOST_BYTES:
            return
        path.unlink(missing_ok=True)
        whole -= about.st_size


def _path(key: str) -> Path:
    return Path(settings.ANSWERS_ROOT) / f"{key}{_ENDING}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(one)] for key, one in value.items()]
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.item() if hasattr(value, "item") else value  # NumPy's numbers are no JSON


@cache
def _types(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _built(kind: Any, plain: Any) -> Any:
    """A value of a declared type from what JSON gave. Raises Unreadable."""
    if is_dataclass(kind):
        types = _types(kind)  # type: ignore[arg-type]  # a dataclass here is always the class
        if not isinstance(plain, dict) or plain.keys() != types.keys():
            raise Unreadable
        return kind(**{name: _built(types[name], one) for name, one in plain.items()})  # type: ignore[operator]  # likewise
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _tuple(inner, plain)
    if origin in (dict, Mapping):
        _checked(plain, holds=isinstance(plain, list))
        return dict(_tuple(inner, pair) for pair in plain)
    if origin is Literal:
        return _checked(plain, holds=plain in inner)
    if NoneType in inner:
        return (
            None
            if plain is None
            else _built(next(one for one in inner if one is not NoneType), plain)
        )
    if kind is float:
        return float(_checked(plain, holds=type(plain) in (int, float)))
    return _checked(plain, holds=type(plain) is kind)


def _tuple(inner: tuple[Any, ...], plain: Any) -> tuple[Any, ...]:
    _checked(plain, holds=isinstance(plain, list))
    if inner[-1] is Ellipsis:
        return tuple(_built(inner[0], one) for one in plain)
    _checked(plain, holds=len(plain) == len(inner))
    return tuple(_built(one, each) for one, each in zip(inner, plain, strict=True))


def _checked(value: Any, *, holds: bool) -> Any:
    if not holds:
        raise Unreadable
    return value
