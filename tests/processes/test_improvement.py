"""From findings to a published version: worksheet, gate, approval, pilot, review, voice, samples."""

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache

from opsloop.loop import actions as loop
from opsloop.loop.states import CauseCategory
from opsloop.org.permissions import NotPermitted
from opsloop.processes import actions, bpmn, queries, reviews
from opsloop.processes.differences import differences
from opsloop.processes.gate import gate
from opsloop.processes.models import (
    DocumentResult,
    EcrsProposal,
    Opinion,
    OpinionSource,
    Pain,
    ProcessVersion,
    QuarterlyReview,
    VersionState,
    VoiceLink,
)
from tests.conftest import NOW

PAGES = [
    "map/", "variants/", "bottleneck/", "handover/", "segments/", "segments/?by=month",
    "segments/?by=amount", "conformance/", "flow/", "raci/", "ecrs/", "fishbone/", "limit/",
    "designs/", "samples/", "voice/", "pilots/", "reviews/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet_hour():
    """Each test begins an hour in which nobody has spoken."""
    cache.clear()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_with_and_without_records(logged, cast, client_for, path):
    actions.fill_from_log(process=logged, by=None, now=NOW)
    client = client_for(cast.department_head)
    assert client.get(f"/processes/{logged.pk}/{path}").status_code == 200
    bare = actions.define_process(name="空", department=cast.purchasing, by=None, now=NOW)
    assert client.get(f"/processes/{bare.pk}/{path}").status_code == 200
    assert client_for(cast.outsider).get(f"/processes/{logged.pk}/{path}").status_code == 404


@pytest.mark.parametrize("what", ["handover", "segments", "conformance", "flow"])
def test_the_numbers_of_every_chart_can_be_taken_away(logged, cast, client_for, what):
    actions.fill_from_log(process=logged, by=None, now=NOW)
    response = client_for(cast.employee).get(f"/processes/{logged.pk}/{what}.csv")
    assert response.status_code == 200
    assert len(response.content.decode().splitlines()) >= 1


def test_a_click_on_the_map_offers_filters_which_become_chips(logged, cast, client_for):
    client, address = client_for(cast.employee), f"/processes/{logged.pk}/map/"
    picked = client.get(f"{address}?pick=1").content.decode()
    assert "包含该步骤" in picked
    filtered = client.get(f"{address}?with=1&follows=1-0&start=0&without=9&end=zz")
    assert len(filtered.context["chosen"].chips) == 3
    assert filtered.context["found"].log.cases == 4
    path = client.get(f"{address}?path=0-1")
    assert path.context["picked"].cases == 40
    nobody = client.get(f"{address}?start=2").content.decode()
    assert "没有案件符合" in nobody
    cases = client.get(f"/processes/{logged.pk}/cases/?follows=1-0")
    assert len(cases.context["lines"]) == 4


def test_hidden_paths_are_a_dashed_sum(logged, cast, client_for):
    shown = client_for(cast.employee).get(
        f"/processes/{logged.pk}/map/?steps=60&paths=5&show=frequency"
    )
    dashed = [edge for edge in shown.context["picture"]["edges"] if edge.get("hidden")]
    assert [(edge["from"], edge["to"], edge["count"]) for edge in dashed] == [(1, "hidden", 40)]
    whole = client_for(cast.employee).get(f"/processes/{logged.pk}/map/?paths=100&show=frequency")
    assert not any(edge.get("hidden") for edge in whole.context["picture"]["edges"])


def test_variants_stand_side_by_side(logged, cast, client_for):
    page = client_for(cast.employee).get(f"/processes/{logged.pk}/variants/?v=0-1-2&v=0-1-0-1-2")
    assert [one.log.cases for one in page.context["compared"]] == [36, 4]


def test_the_list_is_ranked_by_the_weights_asked_for(logged, cast, client_for):
    other = actions.define_process(
        name="投诉处理", department=cast.purchasing, by=None, now=NOW,
        complaint_rate=Decimal("0.4"),
    )  # fmt: skip
    usual = client_for(cast.employee).get("/processes/").context["lines"]
    assert {line.process.pk for line in usual} == {logged.pk, other.pk}
    assert all(line.score.points == 50 for line in usual)
    weighed = client_for(cast.employee).get("/processes/?complaints=100").context["lines"]
    assert weighed[0].process.pk == other.pk


def test_the_interview_stays_beside_the_measured_value(logged):
    actions.fill_from_log(process=logged, by=None, now=NOW)
    step = logged.as_is.steps.get(name="部门经理审批")
    actions.change_step(step=step, by=None, now=NOW, source="interview", minutes=120)
    actions.change_step(step=step, by=None, now=NOW, source="log", minutes=1380)
    step.refresh_from_db()
    assert (step.minutes, step.interview) == (1380, {"minutes": 120})


def test_the_matrix_of_responsibilities(process):
    actions.add_step(
        process=process, by=None, now=NOW, name="审批", role="经理", accountable="经理、总监",
        informed="申请人",
    )  # fmt: skip
    actions.add_step(process=process, by=None, now=NOW, name="入库", role="仓管员")
    found = queries.raci(process)
    assert found.roles == ("经理", "总监", "申请人", "仓管员")
    assert found.rows[0] == ("审批", ("RA", "A", "I", ""))
    assert found.without_a == ("入库",)


@pytest.fixture
def filled(logged):
    actions.fill_from_log(process=logged, by=None, now=NOW)
    return logged


@pytest.fixture
def draft(filled, cast):
    return actions.copy_as_is(process=filled, by=cast.department_head, now=NOW)


def test_a_candidate_is_accepted_or_rejected_with_a_reason(filled, cast, client_for):
    client, address = client_for(cast.department_head), f"/processes/{filled.pk}/ecrs/"
    lines = client.get(address).context["sheet"].lines
    assert lines
    key = lines[0].key
    client.post(f"{address}decide/", {"key": key, "accepted": "on", "reason": ""})
    assert not EcrsProposal.objects.unscoped("test").exists()
    client.post(f"{address}decide/", {"key": key, "accepted": "on", "reason": "有数据"})
    client.post(f"{address}decide/", {"key": key, "accepted": "", "reason": "再想想"})
    made = EcrsProposal.objects.unscoped("test").get()
    assert (made.accepted, made.reason) == (False, "再想想")
    assert "再想想" in client.get(address).content.decode()
    with pytest.raises(ValueError, match="reason"):
        actions.decide_proposal(
            process=filled, letter="simplify", trigger="x", steps=[], values={}, n=1, text="",
            accepted=True, reason=" ", by=cast.department_head, now=NOW,
        )  # fmt: skip


def deviation_of(process, cast):
    """A breached limit, confirmed: causes may be written."""
    from opsloop.processes.detection import detect

    actions.change_process(
        process=process, by=cast.department_head, now=NOW, return_limit=Decimal("0.01")
    )
    detect(process=process, by=cast.department_head, now=NOW)
    (deviation,) = queries.deviations_of(process, cast.department_head)
    loop.confirm(deviation, by=cast.department_head, now=NOW, comment="属实")
    return deviation


def test_proposals_and_opinions_become_causes_on_the_fishbone(filled, cast, client_for):
    deviation = deviation_of(filled, cast)
    client, address = client_for(cast.department_head), f"/processes/{filled.pk}"
    proposal = actions.decide_proposal(
        process=filled, letter="simplify", trigger="waiting_cause", steps=["部门经理审批"],
        values={"cause": "batching", "share": 0.8}, n=40, text="等待的 80% 为集中处理",
        accepted=True, reason="属实", by=cast.department_head, now=NOW,
    )  # fmt: skip
    where = {"deviation": deviation.pk, "category": "method"}
    assert client.post(f"{address}/ecrs/proposal/{proposal.pk}/cause/", where).status_code == 302
    opinion = actions.note_opinion(
        step=filled.as_is.steps.first(), source=OpinionSource.INTERVIEW, pain=Pain.WAITING,
        text="周二周五才签字", person=cast.employee, by=cast.department_head, now=NOW,
    )  # fmt: skip
    client.post(f"{address}/ecrs/opinion/{opinion.pk}/cause/", where | {"category": "people"})
    texts = [cause.text for cause in deviation.causes.all()]
    assert texts == ["等待的 80% 为集中处理", "周二周五才签字"]
    fish = queries.fish(deviation)
    method = dict(fish.bones)[str(CauseCategory.METHOD.label)]
    assert [why.cause.text for why in method[0].below] == ["周二周五才签字"]
    page = client.get(f"{address}/fishbone/?deviation={deviation.pk}").content.decode()
    assert "周二周五才签字" in page
    assert "<svg" in page
    assert client.post(f"{address}/ecrs/opinion/{opinion.pk}/cause/", {}).status_code == 302


def test_a_root_without_evidence_is_shown_as_assumed(filled, cast):
    deviation = deviation_of(filled, cast)
    said = {"category": "people", "by": cast.department_head, "now": NOW}
    symptom = loop.add_cause(deviation, text="退回多", **said)
    cause = loop.add_cause(deviation, text="标准不清", parent=symptom, **said)
    loop.mark_root(cause, by=cast.department_head, now=NOW)
    (top,) = dict(queries.fish(deviation).bones)[str(CauseCategory.PEOPLE.label)]
    assert (top.assumed, top.below[0].assumed) == (False, True)


def test_the_difference_of_two_tables(draft, cast):
    steps = list(draft.steps.order_by("position"))
    actions.change_step(step=steps[0], by=cast.department_head, now=NOW, role="系统")
    actions.remove_step(step=steps[1], by=cast.department_head, now=NOW)
    actions.add_step(
        process=draft.process, version=draft, by=cast.department_head, now=NOW, name="自动校验"
    )
    before = list(draft.process.as_is.steps.all())
    rows = differences(before, list(draft.steps.all()))
    assert [(row.kind, row.name) for row in rows] == [
        ("changed", "填写申请表"), ("deleted", "部门经理审批"), ("same", "采购入库"),
        ("new", "自动校验"),
    ]  # fmt: skip
    assert rows[0].cells == {"role"}
    assert draft.process.as_is.steps.count() == 3


def test_a_moved_step_is_one_change(draft, cast):
    last = draft.steps.order_by("position").last()
    actions.move_step(step=last, up=True, by=cast.department_head, now=NOW)
    rows = differences(list(draft.process.as_is.steps.all()), list(draft.steps.all()))
    assert sum(row.moved for row in rows) == 1


def removed(draft, cast, name):
    step = draft.steps.get(name=name)
    actions.remove_step(step=step, by=cast.department_head, now=NOW)


def test_a_step_goes_only_by_evidence_or_signature(draft, cast):
    removed(draft, cast, "填写申请表")
    with pytest.raises(actions.GateClosed) as refused:
        actions.submit(version=draft, by=cast.department_head, now=NOW)
    assert refused.value.steps == ("填写申请表",)
    with pytest.raises(NotPermitted):
        actions.sign_deletion(
            version=draft, step="填写申请表", reason="x", by=cast.operations_manager, now=NOW
        )
    actions.sign_deletion(
        version=draft, step="填写申请表", reason="改为系统带入", by=cast.department_head, now=NOW
    )
    actions.submit(version=draft, by=cast.department_head, now=NOW)
    draft.refresh_from_db()
    assert draft.state == VersionState.SUBMITTED


def test_an_accepted_proposal_with_enough_observations_opens_the_gate(draft, cast):
    removed(draft, cast, "填写申请表")
    for n in (29, 30):
        actions.decide_proposal(
            process=draft.process, letter="eliminate", trigger="rubber_stamp", n=n, values={},
            steps=["填写申请表"], text="橡皮图章", accepted=True, reason="是", by=cast.department_head,
            now=NOW,
        )  # fmt: skip
        (line,) = gate(draft)
        assert line.is_open == (n >= 30)


def test_a_version_is_approved_by_somebody_else_and_published(draft, cast, client_for):
    head, manager = client_for(cast.department_head), client_for(cast.operations_manager)
    address = f"/processes/{draft.process_id}/designs/{draft.pk}"
    head.post(f"{address}/do/submit/")
    head.post(f"{address}/do/approve/")
    draft.refresh_from_db()
    assert draft.state == VersionState.SUBMITTED
    with pytest.raises(actions.VersionClosed):
        actions.change_step(step=draft.steps.first(), by=cast.department_head, now=NOW, role="改")
    manager.post(f"{address}/do/return/", {"comment": "写清角色"})
    assert "写清角色" in head.get(f"{address}/").content.decode()
    head.post(f"{address}/do/submit/")
    manager.post(f"{address}/do/approve/", {"comment": "同意"})
    head.post(f"{address}/do/publish/")
    draft.refresh_from_db()
    assert (draft.state, draft.decided_by) == (VersionState.PUBLISHED, cast.operations_manager)
    assert head.post(f"{address}/do/publish/").status_code == 302
    assert head.post(f"{address}/do/nonsense/").status_code == 403
    again = actions.copy_as_is(process=draft.process, by=cast.department_head, now=NOW)
    for step in ("submit", "approve", "publish"):
        who = manager if step == "approve" else head
        who.post(f"/processes/{draft.process_id}/designs/{again.pk}/do/{step}/")
    draft.refresh_from_db()
    assert draft.state == VersionState.RETIRED


def test_the_draft_is_edited_on_its_page(draft, cast, client_for):
    client = client_for(cast.department_head)
    address = f"/processes/{draft.process_id}/designs/{draft.pk}"
    client.post(f"{address}/steps/0/", {"name": "自动校验", "source": "typed"})
    step = draft.steps.get(name="自动校验")
    changed = {"name": "系统校验", "source": "typed", "parallel_group": "A", "from_amount": "5000"}
    client.post(f"{address}/steps/{step.pk}/", changed)
    client.post(f"{address}/steps/{step.pk}/up/")
    step.refresh_from_db()
    assert (step.name, step.parallel_group, step.from_amount) == ("系统校验", "A", 5000)
    page = client.get(f"{address}/").content.decode()
    assert "系统校验" in page
    client.post(f"{address}/steps/{step.pk}/remove/")
    assert not draft.steps.filter(name="系统校验").exists()
    assert client.post(f"/processes/{draft.process_id}/designs/draft/").status_code == 302
    assert ProcessVersion.objects.unscoped("test").filter(kind="to_be").count() == 2
    assert client.get(f"{address}/process.bpmn").status_code == 200


def test_a_pilot_needs_an_approved_version_and_another_unit(draft, cast, client_for):
    terms = {
        "process": draft.process, "version": draft, "unit": "采购部", "controls": [],
        "start_on": date(2024, 5, 1), "target_hours": Decimal(30), "by": cast.department_head,
        "now": NOW,
    }  # fmt: skip
    with pytest.raises(actions.NotApproved):
        actions.start_pilot(**terms)
    actions.submit(version=draft, by=cast.department_head, now=NOW)
    draft.refresh_from_db()
    actions.decide(version=draft, approve=True, comment="", by=cast.operations_manager, now=NOW)
    draft.refresh_from_db()
    with pytest.raises(actions.SameUnit):
        actions.start_pilot(**terms | {"controls": ["采购部"]})
    client, address = client_for(cast.department_head), f"/processes/{draft.process_id}/pilots/"
    sent = {
        "version": draft.pk, "unit": "采购部", "start_on": "2024-05-01", "target_hours": "30"
    }  # fmt: skip
    response = client.post(address, sent)
    assert response.status_code == 302
    page = client.get(response["Location"]).content.decode()
    assert "n = 20" in page
    pilot = draft.process.pilots.get()
    problem = {"kind": "unfamiliar", "text": "不会用OA", "adjustment": "再培训一次"}
    client.post(f"{address}{pilot.pk}/do/note/", problem)
    assert "再培训一次" in client.get(f"{address}{pilot.pk}/").content.decode()
    client.post(f"{address}{pilot.pk}/do/roll_out/")
    pilot.refresh_from_db()
    assert pilot.rolled_out_on is not None


def test_the_quarterly_review_makes_itself_once(filled, cast, client_for):
    later = NOW.replace(month=8)
    assert reviews.create_due(now=later) == 1
    assert reviews.create_due(now=later) == 0
    review = QuarterlyReview.objects.unscoped("test").get()
    assert (review.period, review.figures["cases"]) == ("2024-Q2", 40)
    address = f"/processes/{filled.pk}/reviews/"
    client = client_for(cast.department_head)
    client.post(f"{address}{review.pk}/close/", {"conclusion": ""})
    client.post(f"{address}{review.pk}/close/", {"conclusion": "保持"})
    review.refresh_from_db()
    assert (review.state, review.conclusion) == ("done", "保持")
    assert reviews.create_due(now=later.replace(year=2025)) == 0


def test_drift_is_told_against_the_base_of_each_figure():
    """More than a tenth away is drift; without a base, or a base of nothing, there is none."""
    review = QuarterlyReview(
        figures={"median": 50.0, "p90": None, "return_rate": 0.1, "main_variant": 0.9},
        base={
            "median": {"value": 40.0, "origin": "review", "period": "2024-Q1"},
            "return_rate": {"value": 0.1, "origin": "verified", "period": "2024-03"},
            "main_variant": {"value": 0.0, "origin": "review", "period": "2024-Q1"},
        },
    )
    rows = reviews.drifts(review)
    assert [(one.name, one.drifted, one.origin) for one in rows] == [
        ("median", True, "review"), ("p90", False, ""), ("return_rate", False, "verified"),
        ("main_variant", False, "review"),
    ]  # fmt: skip


def test_the_mix_of_variants_moves_by_half_of_all_changes_of_share():
    """70 : 30 becomes 50 : 30 : 20 — a fifth of the cases goes another way."""
    review = QuarterlyReview(
        figures={"variants": [[["a", "b"], 0.5], [["a", "c"], 0.3], [["a"], 0.2]]},
        base={"variants": {"value": [[["a", "b"], 0.7], [["a", "c"], 0.3]],
                           "origin": "review", "period": "2024-Q1"}},
    )  # fmt: skip
    found = reviews.mix(review)
    assert found is not None
    assert (round(found.moved, 9), found.drifted) == (0.2, True)
    assert reviews.mix(QuarterlyReview(figures={"variants": []})) is None


def test_documents_are_drawn_and_findings_counted(filled, cast, client_for):
    client, address = client_for(cast.department_head), f"/processes/{filled.pk}/samples/"
    terms = {
        "question": "附件是否齐全", "first_on": "2024-04-01", "last_on": "2024-06-05",
        "margin": "0.10", "seed": "7",
    }  # fmt: skip
    response = client.post(address, terms)
    plan = filled.sampling_plans.get()
    assert (plan.population, plan.documents.count()) == (40, 29)
    again = actions.draw_sample(
        process=filled, question="同", first_on=plan.first_on, last_on=plan.last_on,
        margin=Decimal("0.10"), seed=7, by=cast.department_head, now=NOW,
    )  # fmt: skip
    numbers = [list(one.documents.values_list("number", flat=True)) for one in (plan, again)]
    assert numbers[0] == numbers[1]
    first, second = plan.documents.all()[:2]
    client.post(f"{response['Location']}{first.pk}/", {"finding": "faulty", "note": "缺发票"})
    client.post(f"{response['Location']}{second.pk}/", {"finding": "fine"})
    found = queries.sampled(plan)
    assert (found.looked_at, found.rate) == (2, 0.5)
    assert "缺发票" in client.get(response["Location"]).content.decode()
    assert first.plan_id == plan.pk
    assert DocumentResult(plan.documents.get(pk=first.pk).finding) == DocumentResult.FAULTY
    empty = client.post(address, terms | {"first_on": "2020-01-01", "last_on": "2020-02-01"})
    assert "没有单据" in empty.content.decode()
    wrong = client.post(address, terms | {"first_on": "2025-01-01"})
    assert wrong.status_code == 200
    assert client.get(f"/processes/{filled.pk + 1}/samples/{plan.pk}/").status_code == 404


def test_the_front_line_speaks_by_a_link_without_signing_in(filled, cast, client, client_for):
    head, address = client_for(cast.department_head), f"/processes/{filled.pk}/voice/"
    head.post(f"{address}open/")
    head.post(f"{address}open/")
    link = VoiceLink.objects.unscoped("test").order_by("id")[0]
    assert VoiceLink.objects.unscoped("test").count() == 3
    assert head.get(f"{address}{link.pk}/code.svg")["Content-Type"] == "image/svg+xml"
    said = {"pain": "buck_passing", "text": "两个部门互相推"}
    path = f"/processes/speak/{link.token}/"
    assert client.get(path).status_code == 200
    assert "感谢" in client.post(path, said).content.decode()
    opinion = Opinion.objects.unscoped("test").get()
    assert (opinion.person, opinion.source) == (None, OpinionSource.LINK)
    for _turn in range(4):
        client.post(path, said)
    assert client.post(path, said).status_code == 429
    named = client_for(cast.employee)
    assert Opinion.objects.unscoped("test").count() == 5
    page = head.get(address).content.decode()
    assert "两个部门互相推" in page
    head.post(f"{address}{link.pk}/close/")
    assert named.get(path).status_code == 404


def test_a_name_is_kept_only_when_it_is_given(filled, cast, client_for):
    actions.open_voice(steps=[filled.as_is.steps.first()], by=cast.department_head, now=NOW)
    link = VoiceLink.objects.unscoped("test").get()
    client = client_for(cast.employee)
    said = {"pain": "waiting", "text": "等签字"}
    client.post(f"/processes/speak/{link.token}/", said)
    client.post(f"/processes/speak/{link.token}/", said | {"with_name": "on"})
    names = [one.person for one in Opinion.objects.unscoped("test").order_by("id")]
    assert names == [None, cast.employee]


def test_an_interview_is_noted_on_the_page(filled, cast, client_for):
    step = filled.as_is.steps.first()
    sent = {"step": step.pk, "source": "interview", "pain": "redundant", "text": "要填三遍"}
    client_for(cast.department_head).post(f"/processes/{filled.pk}/voice/", sent)
    assert step.opinions.get().text == "要填三遍"
    assert client_for(cast.employee).post(f"/processes/{filled.pk}/voice/", sent).status_code == 404


def test_the_table_opens_in_a_modeller(filled, cast, client_for):
    """Well-formed, every element drawn, every arrow between drawn elements, left to right."""
    steps = list(filled.as_is.steps.all())
    steps[1].may_return_to, steps[1].is_optional = steps[0].name, True
    steps += [
        type(steps[0])(name="甲", parallel_group="A"),
        type(steps[0])(name="乙", parallel_group="A"),
    ]
    root = ET.fromstring(bpmn.as_bpmn(filled, steps))
    space = {"b": bpmn.MODEL, "d": bpmn.DRAWING, "c": bpmn.BOUNDS, "p": bpmn.POINTS}
    process = root.findall("b:process", space)[0]
    nodes = {one.get("id") for one in process if one.tag != f"{{{bpmn.MODEL}}}sequenceFlow"}
    flows = process.findall("b:sequenceFlow", space)
    assert all({one.get("sourceRef"), one.get("targetRef")} <= nodes for one in flows)
    shapes = root.findall(".//d:BPMNShape", space)
    assert {one.get("bpmnElement") for one in shapes} == nodes
    edges = root.findall(".//d:BPMNEdge", space)
    assert {one.get("bpmnElement") for one in edges} == {one.get("id") for one in flows}
    assert all(len(one.findall("p:waypoint", space)) >= 2 for one in edges)
    bounds = {one.get("bpmnElement"): one.findall("c:Bounds", space)[0] for one in shapes}
    left = {key: int(one.attrib["x"]) for key, one in bounds.items()}
    back = [f for f in flows if left[f.get("sourceRef")] >= left[f.get("targetRef")]]
    assert len(back) == 1
    names = [one.get("name") for one in process.findall("b:userTask", space)]
    assert names == ["填写申请表", "部门经理审批", "采购入库", "甲", "乙"]
    assert client_for(cast.employee).get(f"/processes/{filled.pk}/process.bpmn").status_code == 200


def test_the_log_is_checked_against_the_table(filled):
    found = queries.conformance_view(filled)
    assert found is not None
    assert (found.cases, found.following) == (40, 36)
    step = filled.as_is.steps.get(name="部门经理审批")
    actions.change_step(step=step, by=None, now=NOW, may_return_to="填写申请表")
    again = queries.conformance_view(filled)
    assert again is not None
    assert again.following == 40
