"""Immutable, content-addressed fact files.

One import batch is one folder `<kind>/<two digits>/<digest>/` holding `facts.parquet`, one
Parquet file per identity (a million case ids cost nothing until somebody asks for one),
`source.parquet` with the rows as they were read, and `set.json`. A folder is written under a
temporary name, synced, renamed and its parent synced: it is there completely or not at all.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from opsloop.facts.engines import ENGINES, Limits, Part, choose
from opsloop.facts.schema import FactSchema, schema_of

# A row group is what one thread reads at a time: small enough to spread, large enough to stream.
ROW_GROUP_ROWS = 262_144


class WrongFactsError(ValueError):
    """A frame that does not fit its kind: a column is missing, null or points outside its names."""


class DamagedFactsError(ValueError):
    """A stored fact file whose content no longer has its digest, or which cannot be read."""


@dataclass(frozen=True)
class FactFile:
    """One committed set of facts. `path` is its folder; `names` its dictionaries by name."""

    digest: str
    kind: str
    path: Path
    rows: int
    names: Mapping[str, tuple[str, ...]]
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> Path:
        """The Parquet file of the facts themselves."""
        return self.path / "facts.parquet"

    @property
    def source(self) -> Path:
        """The Parquet file of the rows as read, with their row numbers; may be absent."""
        return self.path / "source.parquet"

    def identity(self, name: str) -> Path:
        """The Parquet file of an identity: its numbers and texts."""
        return self.path / f"{name}.parquet"


@dataclass(frozen=True)
class Scan:
    """Several fact files as one lazy frame with one list of names per dictionary.

    `frame` has the columns of the schema and `batch_no`, the position of a row's file in the
    list scanned. On Polars it is sorted in the order of the schema.
    """

    frame: "nw.LazyFrame[Any]"
    names: dict[str, tuple[str, ...]]
    rows: int
    engine: str


class FactStore:
    """The fact files below one folder."""

    def __init__(self, root: Path, *, limits: Limits | None = None) -> None:
        self.root = Path(root).resolve()
        self.limits = limits or Limits()

    def write(
        self,
        kind: str,
        frame: pl.DataFrame,
        *,
        names: Mapping[str, Sequence[str]],
        identities: Mapping[str, pl.DataFrame] | None = None,
        meta: Mapping[str, str] | None = None,
        source: pl.DataFrame | Path | None = None,
    ) -> FactFile:
        """Store a frame and return its file; the same content is stored once.

        `names` gives the texts of each dictionary in the order of their numbers, `identities`
        a frame (number, text) per identity, `meta` short texts that belong to the content (time
        zone, digest of the upload), `source` the rows as read, or the Parquet file that holds them:
        it is linked where that is possible. Raises WrongFactsError.
        """
        schema = schema_of(kind)
        listed = {
            name: tuple(names.get(name, ()))
            for name, column in schema.dictionaries.items()
            if column.name in frame.columns or not column.optional
        }
        facts = _checked(schema, frame, listed)
        known = {
            name: _checked_identity(name, column.name, (identities or {}).get(name))
            for name, column in schema.identities.items()
        }
        described = {"format": 1, "kind": kind, "names": listed, "meta": dict(meta or {})}
        digest = _digest(described, facts, known)
        final = self._folder(kind, digest)
        if final.exists():
            # Wanted again: a sweep of what nothing refers to leaves young folders alone.
            os.utime(final)
        else:
            files = {"facts": facts, **known} | ({} if source is None else {"source": source})
            self._put(final, files, {**described, "rows": facts.height})
        return self.open(kind, digest)

    def open(self, kind: str, digest: str) -> FactFile:
        """The file of a digest. Raises DamagedFactsError when it is missing or unreadable."""
        folder = self._folder(kind, digest)
        try:
            described = json.loads((folder / "set.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DamagedFactsError(digest) from error
        names = {name: tuple(texts) for name, texts in described["names"].items()}
        return FactFile(digest, kind, folder, described["rows"], names, described["meta"])

    def verify(self, file: FactFile) -> None:
        """Read a file completely; raises DamagedFactsError unless its content has its digest."""
        described = {
            "format": 1,
            "kind": file.kind,
            "names": dict(file.names),
            "meta": dict(file.meta),
        }
        try:
            facts = pl.read_parquet(file.facts)
            known = {
                name: pl.read_parquet(file.identity(name))
                for name in schema_of(file.kind).identities
            }
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DamagedFactsError(file.digest) from error
        if _digest(described, facts, known) != file.digest:
            raise DamagedFactsError(file.digest)

    def scan(self, kind: str, files: Sequence[FactFile], *, engine: str | None = None) -> Scan:
        """Several files of a kind as one lazy frame, renumbered to one list of names.

        Names keep the order in which the files first use them, so the scan of one file is the
        file itself. `engine` names an engine; without it the number of rows decides.
        """
        schema = schema_of(kind)
        names = {
            name: _united(file.names.get(name, ()) for file in files)
            for name in schema.dictionaries
        }
        parts = [
            Part(file.facts, _renumbering(schema, file, names), _lacking(schema, file))
            for file in files
        ]
        rows = sum(file.rows for file in files)
        chosen = choose(rows, engine)
        frame = ENGINES[chosen](schema, parts, self.root, self.limits)
        return Scan(frame, names, rows, chosen)

    def identity_texts(
        self, files: Sequence[FactFile], name: str, numbers: Sequence[int]
    ) -> dict[int, str]:
        """The texts of some identities, e.g. the case ids of the cases on one page."""
        wanted = pl.Series(numbers, dtype=pl.Int64)
        found: dict[int, str] = {}
        for file in files:
            rows = pl.scan_parquet(file.identity(name)).filter(
                pl.col("number").is_in(wanted.implode())
            )
            found.update(rows.collect().iter_rows())
        return found

    def _folder(self, kind: str, digest: str) -> Path:
        return self.root / kind / digest[:2] / digest

    def _put(
        self,
        final: Path,
        files: Mapping[str, pl.DataFrame | Path],
        described: Mapping[str, object],
    ) -> None:
        temporary = self.root / "tmp" / uuid.uuid4().hex
        temporary.mkdir(parents=True)
        try:
            for name, frame in files.items():
                path = temporary / f"{name}.parquet"
                if isinstance(frame, Path):
                    _link(frame, path)
                else:
                    frame.write_parquet(path, compression="zstd", row_group_size=ROW_GROUP_ROWS)
                _sync(path)
            text = json.dumps(described, ensure_ascii=False, sort_keys=True)
            (temporary / "set.json").write_text(text, encoding="utf-8")
            _sync(temporary / "set.json")
            _sync(temporary)
            final.parent.mkdir(parents=True, exist_ok=True)
            _move(temporary, final)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        for folder in (final.parent, final.parent.parent, self.root):
            _sync(folder)


def _move(temporary: Path, final: Path) -> None:
    try:
        temporary.rename(final)
    except OSError:
        # Another process stored the same content first: content-addressed files are equal.
        if not final.exists():
            raise


def _link(held: Path, path: Path) -> None:
    """The same file under a second name; a copy where the folders lie on different disks."""
    try:
        path.hardlink_to(held)
    except OSError:
        shutil.copyfile(held, path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checked(
    schema: FactSchema, frame: pl.DataFrame, names: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    try:
        facts = frame.select(
            pl.col(column.name).cast(column.dtype)
            for column in schema.columns
            if column.name in frame.columns or not column.optional
        )
    except pl.exceptions.PolarsError as error:
        raise WrongFactsError(str(error)) from error
    for column in schema.columns:
        if column.name not in facts.columns:
            continue
        values = facts[column.name]
        if not column.nullable and values.null_count():
            raise WrongFactsError(f"{column.name}: null")
        if column.names and facts.height:
            low, high = values.min(), values.max()
            size = len(names[column.names])
            if not isinstance(low, int) or not isinstance(high, int) or low < -1 or high >= size:
                raise WrongFactsError(f"{column.name}: a number outside its {size} names")
    return facts.sort(*schema.sort_keys(), maintain_order=True)


def _checked_identity(name: str, column: str, frame: pl.DataFrame | None) -> pl.DataFrame:
    if frame is None:
        frame = pl.DataFrame(schema={"number": pl.Int64, "text": pl.String})
    if frame.columns != ["number", "text"] or frame["number"].n_unique() != frame.height:
        raise WrongFactsError(f"{name}: one (number, text) per {column}")
    return frame.cast({"number": pl.Int64, "text": pl.String}).sort("number")


def _digest(
    described: Mapping[str, object], facts: pl.DataFrame, known: Mapping[str, pl.DataFrame]
) -> str:
    """A digest of the content itself, so that no version of a file format changes it."""
    digest = hashlib.blake2b(digest_size=20)
    digest.update(json.dumps(described, ensure_ascii=False, sort_keys=True).encode())
    for name, frame in {"facts": facts, **known}.items():
        digest.update(f"\0{name}\0{frame.height}".encode())
        for series in frame:
            digest.update(f"\0{series.name}\0".encode())
            if series.dtype == pl.String:
                digest.update((series.str.join("\0").item() or "").encode())
                continue
            if series.null_count():
                digest.update(series.is_null().to_numpy().tobytes())
            digest.update(series.fill_null(0).to_numpy().tobytes())
    return digest.hexdigest()


def _united(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in lists for text in texts))


def _renumbering(
    schema: FactSchema, file: FactFile, names: Mapping[str, tuple[str, ...]]
) -> dict[str, list[int]]:
    """Column → new number per old number, only where a number changes."""
    changes = {}
    for name, column in schema.dictionaries.items():
        own, common = file.names.get(name, ()), names[name]
        if own != common[: len(own)]:
            place = {text: number for number, text in enumerate(common)}
            changes[column.name] = [place[text] for text in own]
    return changes


def _lacking(schema: FactSchema, file: FactFile) -> frozenset[str]:
    """Optional columns that were not known, or not asked for, when the file was written."""
    return frozenset(
        column.name for name, column in schema.dictionaries.items() if name not in file.names
    )
