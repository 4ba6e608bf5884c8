"""Real ledgers and budgets as people would export them: long tables of text, one row a line."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from tests.shared_data import shared

FINANCE = "cost/adventureworks/FactFinance.csv.gz"
ACCOUNTS = "cost/adventureworks/DimAccount.csv.gz"
ACTUAL, BUDGET = "1", "2"


def adventureworks(folder: Path) -> tuple[Path, Path]:
    """The general ledger split by scenario: date, kind of account, account, department, amount."""
    with gzip.open(shared(ACCOUNTS), "rt", encoding="utf-8") as file:
        accounts = {row[0]: (row[5], row[4]) for row in csv.reader(file, delimiter="|")}
    paths = {ACTUAL: folder / "ledger.csv", BUDGET: folder / "budget.csv"}
    for scenario, path in paths.items():
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["日期", "类别", "子项", "部门", "金额"])
            writer.writerows(_postings(accounts, scenario))
    return paths[ACTUAL], paths[BUDGET]


def _postings(accounts: dict[str, tuple[str, str]], scenario: str) -> Iterator[list[str]]:
    with gzip.open(shared(FINANCE), "rt", encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="|"):
            if row[4] == scenario:
                kind, name = accounts[row[5]]
                yield [row[7][:10], kind, f"{row[5]} {name}", f"group {row[3]}", row[6]]


def cook_county(folder: Path, year: int) -> tuple[Path, Path]:
    """One year of the wide county budget as two long tables; blank cells state nothing."""
    paths = {"Expenditures": folder / "ledger.csv", "Appropriations": folder / "budget.csv"}
    with shared("cost/cook_county_budget_cleaned.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for kind, path in paths.items():
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["fund", "item", "period", "amount"])
            for number, row in enumerate(rows):
                if row[f"{kind} {year}"] not in ("", "0", "0.0"):
                    line = f"{number} {row['Department']}"
                    writer.writerow([row["Fund"], line, f"{year}-12", row[f"{kind} {year}"]])
    return paths["Expenditures"], paths["Appropriations"]
