"""Sample objects for addresses with arguments, so that the access matrix can open all of them.

One function per room: given the realm and a department, it makes that room's objects in that
department and returns `{view name: arguments of its address}`. The matrix calls it for a department
the tested people reach and for one they do not. A new address with arguments adds its line here;
the matrix fails with its name until it does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from opsloop.org import actions
from opsloop.org.models import Department, Person
from opsloop.org.permissions import ADMINISTRATORS, Role

NOW: Final = datetime(2024, 6, 5, 2, 0, tzinfo=UTC)

Arguments = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Realm:
    """A company with two branches; one person per role, business roles only in `inside`."""

    top: Department
    inside: Department
    outside: Department
    people: dict[Role, Person]


def make_realm() -> Realm:
    top = _department("公司", "top", None)
    inside, outside = _department("销售部", "inside", top), _department("财务部", "outside", top)
    people = {role: _holder(role, inside) for role in Role}
    return Realm(top, inside, outside, people)


def org(realm: Realm, department: Department) -> Arguments:
    member = _member(department)
    extra = sub_department(department)
    place = actions.place_person(member, department=extra, by=None, now=NOW)
    leave, _moved = actions.add_leave(
        member, first_on=date(2024, 6, 6), last_on=date(2024, 6, 7), by=None, now=NOW
    )
    other = actions.create_person(
        username=f"role-{department.code}", name="李", department=department, by=None, now=NOW
    )
    pages: Arguments = {
        f"org:{name}": {"pk": member.pk}
        for name in (
            "person", "person_edit", "person_place", "person_link", "person_lock",
            "person_unlock", "leave_add",
        )
    }  # fmt: skip
    return pages | {
        "org:department": {"pk": department.pk},
        "org:department_edit": {"pk": department.pk},
        "org:place_remove": {"pk": place.pk},
        "org:leave_remove": {"pk": leave.pk},
        "org:role_revoke": {"pk": other.role_assignments.get().pk},
        "org:welcome": {"token": "no-such-token"},
    }


def notify(realm: Realm, department: Department) -> Arguments:
    from opsloop.notify.actions import post
    from opsloop.notify.models import Webhook

    notice = post(
        to=_member(department), kind="reminder", subject="整改到期",
        idempotency_key=f"sample-{department.code}", now=NOW,
    )  # fmt: skip
    webhook = Webhook.objects.create(
        name=department.name, url="https://hooks.example.com/", topics=["loop"], salt="s",
        created_by=realm.people[Role.SYSTEM_ADMIN], created_at=NOW,
    )  # fmt: skip
    pages = ("webhook", "webhook_edit", "webhook_test", "webhook_renew", "webhook_remove")
    return {"notify:open": {"pk": notice.pk}} | {
        f"notify:{name}": {"pk": webhook.pk} for name in pages
    }


def jobs(realm: Realm, department: Department) -> Arguments:
    from opsloop.jobs.actions import enqueue

    job = enqueue(
        kind="import", arguments={"batch_id": 0}, by=_member(department), now=NOW,
        title="导入", department=department,
    )  # fmt: skip
    return {f"jobs:{name}": {"pk": job.pk} for name in ("detail", "progress", "cancel", "retry")}


def datasets(realm: Realm, department: Department) -> Arguments:
    from opsloop.datasets.actions import check, commit, create_dataset, receive

    dataset = create_dataset(
        name="审批日志", kind="event_log", department=department, timezone="Asia/Shanghai",
        by=None, now=NOW,
    )  # fmt: skip
    text = "单号,步骤,完成时间\nA-1,提交,2024-06-03 09:00\nA-1,审批,昨天\n"
    batch = receive(
        dataset=dataset, file_name="log.csv", chunks=[text.encode()], door="browser",
        by=None, now=NOW,
    )  # fmt: skip
    commit(batch=check(batch=batch, by=None, now=NOW), by=None, now=NOW, skip_bad_rows=True)
    one_batch = (
        "batch", "read_again", "commit", "discard", "retire", "correct", "bad_rows", "rows",
    )  # fmt: skip
    return {
        **{f"datasets:{name}": {"pk": batch.pk} for name in one_batch},
        "datasets:detail": {"pk": dataset.pk},
        "datasets:rows_file": {"pk": batch.pk, "form": "csv"},
        "datasets:template": {"kind": "event_log"},
        "api:v1:dataset_imports": {"pk": dataset.pk},
        "api:v1:import": {"pk": batch.pk},
        "api:v1:import_commit": {"pk": batch.pk},
    }


def costs(realm: Realm, department: Department) -> Arguments:
    from opsloop.costs.actions import define_period, draft_budget, plan_line
    from opsloop.costs.keys import LineKey
    from opsloop.costs.models import CollectionDuty, CollectionTask, Commitment
    from opsloop.datasets.actions import check, commit, create_dataset, receive

    ledger = create_dataset(
        name="成本台账", kind="ledger", department=department, timezone="Asia/Shanghai",
        by=None, now=NOW,
    )  # fmt: skip
    # A line without category, item and department is the one an address without a query names.
    batch = receive(
        dataset=ledger, file_name="ledger.csv", door="browser", by=None, now=NOW,
        chunks=["月份,类别,金额\n2024-05,-,100\n".encode()],
    )  # fmt: skip
    commit(batch=check(batch=batch, by=None, now=NOW), by=None, now=NOW)
    month = define_period(period_no=202_405, ledger=ledger, budget=None, by=None, now=NOW)
    budget = create_dataset(
        name="年度预算", kind="budget", department=department, timezone="Asia/Shanghai",
        by=None, now=NOW,
    )  # fmt: skip
    plan = draft_budget(dataset=budget, year=2024, reason="", by=None, now=NOW)
    planned = plan_line(
        budget=plan, key=LineKey("办公费用", "文具"), amount_fen=1200, distribution="monthly",
        edited={}, by=None, now=NOW,
    )  # fmt: skip
    duty = CollectionDuty.objects.create(
        ledger=ledger, department=department, person=_member(department)
    )
    task = CollectionTask.objects.create(
        duty=duty, period_no=202_405, due_on=date(2024, 6, 7), created_at=NOW
    )
    order = Commitment.objects.create(
        period=month, category="Material", item="Steel", document="PO-1", amount_fen=100,
        entered_at=NOW,
    )  # fmt: skip
    one_month = (
        "detail", "line", "note", "item", "review", "collect", "lock", "restate", "detect",
        "answer", "driver", "base", "effects", "report", "controllable",
    )  # fmt: skip
    return {
        **{f"costs:{name}": {"pk": month.pk} for name in one_month},
        "costs:duty_end": {"pk": duty.pk},
        "costs:nothing": {"pk": task.pk},
        **{f"costs:budget{name}": {"pk": plan.pk} for name in ("", "_line", "_approve")},
        "costs:commitments": {"pk": month.pk},
        "costs:commitments_file": {"pk": month.pk, "form": "csv"},
        "costs:commitment_cancel": {"pk": month.pk, "commitment": order.pk},
        "costs:budget_file": {"pk": plan.pk, "form": "csv"},
        "costs:compare_file": {"form": "csv"},
        "costs:budget_drop": {"pk": plan.pk, "line": planned.pk},
        "costs:line_file": {"pk": month.pk, "form": "csv"},
        "costs:controllable_file": {"pk": month.pk, "form": "csv"},
        "costs:tracking_file": {"pk": month.pk, "form": "csv"},
        "costs:collection_file": {"form": "csv"},
        "costs:budgets_file": {"form": "csv"},
        "costs:facts": {"pk": month.pk},
        "costs:facts_file": {"pk": month.pk, "form": "csv"},
    }


def processes(realm: Realm, department: Department) -> Arguments:
    from opsloop.processes.actions import add_step, define_process

    process = define_process(name="采购申请", department=department, by=None, now=NOW)
    step = add_step(process=process, name="财务审核", by=None, now=NOW)
    one_process = (
        "detail", "edit", "fill", "detect", "step_add", "map", "variants", "bottleneck",
        "cases", "handover", "segments", "conformance", "flow", "raci", "bpmn", "ecrs",
        "ecrs_decide", "fishbone", "limit", "designs", "draft", "samples", "voice", "voice_open",
        "pilots", "reviews", "departure_accept", "people", "step_costs", "rates", "outliers",
    )  # fmt: skip
    one_step = ("step_edit", "step_remove", "step_up", "step_down")
    return {
        **_improvement(process, step),
        **{f"processes:{name}": {"pk": process.pk} for name in one_process},
        **{f"processes:{name}": {"pk": process.pk, "step": step.pk} for name in one_step},
        "processes:case": {"pk": process.pk, "case": 1},
        "processes:case_file": {"pk": process.pk, "case": 1},
        "processes:data_file": {"pk": process.pk, "what": "cases"},
        "processes:departure_revoke": {"pk": process.pk, "acceptance": 0},
    }


def sheets(realm: Realm, department: Department) -> Arguments:
    from opsloop.exchange.returned import pasted, read
    from opsloop.processes.actions import add_step, define_process
    from opsloop.sheets.actions import receive, take_snapshot
    from opsloop.sheets.models import CellComment, SavedView
    from opsloop.sheets.register import sources

    process = define_process(name="报销审批", department=department, by=None, now=NOW)
    add_step(process=process, name="财务审核", by=None, now=NOW)
    about = {"sheet": "process_review", "subject": str(process.pk)}
    form, person = {"key": "process_review", "subject": str(process.pk)}, _member(department)
    note = CellComment.objects.create(**about, text="偏短", written_by=person, written_at=NOW)
    view = SavedView.objects.create(**about, name="全部", owner=person, saved_at=NOW)
    source = sources()["process_review"]
    state = take_snapshot(source=source, subject=process, name="评审前", by=person, now=NOW)
    file = receive(
        **about, file_name="表.csv", by=person, now=NOW,
        form=read(pasted("流程步骤,涉及角色\n复核,财务经理\n"), source.sheet),
    )  # fmt: skip
    names = (
        "form", "print", "import", "snapshot_take", "data", "changes", "insert", "delete", "move",
        "header", "paste_preview", "paste_apply", "comments", "history", "restore", "view_save",
    )  # fmt: skip
    check = {"key": "kpi_monitor", "pk": file.pk}
    return {
        **{f"sheets:{name}": form for name in names},
        **{f"sheets:{name}": {**form, "pk": file.pk} for name in ("returned", "apply", "faulty")},
        **{f"sheets:{name}": {**form, "pk": state.pk} for name in ("snapshot", "snapshot_restore")},
        "sheets:resolve": {**form, "pk": note.pk},
        "sheets:view_delete": {**form, "pk": view.pk},
        "sheets:file": {**form, "kind": "csv"},
        "sheets:made": {**form, "pk": 1},
        "sheets:template": {"key": "kpi_monitor", "kind": "xlsx"},
        "sheets:check": {"key": "kpi_monitor"},
        "sheets:checked": check,
        "sheets:take": check,
        "sheets:checked_file": {**check, "kind": "csv"},
    }


def _improvement(process: Any, step: Any) -> Arguments:
    """What the improvement pages of a process need: a draft, a pilot, a sample, a link, a review."""
    from opsloop.processes.models import Pilot, QuarterlyReview, SamplingPlan, VoiceLink
    from opsloop.processes.models import ProcessVersion as Version

    pk = process.pk
    draft = Version.objects.create(process=process, kind="to_be", number=1, state="draft")
    plan = SamplingPlan.objects.create(
        process=process, question="附件", first_on=NOW, last_on=NOW, population=1,
        margin=Decimal("0.05"), seed=1, drawn_at=NOW,
    )  # fmt: skip
    document = plan.documents.create(case_no=1, number="CG-1")
    link = VoiceLink.objects.create(step=step, token=f"t{step.pk}", made_at=NOW)
    pilot = Pilot.objects.create(
        process=process, version=draft, unit="采购部", start_on=NOW, target_hours=1, made_at=NOW
    )
    review = QuarterlyReview.objects.create(process=process, period="2024-Q1", made_at=NOW)
    one_draft = {"pk": pk, "version": draft.pk}
    return {
        "processes:design": one_draft,
        "processes:design_bpmn": one_draft,
        "processes:design_step": one_draft | {"step": 0},
        "processes:design_step_do": one_draft | {"step": 0, "verb": "up"},
        "processes:design_do": one_draft | {"verb": "submit"},
        "processes:to_cause": {"pk": pk, "kind": "proposal", "item": 0},
        "processes:sample": {"pk": pk, "plan": plan.pk},
        "processes:sample_note": {"pk": pk, "plan": plan.pk, "document": document.pk},
        "processes:voice_close": {"pk": pk, "link": link.pk},
        "processes:voice_code": {"pk": pk, "link": link.pk},
        "processes:speak": {"token": "no-such-token"},
        "processes:pilot": {"pk": pk, "pilot": pilot.pk},
        "processes:pilot_weeks": {"pk": pk, "pilot": pilot.pk},
        "processes:limit_file": {"pk": pk},
        "processes:what_if": {"pk": pk},
        "processes:what_if_file": {"pk": pk},
        "processes:export": {"pk": pk, "what": "causes"},
        "processes:pilot_do": {"pk": pk, "pilot": pilot.pk, "verb": "note"},
        "processes:review_close": {"pk": pk, "review": review.pk},
    }


def web(realm: Realm, department: Department) -> Arguments:
    return {"web:help": {"room": "org"}}


def demo(realm: Realm, department: Department) -> Arguments:
    return {"demo:file": {"name": "no-such-file"}}


def metrics(realm: Realm, department: Department) -> Arguments:
    from opsloop.analysis.period import Period
    from opsloop.metrics.actions import Dimension, store_points
    from opsloop.metrics.register import Measurement

    version = _version(department)
    value = Measurement(Decimal("0.15"), Decimal(3), Decimal(20), 20)
    dimension = Dimension(str(department.pk), "采购审批", department)
    (point,) = store_points(
        version=version, period=Period.parse("2024-05"), measured=[(dimension, value)],
        by=None, now=NOW,
    )  # fmt: skip
    metric, one = {"pk": version.metric_id}, {"pk": point.pk}
    return {
        "metrics:detail": metric, "metrics:revise": metric, "metrics:point": one,
        "api:v1:metric": metric, "api:v1:metric_versions": metric, "api:v1:metric_points": metric,
        "api:v1:metric_point": one, "api:v1:metric_point_state": one,
    }  # fmt: skip


def loop(realm: Realm, department: Department) -> Arguments:
    from opsloop.analysis.period import Period
    from opsloop.loop.actions import raise_deviation
    from opsloop.loop.models import Lesson

    version = _version(department)
    deviation = raise_deviation(
        tool="processes", metric_version=version, dimension=f"{department.pk}/财务复核",
        dimension_label="采购审批 · 财务复核", department=department,
        period=Period.parse("2024-05"), measured=Decimal("0.15"), base=Decimal("0.05"),
        base_kind="standard", exceedance=Decimal("0.10"), rule="limit", owner=_member(department),
        by=None, now=NOW,
    )  # fmt: skip
    lesson = Lesson.objects.create(
        deviation=deviation, department=department, tool="processes", metric=version.metric,
        title="报销标准写进表单", learned_at=NOW,
    )  # fmt: skip
    one = {"pk": deviation.pk}
    return {
        "loop:detail": one, "api:v1:deviation": one, "api:v1:deviation_moves": one,
        "loop:act": {"kind": "deviation", "pk": deviation.pk, "verb": "confirm"},
        "loop:lesson": {"pk": lesson.pk},
    }  # fmt: skip


def api(realm: Realm, department: Department) -> Arguments:
    from opsloop.api.actions import create_token
    from opsloop.api.models import TokenScope

    token, _secret = create_token(
        name="月度导入",
        scope=TokenScope(TokenScope.values[0]),
        days=30,
        by=_member(department),
        now=NOW,
    )
    return {"api:revoke": {"pk": token.pk}}


# Room (the part of a view name before the colon) → its samples. Explicit, no discovery.
SAMPLES: Final[dict[str, Callable[[Realm, Department], Arguments]]] = {
    "org": org,
    "notify": notify,
    "jobs": jobs,
    "datasets": datasets,
    "costs": costs,
    "processes": processes,
    "sheets": sheets,
    "web": web,
    "demo": demo,
    "metrics": metrics,
    "loop": loop,
    "api": api,
}


def arguments_in(realm: Realm, department: Department, rooms: set[str]) -> Arguments:
    """Every room's samples in one department."""
    found: Arguments = {}
    for room in sorted(rooms & SAMPLES.keys()):
        found |= SAMPLES[room](realm, department)
    return found


