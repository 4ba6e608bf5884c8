"""The cost tree, its items, and what drives them."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from opsloop.analysis.variance import COST, REVENUE
from opsloop.audit.actions import changes_between, record
from opsloop.costs.actions.months import WrongState
from opsloop.costs.actions.rules import require_company
from opsloop.costs.keys import LineKey
from opsloop.costs.models import (
    Activity,
    ActivityValue,
    CategoryLink,
    CostCategory,
    CostItem,
    CostPeriod,
    Directness,
    DriverValue,
    ItemDriver,
    PeriodState,
)
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission, require


class OwnAncestor(Exception):
    """A category cannot lie below itself."""


class Unnamed(Exception):
    """A line without category or item names nothing that could be described."""


_TEMPLATES: Final = Path(__file__).parent.with_name("categories.json")


def category_templates() -> dict[str, Any]:
    """Cost trees by industry: key → label and tree (name, direct or indirect, children)."""
    found: dict[str, Any] = json.loads(_TEMPLATES.read_text(encoding="utf-8"))
    return found


@transaction.atomic
def seed_categories(*, template: str, by: Person | None, now: datetime) -> int:
    """Add an industry's cost tree beside what exists; returns how many categories are new."""
    require_company(by)
    added = 0
    for name, directness, children in category_templates()[template]["tree"]:
        parent, new = _category(name, None, directness)
        added += new
        added += sum(_category(child, parent, directness)[1] for child in children)
    if added:
        changes = {"template": [None, template], "added": [0, added]}
        record(by=by, now=now, action="costs.seed", subject=parent, changes=changes)
    return added


@transaction.atomic
def save_category(
    *, name: str, parent: CostCategory | None, directness: str, more_is_better: bool,
    by: Person | None, now: datetime,
) -> CostCategory:  # fmt: skip
    """Add a category under the ledger's name for it, or change what is known about it.

    Raises OwnAncestor when the tree would close into a ring.
    """
    require_company(by)
    category, _new = _category(name.strip(), parent, directness)
    before = {"parent": category.parent_id, "polarity": category.polarity}
    if category.parent_id != (parent and parent.pk):
        _move(category, parent)
    category.directness = directness
    category.polarity = REVENUE if more_is_better else COST
    category.save()
    after = {"parent": category.parent_id, "polarity": category.polarity}
    changes = changes_between(before, after)
    record(by=by, now=now, action="costs.category", subject=category, changes=changes)
    return category


def _move(category: CostCategory, parent: CostCategory | None) -> None:
    """Hang a branch elsewhere: its inner links stay, those from above are drawn again."""
    branch = list(category.links_down.values_list("descendant", "depth"))
    inside = {pk for pk, _depth in branch}
    if parent is not None and parent.pk in inside:
        raise OwnAncestor
    CategoryLink.objects.filter(descendant__in=inside).exclude(ancestor__in=inside).delete()
    above = list(parent.links_up.values_list("ancestor", "depth")) if parent else []
    CategoryLink.objects.bulk_create(
        CategoryLink(ancestor_id=top, descendant_id=pk, depth=up + 1 + down)
        for top, up in above
        for pk, down in branch
    )
    category.parent = parent


def _category(name: str, parent: CostCategory | None, directness: str) -> tuple[CostCategory, int]:
    known = CostCategory.objects.unscoped("one tree for the whole company")
    category, new = known.get_or_create(name=name, defaults={"directness": directness})
    if new:
        CategoryLink.objects.create(ancestor=category, descendant=category, depth=0)
        if parent is not None:
            _move(category, parent)
            category.save(update_fields=["parent"])
    return category, int(new)


@transaction.atomic
def save_item(
    *, key: LineKey, values: Mapping[str, Any], by: Person | None, now: datetime
) -> CostItem:
    """Say how an item is counted and behaves, and what it is usually compared with.

    `values` are `unit`, `accumulation`, `rolls_over`, `behaviour`, `activity`, `fixed_percent`,
    `base_kind`; what is left out stays. Raises Unnamed.
    """
    require_company(by)
    item = _item(key)
    before = {name: str(getattr(item, name) or "") for name in values}
    for name, value in values.items():
        setattr(item, name, value)
    item.save()
    changes = changes_between(before, {name: str(value or "") for name, value in values.items()})
    record(by=by, now=now, action="costs.item", subject=item, changes=changes)
    return item


@transaction.atomic
def answer_for(
    *, key: LineKey, driver: str, owner: Department | None, controllable: str,
    by: Person | None, now: datetime,
) -> ItemDriver:  # fmt: skip
    """Who answers for one driver of an item, and whether it can be controlled (C-53)."""
    require_company(by)
    row, _new = _item(key).drivers.get_or_create(driver=driver)
    before = {"owner": str(row.owner or ""), "controllable": row.controllable}
    row.owner, row.controllable = owner, controllable
    row.save()
    changes = changes_between(before, {"owner": str(owner or ""), "controllable": controllable})
    record(by=by, now=now, action="costs.driver", subject=row, changes=changes)
    return row


def _item(key: LineKey) -> CostItem:
    if not (key.category and key.item):
        raise Unnamed
    category, _new = _category(key.category, None, Directness.INDIRECT)
    known = CostItem.objects.unscoped("one list for the whole company")
    return known.get_or_create(category=category, name=key.item)[0]


@transaction.atomic
def report_driver(
    *, key: LineKey, driver: str, period_no: int, planned: Decimal, actual: Decimal,
    department: Department, by: Person | None, now: datetime,
) -> DriverValue:  # fmt: skip
    """Report a driver of a line for one month, by its own department. Raises WrongState."""
    require(by, Permission.COST_EDIT, department)
    _require_collecting(period_no)
    values = {"planned": planned, "actual": actual}
    row, _new = DriverValue.objects.update_or_create(
        item=_item(key), department=key.department, driver=driver, period_no=period_no,
        defaults=values,
    )  # fmt: skip
    changes = {driver: [None, f"{planned} / {actual}"]}
    record(
        by=by, now=now, action="costs.driver_value", subject=row, changes=changes,
        department=department,
    )  # fmt: skip
    return row


@transaction.atomic
def save_activity(*, name: str, unit: str, by: Person | None, now: datetime) -> Activity:
    """Name something variable costs follow."""
    require_company(by)
    known = Activity.objects.unscoped("one list for the whole company")
    activity, _new = known.update_or_create(name=name.strip(), defaults={"unit": unit.strip()})
    changes = {"unit": [None, activity.unit]}
    record(by=by, now=now, action="costs.activity", subject=activity, changes=changes)
    return activity


@transaction.atomic
def report_activity(
    *, activity: Activity, period_no: int, planned: Decimal, actual: Decimal | None,
    by: Person | None, now: datetime,
) -> ActivityValue:  # fmt: skip
    """How much of an activity was planned for a month and how much there was. Raises WrongState."""
    require_company(by)
    _require_collecting(period_no)
    row, _new = activity.values.update_or_create(
        period_no=period_no, defaults={"planned": planned, "actual": actual}
    )
    changes = {"planned": [None, planned], "actual": [None, actual]}
    record(by=by, now=now, action="costs.activity_value", subject=row, changes=changes)
    return row


def _require_collecting(period_no: int) -> None:
    """A reviewed month keeps the drivers it was reviewed with."""
    months = CostPeriod.objects.unscoped("the rule holds for every ledger")
    if months.filter(period_no=period_no).exclude(state=PeriodState.COLLECTING).exists():
        raise WrongState(str(period_no))
