"""The same workbook for every contender: a cost ledger of fifteen columns, in and out.

python -m benchmarks.workbooks FOLDER --rows 100000
"""

import argparse
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

# Heading, type, number format.
COLUMNS = (
    ("日期", "date", "yyyy-mm-dd"),
    ("凭证号", "text", ""),
    ("成本类别", "text", ""),
    ("子项名称", "text", ""),
    ("部门", "text", ""),
    ("供应商", "text", ""),
    ("摘要", "text", ""),
    ("数量", "number", "#,##0.###"),
    ("单价", "money", "#,##0.00"),
    ("金额", "money", "#,##0.00"),
    ("预算金额", "money", "#,##0.00"),
    ("差异率", "percent", "0.0%"),
    ("到货日期", "date", "yyyy-mm-dd"),
    ("经办人", "text", ""),
    ("备注", "text", ""),
)
HEADINGS = tuple(heading for heading, _, _ in COLUMNS)
FORMATS = tuple(pattern for _, _, pattern in COLUMNS)
AMOUNT = HEADINGS.index("金额")
ROWS = 100_000


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Rows of one ledger, always the same: money exact to the cent, a remark on every tenth."""
    random = np.random.default_rng(15)
    days, items, departments = (random.integers(0, top, count) for top in (365, 400, 40))
    quantities, prices = random.integers(1, 500, count), random.integers(100, 900_000, count)
    budgets = random.integers(10_000, 400_000_000, count)
    first = date(2024, 1, 1)
    drawn = zip(
        *(values.tolist() for values in (days, items, departments, quantities, prices, budgets)),
        strict=True,
    )
    for at, (day, item, department, quantity, price, budget) in enumerate(drawn):
        bought, amount = first + timedelta(days=day), quantity * price
        yield (
            bought, f"PZ{at:07d}", f"类别{item % 8}", f"子项{item:03d}", f"部门{department:02d}",
            f"供应商{item % 90:02d}有限公司", f"采购第{item}号材料", quantity, price / 100, amount / 100,
            budget / 100, round((amount - budget) / budget, 4), bought + timedelta(days=7),
            f"经办{at % 60:02d}", "加急" if at % 10 == 0 else None,
        )  # fmt: skip


def answer(count: int, total: float) -> None:
    """What every contender prints: rows and the sum of the amounts in 分."""
    print(json.dumps({"rows": count, "total": round(total)}))


def write(path: Path, count: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet("台账")
        page.write_row(0, 0, HEADINGS)
        formats = [
            book.add_format({"num_format": pattern}) if pattern else None for pattern in FORMATS
        ]
        for at, row in enumerate(rows(count), start=1):
            for column, value in enumerate(row):
                page.write(at, column, value, formats[column])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    book = given.folder / f"ledger{given.rows}.xlsx"
    if not book.exists():
        write(book, given.rows)
