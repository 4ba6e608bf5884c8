"""The company's rules: thresholds, and who bears a shared cost centre."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from opsloop.audit.actions import changes_between, record
from opsloop.costs.models import CostSettings, CostShare
from opsloop.org.models import Department, Person
from opsloop.org.permissions import NotPermitted, Permission, require


@transaction.atomic
def change_settings(*, values: Mapping[str, Any], by: Person | None, now: datetime) -> CostSettings:
    """Change the company's rule; a new version, so that earlier deviations name the old one.

    Raises NotPermitted for a reviewer of less than the whole company.
    """
    require_company(by)
    settings = CostSettings.current()
    names = (
        "percent", "floor_amount", "hard_amount", "ytd_percent", "ytd_floor_amount", "points",
        "collect_workdays", "closing",
    )  # fmt: skip
    before = {name: getattr(settings, name) for name in names}
    for name in names:
        setattr(settings, name, values.get(name, before[name]))
    changes = changes_between(before, {name: getattr(settings, name) for name in names})
    if changes:
        settings.version += 1
        settings.save()
        record(by=by, now=now, action="costs.settings", subject=settings, changes=changes)
    return settings


@transaction.atomic
def share_cost(
    *, shared: str, weights: Mapping[Department, Decimal], by: Person | None, now: datetime
) -> None:
    """Who bears the costs a ledger posts to `shared`, by ratio; none at all ends the sharing."""
    require_company(by)
    known = CostShare.objects.unscoped("the rule is the company's").filter(shared=shared)
    before = {row.department.name: str(row.weight.normalize()) for row in known}
    known.delete()
    for department, weight in weights.items():
        CostShare.objects.create(shared=shared, department=department, weight=weight)
    after = {department.name: str(weight.normalize()) for department, weight in weights.items()}
    settings = CostSettings.current()
    settings.version += 1
    settings.save()
    changes = {shared: [before, after]}
    record(by=by, now=now, action="costs.share", subject=settings, changes=changes)


def require_company(by: Person | None) -> None:
    """The rule and the tree are the company's: a reviewer of one department sets neither."""
    require(by, Permission.COST_REVIEW)
    if by is not None and by.reach(Permission.COST_REVIEW) is not None:
        raise NotPermitted(f"{by.username} reviews less than the company")
