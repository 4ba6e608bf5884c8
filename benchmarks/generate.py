"""The same input for every contender: a deterministic event log and a cost ledger of any size.

python -m benchmarks.generate FOLDER --events 1000000 --lines 10000000
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

STEPS = ["submit", "department", "purchasing", "finance", "director", "order", "receive", "close"]
EPOCH = np.datetime64("2024-01-01T08:00:00", "us").astype(np.int64)
SECOND = 1_000_000


def templates() -> tuple[list[list[int]], np.ndarray]:
    """Sequences of step numbers: the straight run, and runs with up to two returns."""
    straight = list(range(len(STEPS)))
    paths, weights = [straight], [84.0]
    returns = [(at, to) for at in range(1, 5) for to in range(at)]
    for at, to in returns:
        paths.append(straight[: at + 1] + straight[to:])
        weights.append(1.0)
    for (at, to), (again, back) in itertools.product(returns, repeat=2):
        if again >= to and len(paths) < 85:
            paths.append(straight[: at + 1] + straight[to : again + 1] + straight[back:])
            weights.append(0.1)
    share = np.array(weights)
    return paths, share / share.sum()


def events(count: int, seed: int = 20240601) -> pl.DataFrame:
    """About `count` events in file order (by completion): text columns as a system exports them."""
    random = np.random.default_rng(seed)
    paths, share = templates()
    lengths = np.array([len(path) for path in paths])
    cases = int(count / (lengths * share).sum())
    chosen = random.choice(len(paths), cases, p=share)
    sizes = lengths[chosen]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    total = int(sizes.sum())
    case = np.repeat(np.arange(cases), sizes)
    position = np.arange(total) - np.repeat(first, sizes)
    padded = np.zeros((len(paths), lengths.max()), np.int16)
    for row, path in enumerate(paths):
        padded[row, : len(path)] = path
    step = padded[chosen[case], position]
    work = (random.lognormal(6.5, 1.0, total)).astype(np.int64) + 30
    wait = (random.lognormal(9.0, 1.4, total)).astype(np.int64)
    wait[first] = 0
    run = np.cumsum(wait + work)
    base = np.repeat(run[first] - work[first], sizes)
    opened = np.sort(random.integers(0, 3 * 365 * 86_400, cases))
    end = EPOCH + (np.repeat(opened, sizes) + run - base) * SECOND
    start = end - work * SECOND
    frame = pl.DataFrame(
        {
            "case_id": pl.Series(case).cast(pl.String).str.zfill(8).str.replace("^", "PR-"),
            "activity": pl.Series(STEPS).gather(pl.Series(step)),
            "resource": "u" + pl.Series(random.integers(0, 60, total)).cast(pl.String),
            "start_time": pl.Series(start).cast(pl.Datetime("us")),
            "end_time": pl.Series(end).cast(pl.Datetime("us")),
        }
    )
    return frame.sort("end_time", maintain_order=True)


def ledger(lines: int, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Ledger lines over 36 months and the budget of every item × department × month."""
    random = np.random.default_rng(seed)
    items, departments, months, homes = 400, 40, 36, 4  # an item is spent in four departments
    month = random.integers(0, months, lines)
    item = random.integers(0, items, lines)
    department = (item + 10 * random.integers(0, homes, lines)) % departments
    price = (random.lognormal(3, 0.8, items) * 100).astype(np.int64) + 1
    quantity = random.integers(1, 50, lines)
    drift = 100 + (month * 7 + item) % 25
    amount = quantity * (price[item] * drift // 100)
    periods = [f"{2022 + index // 12}-{index % 12 + 1:02d}" for index in range(months)]
    names = {
        "period": pl.Series(periods),
        "category": pl.Series([f"category {index}" for index in range(8)]),
        "item": pl.Series([f"item {index:03d}" for index in range(items)]),
        "department": pl.Series([f"department {index:02d}" for index in range(departments)]),
    }
    actual = pl.DataFrame(
        {
            "period": names["period"].gather(pl.Series(month)),
            "category": names["category"].gather(pl.Series(item % 8)),
            "item": names["item"].gather(pl.Series(item)),
            "department": names["department"].gather(pl.Series(department)),
            "amount_fen": amount,
            "quantity": quantity,
        }
    )
    grid = np.indices((months, items, homes)).reshape(3, -1)
    home = (grid[1] + 10 * grid[2]) % departments
    planned = np.full(grid.shape[1], max(1, round(lines * 25 / grid.shape[1])))
    budget = pl.DataFrame(
        {
            "period": names["period"].gather(pl.Series(grid[0])),
            "category": names["category"].gather(pl.Series(grid[1] % 8)),
            "item": names["item"].gather(pl.Series(grid[1])),
            "department": names["department"].gather(pl.Series(home)),
            "amount_fen": price[grid[1]] * planned,
            "quantity": planned,
        }
    )
    return actual, budget


def integers(log: pl.DataFrame, also: Sequence[str] = ()) -> pl.DataFrame:
    """The log as the hand-tuned floor wants it: integers, sorted by case, start, end."""
    number = {name: index for index, name in enumerate(STEPS)}
    return log.select(
        pl.col("case_id").str.slice(3).cast(pl.Int64).alias("case_no"),
        pl.col("activity").replace_strict(number, return_dtype=pl.Int16).alias("activity_no"),
        pl.col("start_time").cast(pl.Int64).alias("start_us"),
        pl.col("end_time").cast(pl.Int64).alias("end_us"),
        *also,
    ).sort("case_no", "start_us", "end_us", maintain_order=True)


def write(folder: Path, *, event_count: int, line_count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if event_count and not (folder / "log.csv").exists():
        log = events(event_count)
        log.write_parquet(folder / "log.parquet")
        log.write_csv(folder / "log.csv", datetime_format="%Y-%m-%d %H:%M:%S")
        integers(log).write_parquet(folder / "sorted.parquet", row_group_size=262_144)
    if line_count and not (folder / "ledger.csv").exists():
        for name, frame in zip(("ledger", "budget"), ledger(line_count), strict=True):
            frame.write_parquet(folder / f"{name}.parquet")
            yuan = (pl.col("amount_fen") / 100).alias("amount")
            frame.with_columns(yuan).drop("amount_fen").write_csv(folder / f"{name}.csv")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=0)
    given = parser.parse_args()
    write(given.folder, event_count=given.events, line_count=given.lines)
