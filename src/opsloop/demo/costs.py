"""What the demo company says about its costs beside the ledger: drivers, activity, who delivers."""

import json
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from opsloop.analysis.period import Period
from opsloop.costs import actions, queries
from opsloop.costs.keys import LineKey
from opsloop.datasets.models import Dataset
from opsloop.demo.company import department, person


@cache
def _spec() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    )
    return found


def set_up(ledger: Dataset, now: datetime) -> None:
    """The cost tree, units, who answers for which driver, and who delivers what every month."""
    by, spec = person("caiwu"), _spec()
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
            ledger=ledger, department=department(code), person=person(username), source=source,
            by=by, now=now,
        )  # fmt: skip
    told = spec["activity"]
    activity = actions.save_activity(name=told["name"], unit=told["unit"], by=by, now=now)
    values = {"behaviour": "variable", "activity": activity}
    actions.save_item(key=LineKey(*told["item"]), values=values, by=by, now=now)


def report(index: int, month: Period, now: datetime) -> None:
    """How much was made in a month, before finance reviews its costs."""
    told = _spec()["activity"]
    by = person("caiwu")
    activity = next(one for one in queries.activities(by) if one.name == told["name"])
    actions.report_activity(
        activity=activity, period_no=month.start.year * 100 + month.start.month,
        planned=Decimal(told["planned"]), actual=Decimal(told["actual"][index]),
        by=by, now=now,
    )  # fmt: skip
