"""Delimited text: encoding, line ends, delimiter and quotes found out, not asked for."""

import codecs
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Cells, Grid, Limits, squared

DELIMITERS = ",;\t|"
_CHUNK = 1 << 20
_SAMPLE_LINES = 200
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

csv.field_size_limit(16 * _CHUNK)


def read_delimited(
    path: Path,
    folder: Path,
    limits: Limits,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Grid:
    """The cells of a delimited text file; `folder` takes a copy in UTF-8 where one is needed.

    Raises RefusedFile.
    """
    encoding = encoding or encoding_of(path)
    text = _as_utf8(path, folder, encoding)
    lines = _first_lines(text)
    delimiter = delimiter or sniff_delimiter(lines)
    frame = _parsed(text, lines, delimiter, limits)
    return Grid(frame, meta={"encoding": encoding, "delimiter": delimiter})


def read_uneven(path: Path, folder: Path) -> Cells:
    """Every line of a delimited text file, blank ones too, however many fields each has.

    Raises RefusedFile.
    """
    encoding = encoding_of(path)
    text = _as_utf8(path, folder, encoding)
    delimiter = sniff_delimiter(_first_lines(text))
    meta = {"encoding": encoding, "delimiter": delimiter}
    return Cells(squared(_lenient(text, delimiter)), meta=meta)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: its byte order mark, else strict UTF-8, else GB18030."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        if _decodes(path, name):
            return name
    raise RefusedFile("unknown_encoding")


def sniff_delimiter(lines: Iterable[str]) -> str:
    """The delimiter under which most lines have the same number (above one) of fields."""
    sample = [line for line in lines if line.strip()]
    best, best_score = ",", (0.0, 0)
    for candidate in DELIMITERS:
        widths = [len(row) for row in csv.reader(sample, delimiter=candidate)]
        many = [width for width in widths if width > 1]
        if not many:
            continue
        usual = _usual(many)
        score = (many.count(usual) / len(widths), usual)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _usual(widths: list[int]) -> int:
    """The most frequent width; of equally frequent ones the largest."""
    return max(set(widths), key=lambda width: (widths.count(width), width), default=1)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if b"\0" in chunk:
                    raise RefusedFile("not_text")
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _as_utf8(path: Path, folder: Path, encoding: str) -> Path:
    """The file itself when it can be parsed as it stands, else a copy in UTF-8 with LF ends."""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    carriage_only = b"\r" in head and b"\n" not in head
    if encoding == "utf-8" and not carriage_only:
        return path
    copy = folder / "text.utf8"
    # newline=None turns every line end, CR alone included, into LF.
    newline = None if carriage_only or encoding == "utf-16" else ""
    try:
        with (
            path.open(encoding=encoding, newline=newline) as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            while text := source.read(_CHUNK):
                target.write(text)
    except (UnicodeError, LookupError) as error:
        raise RefusedFile("unknown_encoding") from error
    return copy


def _first_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = []
        for line in file:
            lines.append(line)
            if len(lines) == _SAMPLE_LINES:
                break
    return lines


def _parsed(path: Path, lines: list[str], delimiter: str, limits: Limits) -> pl.DataFrame:
    records, starts = [], []
    reader = csv.reader(lines, delimiter=delimiter)
    start = 0
    for record in reader:
        records.append(record)
        starts.append(start)
        start = reader.line_num
    widths = [len(record) for record in records]
    usual = _usual(widths)
    if usual > limits.columns:
        raise RefusedFile("too_many_columns", {"columns": str(usual), "limit": str(limits.columns)})
    # Title rows above the table are narrower: they are read apart, the rest by the fast engine.
    first = next((at for at, width in enumerate(widths) if width == usual), 0)
    title = records[:first]
    try:
        body = _fast(path, delimiter, usual, starts[first] if starts else 0)
    except pl.exceptions.PolarsError:
        return _framed(list(_lenient(path, delimiter)), limits)
    return pl.concat([_framed(title, limits, usual), body]) if title else body


def _fast(path: Path, delimiter: str, width: int, skip: int) -> pl.DataFrame:
    frame = pl.read_csv(
        path,
        has_header=False,
        separator=delimiter,
        schema={f"c{index}": pl.String for index in range(width)},
        skip_lines=skip,
    )
    return frame.with_columns(pl.col(pl.String).replace("", None))


def _lenient(path: Path, delimiter: str) -> Iterator[list[str]]:
    """Rows of uneven width or with stray quotes, read by Python's reader.

    A quote that is never closed would swallow the rest of the file: then quotes mean nothing.
    """
    with path.open(encoding="utf-8", newline="") as file:
        if _closes(path, delimiter):
            yield from csv.reader(file, delimiter=delimiter)
        else:
            yield from csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _closes(path: Path, delimiter: str) -> bool:
    with path.open(encoding="utf-8", newline="") as file:
        try:
            for _ in csv.reader(file, delimiter=delimiter, strict=True):
                pass
        except csv.Error as error:
            return "unexpected end" not in str(error)
    return True


def _framed(rows: list[list[str]], limits: Limits, width: int | None = None) -> pl.DataFrame:
    width = width or max(map(len, rows), default=1)
    if width > limits.columns:
        raise RefusedFile("too_many_columns", {"columns": str(width), "limit": str(limits.columns)})
    padded = [[cell or None for cell in row] + [None] * (width - len(row)) for row in rows]
    return pl.DataFrame(
        padded, schema={f"c{index}": pl.String for index in range(width)}, orient="row"
    )
