"""What the tables of the cost room share: who sees them, and how their numbers read."""

from decimal import Decimal
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from opsloop.costs.source import ledgers_posting_to
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel, ScopedQuerySet

M = TypeVar("M", bound=models.Model)


def shown(number: Decimal) -> str:
    """A number with as many decimals as it has: 1,100 or 2.5."""
    return f"{number.normalize():,f}"


def month_key(period_no: int) -> str:
    """Yyyymm as `2024-06`."""
    return f"{period_no // 100:04d}-{period_no % 100:02d}"


class CompanyWideQuerySet(ScopedQuerySet[M]):
    """Words of the whole company, such as the cost tree: whoever sees costs sees them."""

    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        needed = permission or Permission.COST_VIEW
        seen = Q() if person.may(needed) else Q(pk__in=[])
        return self.within(seen, reason=f"company-wide: {needed}")


class CompanyWideModel(ScopedModel):
    scope_permission = Permission.COST_VIEW
    objects = CompanyWideQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        abstract = True


class CostPeriodQuerySet(ScopedQuerySet[M]):
    """A month is seen by whoever reaches its ledger's department or one of its lines' (C-23)."""

    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        needed = permission or Permission.COST_VIEW
        if person.reach(needed) is None:
            return self.unscoped(f"company: {needed}")
        own = Q(ledger__department__in=person.departments_within(needed))
        return self.within(
            own | Q(ledger__in=ledgers_posting_to(person, needed)),
            reason=f"{needed} of {person.pk}",
        )
