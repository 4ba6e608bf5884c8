"""What `opsloop analyze process` says beyond steps and moves: causes, conformance, handovers, returns.

Plain values for JSON, and the tables for people. Hours are numbers, shares and rates 0–1.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from opsloop.cli.speech import gettext as _
from opsloop.cli.step_table import read_step_table

if TYPE_CHECKING:
    from opsloop.analysis.conformance import Violation
    from opsloop.analysis.event_columns import Columns
    from opsloop.analysis.event_log import EventLog
    from opsloop.analysis.waiting_causes import StepCauses

CAUSES: Final = ("off", "absence", "contention", "prioritisation", "batching", "unattended")
Names = Mapping[str, tuple[str, ...]]


def waiting_causes(names: Names, causes: Sequence["StepCauses"]) -> list[dict[str, Any]]:
    """Hours by cause per step, most on-duty waiting first; `shares` are of on-duty waiting."""
    return [
        {
            "step": names["activity"][one.activity_no], "executions": one.executions,
            "waiting": one.waiting, **{cause: getattr(one, cause) for cause in CAUSES},
            "shares": one.shares(),
            "batch_starts": [
                {"weekday": weekday + 1, "hour": hour} for weekday, hour in one.slots
            ],
        }
        for one in causes
    ]  # fmt: skip


def handover(names: Names, columns: "Columns", order: Sequence[int]) -> dict[str, Any]:
    """From whom to whom; parties are departments, people only where no department is known."""
    from opsloop.analysis.handover import handovers

    report = handovers(columns, order={step: place for place, step in enumerate(order)})
    who = names.get(report.party or "", ())
    return {
        "party": report.party,
        "matrix": [
            {
                "from": who[one.source], "to": who[one.target], "count": one.count,
                "cases": one.cases, "median_wait": one.median_wait, "returns": one.returns,
                "return_share": one.return_share,
            }
            for one in report.matrix
        ],
        "ping_pong": [
            {"from": who[one.source], "via": who[one.via], "count": one.count, "cases": one.cases}
            for one in report.ping_pong
        ],
    }  # fmt: skip


def returns(names: Names, columns: "Columns", found: "EventLog") -> dict[str, Any]:
    """Return rates by every definition, by step and by role, and what returns cost."""
    from opsloop.analysis.returns import return_costs, return_report

    whole, report = found.returns, return_report(columns)
    steps = names["activity"]
    by_step = [
        {"step": steps[s.activity_no], "decisions": s.decisions, "returns": s.returns,
         "rate": s.return_rate}
        for s in found.steps
    ]  # fmt: skip
    roles = names.get(report.party or "", ())
    return {
        "inferred": whole.inferred, "cases": whole.cases, "completed": whole.completed,
        "case_rate": whole.case_rate, "decision_rate": whole.decision_rate,
        "rejected": whole.rejected, "withdrawn": whole.withdrawn,
        "by_month": [
            {"month": one.month, "cases": one.cases, "returned": one.returned}
            for one in whole.cohorts
        ],
        "by_step": by_step,
        "by_role": [
            {"role": roles[one.number], "decisions": one.decisions, "returns": one.returns,
             "rate": one.rate}
            for one in report.by_role
        ],
        "cost": [
            {"step": steps[one.activity_no], "returns": one.returns, "work_hours": one.work_hours,
             "waiting_hours": one.waiting_hours}
            for one in return_costs(columns)
        ],
    }  # fmt: skip


def ends(names: Names, model: Path) -> tuple[list[int], list[int]]:
    """The first and the last step of the table that every case must take, as far as logged.

    A case without the first is truncated, one without the last is open.
    """
    known = len(names["activity"])
    table = read_step_table(model, names["activity"])
    must = [step.activity_no for step in table.steps if step.mandatory and step.activity_no < known]
    return must[:1], must[-1:]


def conformance(names: Names, frame: Any, model: Path) -> dict[str, Any]:
    """How far the cases depart from the step table in `model`. Raises `Refusal`."""
    from opsloop.analysis.conformance import check, strange_hands

    table = read_step_table(model, names["activity"])
    found = check(frame, table.steps)
    departments = {name: number for number, name in enumerate(names.get("department", ()))}
    allowed = {
        step: frozenset(departments[name] for name in roles if name in departments)
        for step, roles in table.roles.items()
        # A role that is no department of the log (“申请人”) cannot be judged by departments.
        if all(name in departments for name in roles)
    }
    return {
        "cases": found.cases, "conforming": found.conforming, "fitness": found.fitness,
        "steps_not_in_log": list(table.unknown),
        "violations": [_violation(names, table.names, one) for one in found.violations],
        "strange_hands": [
            {
                "step": table.names[one.activity_no],
                "department": names["department"][one.department_no],
                "executions": one.executions, "share": one.share,
            }
            for one in strange_hands(frame, allowed)
        ],
    }  # fmt: skip


def _violation(names: Names, steps: Mapping[int, str], one: "Violation") -> dict[str, Any]:
    where = names["department"][one.department_no] if one.department_no >= 0 else None
    return {
        "kind": one.kind, "step": steps[one.activity_no], "cases": one.cases, "share": one.share,
        "department": where, "department_cases": one.department_cases,
        "hours_apart": one.hours_apart,
    }  # fmt: skip


def sentences(answer: Mapping[str, Any]) -> Iterator[str]:
    """Conformance in words: one sentence per violation."""
    found = answer.get("conformance")
    if found is None:
        return
    yield _("%(conforming)s of %(cases)s cases follow the step table; fitness %(fitness)s.") % {
        "conforming": f"{found['conforming']:,}", "cases": f"{found['cases']:,}",
        "fitness": f"{found['fitness']:.3f}",
    }  # fmt: skip
    for name in found["steps_not_in_log"]:
        yield _("The log never shows the step “%(step)s”.") % {"step": name}
    for one in found["violations"]:
        yield _sentence(one)
    for one in found["strange_hands"]:
        yield _("“%(step)s” was done %(count)s times by %(who)s, which the table does not name.") % {
            "step": one["step"], "count": f"{one['executions']:,}", "who": one["department"],
        }  # fmt: skip


def _sentence(one: Mapping[str, Any]) -> str:
    said = {"cases": f"{one['cases']:,}", "step": one["step"], "share": f"{one['share']:.1%}"}
    text = (
        _("%(cases)s cases skip “%(step)s” (%(share)s)")
        if one["kind"] == "skipped"
        else _("%(cases)s cases do “%(step)s” where the table does not foresee it (%(share)s)")
    ) % said
    if one["department"] is not None:
        text += _(", most of them in %(where)s") % {"where": one["department"]}
    if one["hours_apart"] is not None:
        apart = one["hours_apart"]
        shape = (
            _("; their median is %(hours)s h longer")
            if apart >= 0
            else _("; their median is %(hours)s h shorter")
        )
        text += shape % {"hours": f"{abs(apart):.1f}"}
    return text
