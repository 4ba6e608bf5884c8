"""What the demo company says about its costs beside the ledger: who delivers, what drives, plans."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from opsloop.analysis.fen import to_fen
from opsloop.analysis.period import Period
from opsloop.costs import actions, plans
from opsloop.costs.keys import LineKey
from opsloop.datasets.actions import create_dataset
from opsloop.datasets.models import Dataset
from opsloop.demo.company import bring_in, department, person
from opsloop.demo.records import SEED, company
from opsloop.demo.samples import as_csv


@cache
def told() -> dict[str, Any]:
    """Everything the demo says about costs; months count from the oldest."""
    found: dict[str, Any] = json.loads(
        Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    )
    return found


def number_of(month: Period) -> int:
    return month.start.year * 100 + month.start.month


def set_up(data: Mapping[str, Dataset], newest: Period, now: datetime) -> dict[str, Dataset]:
    """The cost tree, drivers and their owners, duties, and the year's forecast; its data sets."""
    by, spec = person("caiwu"), told()
    actions.seed_categories(template="manufacturing", by=by, now=now)
    for category, item, unit in spec["units"]:
        actions.save_item(key=LineKey(category, item), values={"unit": unit}, by=by, now=now)
    for category, item, driver, owner, controllable in spec["drivers"]:
        actions.answer_for(
            key=LineKey(category, item), driver=driver, owner=department(owner),
            controllable=controllable, by=by, now=now,
        )  # fmt: skip
    for code, username, source in spec["duties"]:
        actions.assign_duty(
            ledger=data["ledger"], department=department(code), person=person(username),
            source=source, by=by, now=now,
        )  # fmt: skip
    followed = spec["activity"]
    activity = actions.save_activity(name=followed["name"], unit=followed["unit"], by=by, now=now)
    values = {"behaviour": "variable", "activity": activity}
    actions.save_item(key=LineKey(*followed["item"]), values=values, by=by, now=now)
    more = {
        key: create_dataset(
            name=spec[key]["dataset"], kind=kind, department=department("HY-CW"),
            timezone="Asia/Shanghai", by=person("yunying"), now=now,
        )
        for key, kind in (("forecast", "budget"), ("commitments", "ledger"))
    }  # fmt: skip
    plan_the_year(more["forecast"], newest.start.year, now)
    return {**data, **more}


def carry_over(ledger: Dataset, first: Period, now: datetime) -> None:
    """The year before the story, as one posting a line and month: what it is compared with."""
    headers = company()["costs"]["ledger_headers"]
    frame = pl.DataFrame(
        list(last_year(first)), schema=dict.fromkeys(headers, pl.String), orient="row"
    )
    bring_in(
        ledger, file_name=f"{ledger.name} {first.shift(-12).key}–{first.previous().key}.csv",
        content=as_csv(frame), by=person("yunying"), now=now,
    )  # fmt: skip


def last_year(first: Period) -> Iterator[tuple[str, ...]]:
    """Ledger rows of the twelve months before `first`: a little cheaper and a little less of all."""
    spec = company()["costs"]
    random = np.random.default_rng(SEED)
    for month in (first.shift(back) for back in range(-12, 0)):
        for number, line in enumerate(spec["lines"], start=1):
            bought = round(line["quantity"] * (0.96 + random.normal(0, 0.01)), 2)
            price = line["price"] * 0.985
            counted = line["quantity"] != 1
            yield (
                month.key, f"{month.end - timedelta(days=1):%Y-%m-%d}",
                f"{month.start:%Y%m}-{number:04d}", line["category"], line["item"],
                line["department"], "", *((f"{bought}", f"{price:.4f}") if counted else ("", "")),
                f"{bought * price:.2f}",
                spec["summary"].format(item=line["item"], month=month.start.month),
            )  # fmt: skip


def plan_the_year(dataset: Dataset, year: int, now: datetime) -> None:
    """A year of every line, distributed over its months as the company works; then approved."""
    by, spec = person("yunying"), told()["forecast"]
    plan = actions.draft_budget(dataset=dataset, year=year, reason=spec["reason"], by=by, now=now)
    for line in company()["costs"]["lines"]:
        item = line["item"]
        year_fen = to_fen(Decimal(str(line["quantity"])) * Decimal(str(line["price"])) * 12)
        edited = spec["edited"].get(item, {})
        actions.plan_line(
            budget=plan, key=LineKey(line["category"], item, line["department"]),
            amount_fen=year_fen, distribution=spec["rhythms"].get(item, "monthly"),
            edited={int(at): to_fen(Decimal(amount)) for at, amount in edited.items()},
            by=by, now=now,
        )  # fmt: skip
    actions.approve_budget(budget=plan, by=person("caiwu"), now=now)


def revise_the_year(dataset: Dataset, now: datetime) -> None:
    """Half-way the plan is revised for a reason; the one before is kept as revised."""
    spec = told()["forecast"]["revision"]
    by = person("yunying")
    known = (listed.budget for listed in plans.budgets(by))
    before = next(one for one in known if one.dataset == dataset and one.state == "in_force")
    plan = actions.draft_budget(
        dataset=dataset, year=before.year, reason=spec["reason"], by=by, now=now
    )
    for row in spec["lines"]:
        actions.plan_line(
            budget=plan, key=LineKey(*row["line"]), amount_fen=to_fen(Decimal(row["amount"])),
            distribution=row["distribution"], edited={}, by=by, now=now,
        )  # fmt: skip
    actions.approve_budget(budget=plan, by=person("caiwu"), now=now)
