"""A company of 36 cost months over a generated ledger; prints the cookie and the newest month.

OPSLOOP_HOME=FOLDER python -m benchmarks.fill_costs INPUT

Each month is an import of its own, as finance brings it in; all but the newest are locked.
"""

import json
import os
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")


def main(folder: Path) -> None:
    import django

    django.setup()
    from benchmarks.visitor import cookie, made
    from opsloop.costs.models import CostPeriod

    months = CostPeriod.objects.unscoped("a benchmark reads everything")
    made(partial(_fill, folder), when_empty=months)
    newest, locked = months.order_by("-period_no").values_list("pk", flat=True)[:2]
    print(json.dumps({"cookie": cookie("finance"), "newest": newest, "locked": locked}))


def _fill(folder: Path, now: datetime) -> None:
    import polars as pl

    from benchmarks import visitor
    from opsloop.costs import actions
    from opsloop.costs.models import PeriodState
    from opsloop.datasets.actions import create_dataset
    from opsloop.org.permissions import Role

    company, finance = visitor.company("finance", Role.FINANCE_REVIEWER, now, everywhere=True)
    held: dict[str, Any] = {}
    for kind in ("ledger", "budget"):
        held[kind] = create_dataset(
            name=kind, kind=kind, department=company, timezone="Asia/Shanghai", by=None, now=now
        )
        _bring(held[kind], kind, pl.read_parquet(folder / f"{kind}.parquet"), now)
    batches = {kind: list(held[kind].batches.values_list("pk", flat=True)) for kind in held}
    numbers = [year * 100 + month for year in (2022, 2023, 2024) for month in range(1, 13)]
    for at, number in enumerate(numbers, start=1):
        month = actions.define_period(
            period_no=number, ledger=held["ledger"], budget=held["budget"], by=None, now=now
        )
        if at < len(numbers):
            month.ledger_batches = batches["ledger"][:at]
            month.budget_batches = batches["budget"][:at]
            month.state, month.reviewed_by = PeriodState.LOCKED, finance
            month.reviewed_at = month.locked_at = now
            month.save()


def _bring(dataset: Any, kind: Any, lines: Any, now: datetime) -> None:
    """What 36 monthly imports leave behind, without their reading of files."""
    from django.conf import settings

    from benchmarks.stored import line_facts
    from opsloop.datasets.models import BatchState, Door, ImportBatch
    from opsloop.facts.store import FactStore

    store = FactStore(settings.FACTS_ROOT)
    frame, names, identities = line_facts(kind, lines)
    for (number,), part in sorted(frame.partition_by("period_no", as_dict=True).items()):
        file = store.write(kind, part, names=names, identities=identities)
        key = f"{number // 100}-{number % 100:02d}"
        ImportBatch.objects.create(
            dataset=dataset, state=BatchState.COMMITTED, door=Door.BROWSER, folder=f"{kind}{key}",
            file_name=f"{kind} {key}.csv", source_name="source.csv", size=1, digest=f"{kind}{key}",
            rows=part.height, fact_rows=file.rows, fact_digest=file.digest, received_at=now,
            committed_at=now, findings={"coverage": {key: part.height}},
        )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
