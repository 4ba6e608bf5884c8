"""A step table and a cost month, and a client that speaks the grid's protocol."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from opsloop.costs.models import CostPeriod
from opsloop.org.models import Person
from opsloop.processes import actions
from opsloop.processes.models import Process
from tests.conftest import NOW, Cast
from tests.costs.conftest import BUDGET, LEDGER, make_books
from tests.processes.grid_paste import paste_form


@dataclass
class Grid:
    """One form as one person's browser speaks with it."""

    client: Client
    base: str

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(self.base + path, query)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(self.base + path, json.dumps(body), content_type="application/json")

    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("data").json()
        return found

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.data()["rows"]
        return found

    def column(self, key: str) -> list[str]:
        return [row["values"][key] for row in self.rows()]

    def edit(self, row: dict[str, Any], **cells: str) -> Any:
        change = {"row": row["id"], "version": row["version"], "cells": cells}
        return self.post("changes", changes=[change])


@pytest.fixture
def grid(client_for: Callable[[Person], Client]) -> Callable[[Person, Any], Grid]:
    """Open the grid of a process or a month as a person."""

    def open_it(person: Person, subject: Any) -> Grid:
        key = "process_review" if isinstance(subject, Process) else "cost_analysis"
        return Grid(client_for(person), f"/sheets/{key}/{subject.pk}/")

    return open_it


@pytest.fixture
def process(cast: Cast) -> Process:
    """The source's own form: five steps, 97 hours."""
    made = actions.define_process(
        name="采购申请审批流程", department=cast.purchasing, by=cast.department_head, now=NOW
    )
    paste_form(made, cast.department_head)
    return made


@pytest.fixture
def steps(process: Process, cast: Cast, grid: Callable[[Person, Any], Grid]) -> Grid:
    """The step table as the head of its department edits it."""
    return grid(cast.department_head, process)


@pytest.fixture
def month(cast: Cast) -> CostPeriod:
    """June 2024 with the four lines of the source's table."""
    from opsloop.costs.actions import define_period

    books = make_books(cast.company)
    books.post(LEDGER)
    books.plan(BUDGET)
    return define_period(
        period_no=202_406, ledger=books.ledger, budget=books.budget, by=None, now=NOW
    )
