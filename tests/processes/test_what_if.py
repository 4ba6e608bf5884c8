"""The what-if page: a model that repeats its log, wishes, and what they change."""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from opsloop.analysis.simulated_cases import AS_IS
from opsloop.datasets import actions as imports
from opsloop.processes import actions, what_if
from tests.conftest import NOW
from tests.processes.conftest import bring


def model_of(process):
    model = what_if.simulator(process)
    assert model is not None
    return model


def wishes(process, **said):
    model = model_of(process)
    form = what_if.WhatIfForm(said, process=process, model=model)
    assert form.is_valid(), form.errors
    return model, form.scenario()


def random_rows(cases=80):
    """A request every few hours; it waits for the manager, then for the store."""
    random = np.random.default_rng(5)
    lines, at = [], datetime(2024, 3, 1, 8)
    for number in range(cases):
        at += timedelta(minutes=int(random.exponential(400)))
        then = at
        for step, person, longest in (
            ("填写申请表", "孙专员", 0),
            ("部门经理审批", "赵主管", 1200),
            ("采购入库", "仓管员", 600),
        ):
            then += timedelta(minutes=int(random.integers(longest + 1)))
            end = then + timedelta(minutes=int(random.integers(10, 60)))
            lines.append(
                f"{number:03},{step},{then:%Y-%m-%d %H:%M},{end:%Y-%m-%d %H:%M},{person},采购部,"
            )
            then = end
    return "\n".join(lines) + "\n"


@pytest.fixture
def draft(process, cast):
    log = imports.create_dataset(
        name="采购日志", kind="event_log", department=cast.purchasing, timezone="Asia/Shanghai",
        by=cast.department_head, now=NOW,
    )  # fmt: skip
    bring(log, random_rows())
    actions.change_process(process=process, by=cast.department_head, now=NOW, dataset=log)
    actions.fill_from_log(process=process, by=cast.department_head, now=NOW)
    return actions.copy_as_is(process=process, by=cast.department_head, now=NOW)


def test_the_simulator_says_whether_it_may_be_believed(draft):
    model = model_of(draft.process)
    assert model.validation.credible
    assert [step.name for step in model.steps] == ["填写申请表", "部门经理审批", "采购入库"]
    assert what_if.answer(draft.process, model, AS_IS) is None


def test_a_to_be_table_is_simulated_in_its_differences(draft, cast):
    steps = {step.name: step for step in draft.steps.all()}
    said = {"by": cast.department_head, "now": NOW}
    approval = steps["部门经理审批"]
    actions.change_step(step=approval, minutes=approval.minutes // 2, **said)
    actions.change_step(step=steps["采购入库"], from_amount=Decimal(500), **said)
    model, scenario = wishes(draft.process, version=str(draft.pk))
    number = {step.name: step.number for step in model.steps}
    assert scenario.work[number["部门经理审批"]] == pytest.approx(0.5, abs=0.01)
    assert scenario.limits == {number["采购入库"]: 500.0}
    found = what_if.answer(draft.process, model, scenario)
    assert found is not None
    assert found.median.high < 0
    assert found.median.low <= found.median.mean <= found.median.high


def test_wishes_by_step_become_one_scenario(draft):
    model = model_of(draft.process)
    first, second, third = (step.number for step in model.steps)
    _model, scenario = wishes(
        draft.process, returns="0", arrivals="150",
        **{f"people_{second}": "2", f"limit_{second}": "5000", f"out_{third}": "on",
           f"beside_{second}": "on", f"beside_{third}": "on"},
    )  # fmt: skip
    assert scenario.people == {second: 2}
    assert scenario.limits == {second: 5000.0}
    assert scenario.removed == {third}
    assert scenario.together == (frozenset({first, second, third}),)
    assert (scenario.returns, scenario.arrivals) == (0.0, 1.5)


def test_the_page_shows_log_model_and_difference(draft, cast, client_for):
    client = client_for(cast.department_head)
    address = f"/processes/{draft.process_id}/what-if/"
    page = client.get(address)
    assert page.context["told"].credible
    assert page.context["answer"] is None
    number = page.context["form"].model.steps[2].number
    answer = client.get(address, {f"out_{number}": "on"}).context["answer"]
    assert answer.median.mean < 0
    assert client.get(address, {f"people_{number}": "99"}).context["answer"] is None
    file = client.get(f"/processes/{draft.process_id}/what-if.csv", {f"out_{number}": "on"})
    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 31
    assert all(line.count(",") == 4 for line in lines)


def test_without_records_there_is_nothing_to_simulate(process, cast, client_for):
    client = client_for(cast.department_head)
    assert client.get(f"/processes/{process.pk}/what-if/").context["form"] is None
    assert client.get(f"/processes/{process.pk}/what-if.csv").status_code == 404
