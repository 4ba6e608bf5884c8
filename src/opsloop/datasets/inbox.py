"""The watched folder: a file dropped into `inbox/<data set>/` below OPSLOOP_HOME is imported.

Afterwards it lies in `done/` or, beside a text file with the reason, in `refused/`. A file with
faulty rows waits in the browser for a decision and is noted as refused here.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from opsloop.datasets import actions
from opsloop.datasets.models import BatchState, Dataset, Door
from opsloop.datasets.refusals import Refused, sentence

CHUNK: Final = 1024 * 1024
# A file still being copied in is left for the next tick.
SETTLED_SECONDS: Final = 10.0


def scan(*, now: datetime) -> None:
    """Import every settled file of every data set's folder. A periodic task."""
    root = Path(settings.HOME) / "inbox"
    if not root.is_dir():
        return
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        settled = [path for path in _files(folder) if _settled(path, now)]
        if settled:
            _import(folder, settled, now)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))


def _settled(path: Path, now: datetime) -> bool:
    return now.timestamp() - path.stat().st_mtime > SETTLED_SECONDS


def _import(folder: Path, found: list[Path], now: datetime) -> None:
    named = Dataset.objects.unscoped("the folder's name says which").filter(name=folder.name)
    for path in found:
        if len(named) == 1:
            reason = _take(named[0], path, now)
        else:
            reason = sentence("no_dataset", {"name": folder.name})
        _put_away(path, reason, now)


def _take(dataset: Dataset, path: Path, now: datetime) -> str:
    """Import one file; returns why it was not, or an empty text."""
    try:
        batch = actions.receive(
            dataset=dataset, file_name=path.name, chunks=_chunks(path), door=Door.FOLDER,
            by=None, now=now,
        )  # fmt: skip
        batch = actions.check(batch=batch, by=None, now=now)
        if batch.state == BatchState.FAILED:
            return sentence(batch.failure_code, batch.failure_params)
        if batch.bad_rows:
            return sentence("bad_rows", {"count": str(batch.bad_rows)})
        actions.commit(batch=batch, by=None, now=now)
    except actions.SameFile:
        return ""
    except Refused as refusal:
        return refusal.text
    return ""


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _put_away(path: Path, reason: str, now: datetime) -> None:
    target = path.parent / ("refused" if reason else "done")
    target.mkdir(exist_ok=True)
    name = f"{now:%Y%m%d-%H%M%S}-{path.name}"
    if reason:
        (target / f"{name}.txt").write_text(reason + "\n", encoding="utf-8")
    path.rename(target / name)
