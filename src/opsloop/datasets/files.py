"""Files as received: streamed to disk below UPLOADS_ROOT under a name nobody can guess.

A folder is filled under a temporary name, synced and renamed; a folder no batch knows is an
orphan of a crash, ignored by everything and removed by `verification.sweep`.
"""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from opsloop.datasets.refusals import Refused
from opsloop.datasets.uploads import limit_mb

# The last endings of a name that say something about the format; anything else is "data".
_ENDING: Final = re.compile(
    r"((?:\.[a-z0-9]{1,8})?\.(?:gz|csv|tsv|txt|xlsx|xlsm|xls|xes|parquet))$"
)
PARTIAL: Final = ".partial"


@dataclass(frozen=True)
class Stored:
    """One received file: its folder below UPLOADS_ROOT, its name there, size and SHA-256."""

    folder: str
    source_name: str
    size: int
    digest: str


def store(chunks: Iterable[bytes], file_name: str) -> Stored:
    """Write a stream to disk and sync it. Raises Refused when it is empty or too large."""
    folder = secrets.token_hex(16)
    ending = _ENDING.search(file_name.lower())
    source_name = f"source{ending.group(1) if ending else '.data'}"
    partial = Path(settings.UPLOADS_ROOT) / f"{folder}{PARTIAL}"
    partial.mkdir(parents=True, mode=0o700)
    try:
        size, digest = _write(partial / source_name, chunks)
        final = partial.with_name(folder)
        partial.rename(final)
        sync(final.parent)
    except Refused:
        shutil.rmtree(partial)
        raise
    return Stored(folder, source_name, size, digest)


def _write(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.UPLOAD_LIMIT_BYTES:
                raise too_large()
            digest.update(chunk)
            file.write(chunk)
        if not size:
            raise Refused("empty_file")
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)
    return size, digest.hexdigest()


def too_large() -> Refused:
    """The refusal of an upload beyond the site's limit."""
    return Refused("upload_too_large", {"limit": str(limit_mb())})


def sync(path: Path) -> None:
    """Make a rename in a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard(folder: str) -> None:
    """Remove a folder that no batch refers to."""
    shutil.rmtree(Path(settings.UPLOADS_ROOT) / folder, ignore_errors=True)


def safe_name(file_name: str) -> str:
    """The file's own name for display: no folders, no control characters, at most 200 long."""
    name = re.split(r"[/\\]", file_name)[-1]
    return "".join(letter for letter in name if letter.isprintable()).strip()[-200:] or "data"
