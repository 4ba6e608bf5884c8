"""The demo company's processes: the form people filled in interviews, completed from the log."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from opsloop.analysis.period import Period
from opsloop.datasets.models import Dataset
from opsloop.demo import processes_story as story
from opsloop.demo.company import person
from opsloop.demo.records import company
from opsloop.metrics import actions as metrics
from opsloop.metrics import register
from opsloop.org.models import Department
from opsloop.processes import actions
from opsloop.processes.detection import detect, metric_of
from opsloop.processes.keys import CYCLE_HOURS, Dimension
from opsloop.processes.queries import processes as known_processes


def define(data: Mapping[str, Dataset], now: datetime) -> None:
    """One process per approval log, owned by the department that answers for it."""
    by = person("yunying")
    for key, spec in company()["processes"].items():
        owner = Department.objects.get(name=spec["owner"])
        process = actions.define_process(
            name=spec["name"], department=owner,
            co_departments=list(Department.objects.filter(name=spec["co_owner"])),
            start_event=spec["start_event"], end_event=spec["end_event"], recorded_on=now.date(),
            hours_basis="working", dataset=data[key], owner=by,
            stated_hours=Decimal(spec["stated_hours"]) if spec["stated_hours"] else None,
            return_limit=Decimal(spec["return_limit"]), by=by, now=now, **story.title_of(key),
        )  # fmt: skip
        for name, role, inputs, outputs, hours in spec["form"]:
            actions.add_step(
                process=process, source="interview", name=name, role=role, inputs=inputs,
                outputs=outputs, minutes=round(Decimal(hours) * 60), by=by, now=now,
            )  # fmt: skip


def complete(now: datetime) -> None:
    """Fill from the first records, then set the limits that the company promised itself."""
    by = person("yunying")
    limits = {
        name: Decimal(hours)
        for spec in company()["processes"].values()
        for name, hours in spec["step_limits"].items()
    }
    for process in known_processes(by):
        actions.fill_from_log(process=process, by=by, now=now)
        for step in process.as_is.steps.filter(name__in=limits):
            actions.change_step(step=step, limit_hours=limits[step.name], by=by, now=now)
        metrics.define(
            source=CYCLE_HOURS, name=f"{process.name} · {register.source(CYCLE_HOURS).label}", period_kind="month",
            department=process.department, owner=process.owner, by=by, now=now,
            definition={
                "process": process.pk, "statistic": "median", "basis": process.hours_basis
            },
            calendar_basis=process.hours_basis,
        )  # fmt: skip
    story.describe(now)


def look_for_deviations(month: Period, now: datetime) -> None:
    """What the schedule does after new records: measure every month against the limits."""
    for process in known_processes(person("yunying")):
        detect(process=process, by=None, now=now)
        metric = metric_of(process, CYCLE_HOURS)
        if metric is not None:
            whole = metrics.Dimension(Dimension(process.pk).key, process.name, process.department)
            metrics.measure_period(
                version=metric.current, period=month, dimensions=[whole], by=None, now=now
            )
