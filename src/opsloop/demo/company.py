"""Set up the demo company: its departments, people, roles, data sets."""

from collections.abc import Mapping
from datetime import datetime

from opsloop.datasets import actions as datasets
from opsloop.datasets.models import Dataset
from opsloop.demo.records import company
from opsloop.org import actions as org
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Role


def set_up(now: datetime) -> None:
    """Departments, then people from the top down, then what they may do."""
    spec = company()
    org.set_up_organisation(by=None, now=now, name=spec["name"], is_demo=True)
    departments: dict[str, Department] = {}
    for row in spec["departments"]:
        departments[row["code"]] = org.create_department(
            name=row["name"],
            code=row["code"],
            parent=departments.get(row["parent"]),
            by=None,
            now=now,
        )
    people: dict[str, Person] = {}
    for row in spec["people"]:
        person = org.create_person(
            username=row["username"], name=row["name"], department=departments[row["department"]],
            position=row["position"], superior=people.get(row["superior"]), by=None, now=now,
        )  # fmt: skip
        people[row["username"]] = person
        for name, code in row["roles"]:
            role = Role(name)
            if role is Role.EXTERNAL_INSPECTOR:
                person.role_assignments.all().delete()
            org.grant_role(
                person=person, role=role, department=departments.get(code), by=None, now=now
            )


def person(username: str) -> Person:
    return Person.objects.get(username=username)


def department(code: str) -> Department:
    return Department.objects.get(code=code)


def create_datasets(now: datetime) -> Mapping[str, Dataset]:
    """The data sets that the monthly exports go to."""
    spec = company()
    wanted = {
        **{
            name: (row["dataset"], "event_log", row["dataset_department"])
            for name, row in spec["processes"].items()
        },
        "ledger": (spec["costs"]["ledger"], "ledger", spec["costs"]["department"]),
        "budget": (spec["costs"]["budget"], "budget", spec["costs"]["department"]),
    }
    return {
        key: datasets.create_dataset(
            name=name, kind=kind, department=department(code), timezone="Asia/Shanghai",
            by=person("yunying"), now=now,
        )
        for key, (name, kind, code) in wanted.items()
    }  # fmt: skip


def bring_in(
    dataset: Dataset, *, file_name: str, content: bytes, by: Person, now: datetime
) -> None:
    """Receive, check and commit one export, as a person would in the browser."""
    batch = datasets.receive(
        dataset=dataset, file_name=file_name, chunks=[content], door="upload", by=by, now=now
    )
    batch = datasets.check(batch=batch, by=by, now=now)
    datasets.commit(batch=batch, by=by, now=now)
