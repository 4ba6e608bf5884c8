"""What every test may ask for: the cast of the company, their clients, a fixed time, a browser."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from opsloop.org.models import Department, Membership, Person, RoleAssignment
from opsloop.org.permissions import Role
from tests.browser import Visit, chromium

NOW = datetime(2024, 6, 5, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
AXE = Path(__file__).parent.parent / "frontend/node_modules/axe-core/axe.min.js"


@dataclass(frozen=True)
class Cast:
    """The fixed cast: `company` holds `purchasing`, `finance` and `sales`.

    `department_head` and `employee` belong to purchasing; `outsider` is an employee of sales.
    """

    company: Department
    purchasing: Department
    finance: Department
    sales: Department
    operations_manager: Person
    finance_reviewer: Person
    department_head: Person
    employee: Person
    outsider: Person
    executive: Person
    system_admin: Person
    security_admin: Person
    auditor: Person

    @property
    def people(self) -> dict[str, Person]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Person)}


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    settings.FACTS_ROOT = tmp_path / "facts"
    settings.UPLOADS_ROOT = tmp_path / "uploads"
    settings.ANSWERS_ROOT = tmp_path / "answers"


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def cast(db: None) -> Cast:
    company = Department.objects.create(name="公司", code="company")
    places = {
        code: Department.objects.create(name=name, code=code, parent=company)
        for code, name in [("purchasing", "采购部"), ("finance", "财务部"), ("sales", "销售部")]
    }

    def somebody(name: str, username: str, role: Role, at: Department, scope: Department | None):
        person = Person.objects.create(username=username, name=name)
        Membership.objects.create(person=person, department=at)
        RoleAssignment.objects.create(person=person, role=role, department=scope, granted_at=NOW)
        return Person.objects.get(pk=person.pk)

    buying, money, selling = places["purchasing"], places["finance"], places["sales"]
    manager = somebody("陈运营", "operations", Role.OPERATIONS_MANAGER, company, None)
    head = somebody("赵主管", "head", Role.DEPARTMENT_HEAD, buying, buying)
    head.superior = manager
    head.save(update_fields=["superior"])
    employee = somebody("孙专员", "employee", Role.EMPLOYEE, buying, buying)
    employee.superior = head
    employee.save(update_fields=["superior"])
    return Cast(
        company=company,
        purchasing=buying,
        finance=money,
        sales=selling,
        operations_manager=manager,
        finance_reviewer=somebody("李会计", "finance", Role.FINANCE_REVIEWER, money, None),
        department_head=head,
        employee=employee,
        outsider=somebody("周销售", "outsider", Role.EMPLOYEE, selling, selling),
        executive=somebody("钱总", "executive", Role.EXECUTIVE, company, None),
        system_admin=somebody("系统管理员", "system", Role.SYSTEM_ADMIN, company, None),
        security_admin=somebody("安全管理员", "security", Role.SECURITY_ADMIN, company, None),
        auditor=somebody("审计员", "auditor", Role.AUDITOR, company, None),
    )


@pytest.fixture
def client_for() -> Callable[[Person], Client]:
    """A signed-in client of one person; errors of the server are answered, not raised."""

    def make(person: Person) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture(scope="session")
def _browser():
    # The sync driver runs an event loop in this thread; Django would refuse the database for it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(_browser, live_server, client_for, tmp_path_factory) -> Iterator[Callable[..., Visit]]:
    """Opens the site in Chromium: `visit(person, width=1440, theme="light")` → `Visit`.

    At the end of the test no window may have written an error to its console or sent a report of
    its security policy.
    """
    opened: list[Visit] = []
    shots = Path(os.environ.get("OPSLOOP_SHOTS") or tmp_path_factory.mktemp("shots"))

    def open_window(person: Person | None, *, width: int = 1440, theme: str = "light") -> Visit:
        cookies = client_for(person).cookies if person else {}
        window = Visit.open(_browser, live_server.url, cookies, width=width, theme=theme)
        window.axe_source, window.shots = AXE.read_text(encoding="utf-8"), shots
        opened.append(window)
        return window

    yield open_window
    complaints = [line for window in opened for line in window.complaints]
    for window in opened:
        window.close()
    assert complaints == []
