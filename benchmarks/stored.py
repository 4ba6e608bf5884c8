"""The generated records as the product's stored facts, made once outside the measured time."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.generate import STEPS, integers
from opsloop.facts.store import FactStore, Scan


def store(folder: Path) -> FactStore:
    return FactStore(folder / "facts")


def prepare(folder: Path) -> None:
    """Write what is there and not stored yet; remembers the digests in `stored.json`."""
    index = folder / "stored.json"
    known: dict[str, str] = json.loads(index.read_text()) if index.exists() else {}
    makers = {"event_log": _events, "ledger": _lines, "budget": _lines}
    sources = {"event_log": "log", "ledger": "ledger", "budget": "budget"}
    for kind, make in makers.items():
        path = folder / f"{sources[kind]}.parquet"
        if kind not in known and path.exists():
            known[kind] = make(store(folder), kind, pl.read_parquet(path))
    index.write_text(json.dumps(known))


def scan(folder: Path, kind: Any) -> Scan:
    facts = store(folder)
    digest = json.loads((folder / "stored.json").read_text())[kind]
    return facts.scan(kind, [facts.open(kind, digest)])


def _events(facts: FactStore, kind: str, log: pl.DataFrame) -> str:
    people = log["resource"].unique(maintain_order=True)
    rows = log.with_row_index("at").select("at", "resource").with_columns(
        pl.col("resource").replace_strict(people, pl.int_range(len(people), eager=True))
    )  # fmt: skip
    frame = integers(log.with_row_index("at"), also=["at"]).join(rows, on="at").select(
        "case_no", "activity_no", "start_us", "end_us",
        pl.col("resource").cast(pl.Int32).alias("resource_no"),
        pl.lit(-1, pl.Int16).alias("department_no"), pl.lit(-1, pl.Int8).alias("outcome_no"),
        pl.lit(None, pl.Int64).alias("amount_fen"),
        pl.col("at").cast(pl.Int64).alias("seq"), pl.col("at").cast(pl.Int64).alias("source_row"),
    )  # fmt: skip
    cases = frame["case_no"].unique().sort()
    identity = pl.DataFrame({"number": cases, "text": cases.cast(pl.String)})
    names = {"activity": STEPS, "resource": people.to_list()}
    return facts.write(kind, frame, names=names, identities={"case": identity}).digest


def _lines(facts: FactStore, kind: str, lines: pl.DataFrame) -> str:
    frame, names, identities = line_facts(kind, lines)
    return facts.write(kind, frame, names=names, identities=identities).digest


def line_facts(
    kind: str, lines: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, list[str]], dict[str, pl.DataFrame]]:
    """Ledger or budget lines as facts: the frame, its dictionaries and identities."""
    texts = {name: lines[name].unique().sort() for name in ("category", "item", "department")}
    numbers = [
        pl.col(name)
        .replace_strict(known, pl.int_range(len(known), dtype=pl.Int32, eager=True))
        .alias(f"{name}_no")
        for name, known in texts.items()
    ]
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    ledger_only = (
        {"day": pl.Int32, "document_no": pl.Int64, "supplier_no": pl.Int32}
        if kind == "ledger" else {}
    )  # fmt: skip
    frame = lines.select(
        pl.col("period").str.replace("-", "").cast(pl.Int32).alias("period_no"), *numbers,
        "amount_fen", (pl.col("quantity") * 1000).alias("quantity_milli"),
        *(pl.lit(-1, dtype).alias(name) for name, dtype in ledger_only.items()),
        place.alias("seq"), place.alias("source_row"),
    )  # fmt: skip
    none = pl.DataFrame(schema={"number": pl.Int64, "text": pl.String})
    identities = {"document": none} if kind == "ledger" else {}
    return frame, {name: known.to_list() for name, known in texts.items()}, identities


if __name__ == "__main__":
    import sys

    prepare(Path(sys.argv[1]))
