"""Read a file in a throw-away process; whatever happens to it, the caller gets one sentence."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

import opsloop
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import SOURCE_ROW, Area, Cells, Limits, SheetInfo, Table

_CHILD = "from opsloop.exchange.sandbox_child import main; main()"
# What Rust, C++ and Python say when memory ends, whatever signal follows.
_OUT_OF_MEMORY = (
    "memory allocation",
    "cannot allocate",
    "bad_alloc",
    "memoryerror",
    "out of memory",
)


def read_table(
    path: Path,
    *,
    sheet: str | None = None,
    header_rows: Sequence[int] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits | None = None,
) -> Table:
    """Read any supported file: xlsx, xls, delimited text, XES, Parquet, each also as .gz.

    What is not said is found out: the first visible sheet that is not empty, the header
    (`header_rows` in row numbers of the file, `()` for none), encoding and delimiter.
    Raises RefusedFile with one sentence for every file that is not read, hostile ones included.
    """
    asked = {
        "sheet": sheet,
        "header_rows": None if header_rows is None else list(header_rows),
        "encoding": encoding,
        "delimiter": delimiter,
    }
    with tempfile.TemporaryDirectory(prefix="opsloop-read-") as folder:
        result = _run(path, asked, Path(folder), limits or Limits())
        frame = pl.read_ipc(Path(folder) / "table.arrow")
    return _table(frame, result)


def read_cells(path: Path, *, limits: Limits | None = None) -> tuple[Cells, ...]:
    """Every visible sheet of a form as it stands: xlsx, xls, docx or delimited text.

    Raises RefusedFile as `read_table` does.
    """
    with tempfile.TemporaryDirectory(prefix="opsloop-read-") as folder:
        result = _run(path, {"as_it_stands": True}, Path(folder), limits or Limits())
        return tuple(_cells(Path(folder), sheet, result) for sheet in result["sheets"])


def _run(path: Path, asked: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    path = Path(path)
    size = path.stat().st_size
    if not size:
        raise RefusedFile("empty_file")
    memory = limits.memory_for(size)
    request = {
        **asked,
        "path": str(path.resolve()),
        "folder": str(folder),
        "limits": dataclasses.asdict(limits),
        "memory_mb": memory,
        "cpu_seconds": limits.cpu_seconds,
        "unpacked_mb": limits.unpacked_mb,
    }
    errors = folder / "errors.txt"
    with errors.open("wb") as stderr:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
        try:
            child.communicate(json.dumps(request).encode(), timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired as error:
            raise RefusedFile("too_slow", {"seconds": str(limits.wall_seconds)}) from error
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
    answer = folder / "result.json"
    if child.returncode != 0 or not answer.exists():
        raise _post_mortem(child.returncode, errors, limits, memory)
    result: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    if "refused" in result:
        raise RefusedFile(result["refused"], result["params"])
    return result


def _environment() -> dict[str, str]:
    """Nothing of ours reaches the child: no secrets, no settings, two threads."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(Path(opsloop.__path__[0]).parent),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "POLARS_MAX_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _post_mortem(code: int, errors: Path, limits: Limits, memory: int) -> RefusedFile:
    said = errors.read_bytes()[-20_000:].decode(errors="replace").lower()
    if code in {-signal.SIGXCPU, -signal.SIGALRM}:
        return RefusedFile("too_slow", {"seconds": str(limits.cpu_seconds)})
    if code == -signal.SIGXFSZ or "file too large" in said:
        return RefusedFile("too_large", {"limit": str(limits.unpacked_mb)})
    if code == -signal.SIGKILL or any(words in said for words in _OUT_OF_MEMORY):
        return RefusedFile("too_hungry", {"limit": str(memory)})
    return RefusedFile("damaged_file")


def _table(frame: pl.DataFrame, result: dict[str, Any]) -> Table:
    return Table(
        frame=frame.drop(SOURCE_ROW),
        row_numbers=frame[SOURCE_ROW],
        header_rows=tuple(result["header_rows"]),
        preview=tuple(tuple(row) for row in result["preview"]),
        format=result["format"],
        sheet=result["sheet"],
        sheets=tuple(SheetInfo(name, hidden) for name, hidden in result["sheets"]),
        meta=result["meta"],
        candidates=tuple(map(tuple, result["candidates"])),
    )


def _cells(folder: Path, sheet: dict[str, Any], result: dict[str, Any]) -> Cells:
    return Cells(
        rows=tuple(pl.read_ipc((folder / sheet["file"]).read_bytes()).rows()),
        merged=tuple(Area(*area) for area in sheet["merged"]),
        sheet=sheet["name"],
        marks=tuple(tuple(row) for row in result["marks"]),
        meta={**sheet["meta"], "format": result["format"]},
    )
