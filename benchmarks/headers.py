"""Header and type finding on annotated Chinese tables (IM-TQA): precision and recall by kind.

    python -m benchmarks.headers [FOLDER]

FOLDER (or OPSLOOP_TABLES) holds im_tqa_train_tables.json.gz and im_tqa_dev_tables.json.gz. Rules
were built on train and are reported on dev. A header cell counts as found when the cell annotated
`column_attribute` is among those said to head columns. Types have no annotation: where the words of
a heading leave no doubt (日期, 占比, …金额) they say what the values below must be found to be.
"""

import argparse
import gzip
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsloop.exchange.blocks import find_headings
from opsloop.exchange.header import find_header, label_rows
from opsloop.exchange.returned.column_type import column_type
from opsloop.exchange.table import Area
from opsloop.exchange.values import is_empty

SETS = ("train", "dev")
USUAL = Path(__file__).parents[2] / "shared" / "data" / "tables"
# The last word of a heading, and what its values are. Units in brackets are taken off before.
SURE = {
    "date": ("日期",),
    "percent": ("占比", "比例", "比例%", "比例（%）", "变动率", "增长率"),
    "number": ("金额", "余额", "数量", "人数", "账面价值", "股数"),
    "text": ("姓名", "名称", "性别", "职务", "学历"),
}
Cell = tuple[int, int]


@dataclass(frozen=True)
class AnnotatedTable:
    """One table as a sheet would hold it, and the cells annotated as heading columns."""

    kind: str
    rows: list[list[str | None]]
    merged: list[Area]
    headers: frozenset[Cell]

    def origins(self) -> dict[Cell, Cell]:
        """The first cell of each merged area, for every cell it covers."""
        return {
            (row, column): (area.top, area.left)
            for area in self.merged
            for row in range(area.top, area.bottom + 1)
            for column in range(area.left, area.right + 1)
        }


def tables(path: Path) -> Iterator[AnnotatedTable]:
    """The tables of one file."""
    for table in json.loads(gzip.decompress(path.read_bytes())):
        yield annotated(table)


def annotated(table: dict[str, Any]) -> AnnotatedTable:
    areas: dict[int, Area] = {}
    for top, row in enumerate(table["cell_ID_matrix"]):
        for left, cell in enumerate(row):
            first = areas.get(cell, Area(top, left, top, left))
            areas[cell] = Area(first.top, first.left, top, left)
    rows: list[list[str | None]] = [[None] * len(row) for row in table["cell_ID_matrix"]]
    for cell, area in areas.items():
        rows[area.top][area.left] = table["chinese_cell_value_list"][cell] or None
    merged = [area for area in areas.values() if (area.top, area.left) != (area.bottom, area.right)]
    headers = ((areas[cell].top, areas[cell].left) for cell in table["column_attribute"])
    return AnnotatedTable(table["table_type"], rows, merged, frozenset(headers))


def cells_of(table: AnnotatedTable, rows: Sequence[int]) -> set[Cell]:
    """The cells with a text that begin in or reach into some rows."""
    origins = table.origins()
    reached = {(row, at) for row in rows for at in range(len(table.rows[row]))}
    firsts = {origins.get(cell, cell) for cell in reached}
    return {(row, at) for row, at in firsts if table.rows[row][at]}


def one_header(table: AnnotatedTable) -> set[Cell]:
    """What an import takes: the header of one table."""
    return cells_of(table, find_header(table.rows[:30], table.merged).rows)


def every_header(table: AnnotatedTable) -> set[Cell]:
    """What the preview offers: the headings and titles of every table on the sheet."""
    found = find_headings(table.rows, table.merged)
    rows = [row for one in found for row in (*one.titles, *one.rows)]
    return cells_of(table, rows) | {cell for one in found for cell in one.sums}


def report_headers(name: str, given: Sequence[AnnotatedTable]) -> None:
    for what, find in (("one header", one_header), ("every table", every_header)):
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for table in given:
            found = find(table)
            row = (1, len(found & table.headers), len(found), len(table.headers))
            counts[table.kind] = [a + b for a, b in zip(counts[table.kind], row, strict=True)]
        for kind, (size, right, said, gold) in sorted(counts.items()):
            precision, recall = right / max(said, 1), right / max(gold, 1)
            print(f"{name:6} {what:12} {kind:13} {size:6} {gold:8} {precision:10.3f} {recall:7.3f}")


def report_types(name: str, given: Sequence[AnnotatedTable]) -> None:
    right: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for table in given:
        header = find_header(table.rows[:30], table.merged)
        if not header.rows or table.kind not in {"vertical", "hierarchical"}:
            continue
        labels = label_rows(table.rows, header.rows, table.merged).labels
        for at, label in enumerate(labels):
            kind = next((kind for kind, words in SURE.items() if label.endswith(words)), None)
            texts = [row[at] or "" for row in table.rows[header.rows[-1] + 1 :]]
            if kind is None or all(map(is_empty, texts)):
                continue
            found = column_type("", texts)
            # Without the heading a rate may be written as a bare number.
            same = found == kind or (kind == "percent" and found == "number")
            right[kind][0] += same
            right[kind][1] += 1
    for kind, (found_right, count) in sorted(right.items()):
        print(
            f"{name:6} type {kind:10} {count:6} columns, {found_right / count:.3f} told by values"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=os.environ.get("OPSLOOP_TABLES", USUAL)
    )
    folder = Path(parser.parse_args().folder)
    paths = {name: folder / f"im_tqa_{name}_tables.json.gz" for name in SETS}
    there = {name: path for name, path in paths.items() if path.exists()}
    if not there:
        print(
            f"No annotated tables in {folder}: give the folder that holds"
            f" {' or '.join(path.name for path in paths.values())}, or set OPSLOOP_TABLES.",
            file=sys.stderr,
        )
        return 1
    print(
        f"{'set':6} {'found':12} {'kind':13} {'tables':>6} {'headers':>8} {'precision':>10} {'recall':>7}"
    )
    loaded = {name: list(tables(path)) for name, path in there.items()}
    for name, given in loaded.items():
        report_headers(name, given)
    for name, given in loaded.items():
        report_types(name, given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
