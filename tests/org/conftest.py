"""Three departments and a handful of people, as every test of this room needs them."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from opsloop.org.models import Department, Membership, Person, RoleAssignment
from opsloop.org.permissions import Role

NOW = datetime(2024, 6, 5, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai


def person(username: str, *, department: Department | None = None, **fields: str) -> Person:
    someone = Person.objects.create(username=username, name=fields.pop("name", username), **fields)
    if department:
        Membership.objects.create(person=someone, department=department)
    return someone


def give(someone: Person, role: Role, department: Department | None = None) -> Person:
    RoleAssignment.objects.create(person=someone, role=role, department=department, granted_at=NOW)
    return Person.objects.get(pk=someone.pk)


@dataclass(frozen=True)
class Company:
    """`top` holds `sales` and `finance`; `north` lies below `sales`."""

    top: Department
    sales: Department
    north: Department
    finance: Department

    def somebody(self, role: Role, department: Department | None = None, name: str = "") -> Person:
        username = name or f"{role}_{department.code if department else 'company'}"
        return give(person(username, department=department or self.top), role, department)


@pytest.fixture
def company(db: None) -> Company:
    top = Department.objects.create(name="公司", code="top")
    sales = Department.objects.create(name="销售部", code="sales", parent=top)
    north = Department.objects.create(name="北区", code="north", parent=sales)
    finance = Department.objects.create(name="财务部", code="finance", parent=top)
    return Company(top, sales, north, finance)