def _version(department: Department) -> Any:
    """A metric of the department; its source is the test metric of tests/loop/figures.py."""
    from opsloop.metrics.actions import define

    return define(
        source="figures.return_rate", name=f"退回率 {department.code}", definition={},
        period_kind="month", department=department, by=None, now=NOW,
    )  # fmt: skip


def _department(name: str, code: str, parent: Department | None) -> Department:
    found = Department.objects.filter(code=code).first()
    return found or actions.create_department(name=name, code=code, parent=parent, by=None, now=NOW)


def sub_department(department: Department) -> Department:
    """The group below a department in which its member has a second place."""
    return _department("小组", f"{department.code}-sub", department)


def _member(department: Department) -> Person:
    """The employee every sample of a department belongs to."""
    username = f"member-{department.code}"
    found = Person.objects.filter(username=username).first()
    return found or actions.create_person(
        username=username, name="王芳", department=department, by=None, now=NOW
    )


def _holder(role: Role, department: Department) -> Person:
    person = actions.create_person(
        username=role.value, name=str(role.label), department=department, by=None, now=NOW
    )
    actions.revoke_role(person.role_assignments.get(), by=None, now=NOW)
    scope = None if role in ADMINISTRATORS else department
    actions.grant_role(person=person, role=role, department=scope, by=None, now=NOW)
    return Person.objects.get(pk=person.pk)
