"""L-03, L-04, L-08, L-09: the why-chain, and the case where nothing can be done."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from opsloop.analysis.period import Period
from opsloop.loop import actions, queries
from opsloop.loop.errors import Conflict, GuardRefused, Refused
from opsloop.loop.models import Cause
from opsloop.loop.states import CauseCategory, Severity, State


def _words(story, **changes):
    given = {
        "text": "库存表过期", "category": CauseCategory.MATERIAL, "controllable": "yes",
        "evidence_level": "assumed", "evidence": "", "by": story.cast.employee, "now": story.now,
    }  # fmt: skip
    return {**given, **changes}


def test_no_countermeasure_planning_without_a_root_cause(story):
    deviation = story.confirmed()
    actions.add_cause(deviation, **_words(story))
    with pytest.raises(GuardRefused):
        actions.settle_causes(deviation, by=story.cast.employee, now=story.now)


def test_a_symptom_is_never_the_root(story):
    symptom = actions.add_cause(story.confirmed(), **_words(story))
    with pytest.raises(Refused):
        actions.mark_root(symptom, by=story.cast.employee, now=story.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cause.objects.filter(pk=symptom.pk).update(is_root=True)


def test_a_root_can_be_unticked_and_ticking_twice_changes_nothing(story):
    root = story.cause(story.confirmed())
    by, now = story.cast.employee, story.now
    assert actions.mark_root(root, by=by, now=now).version == root.version
    assert not actions.mark_root(root, is_root=False, by=by, now=now).is_root


@pytest.mark.parametrize("changes", [{"text": "  "}, {"evidence_level": "measured"}])
def test_an_empty_cause_or_one_without_its_evidence_is_refused(story, changes):
    with pytest.raises(Refused):
        actions.add_cause(story.confirmed(), **_words(story, **changes))


def test_a_cause_hangs_below_one_of_its_own_deviation(story):
    elsewhere = story.cause(story.confirmed())
    other = story.confirmed(story.raised(rule="trend"))
    with pytest.raises(Refused):
        actions.add_cause(other, **_words(story), parent=elsewhere)


def test_causes_are_written_by_people_of_the_department_during_analysis(story):
    deviation = story.confirmed()
    with pytest.raises(PermissionDenied):
        actions.add_cause(deviation, **_words(story, by=story.cast.outsider))
    planned = story.planning(deviation)
    with pytest.raises(Refused):
        actions.add_cause(planned, **_words(story))


def test_a_cause_is_edited_with_the_version_that_was_seen(story):
    root = story.cause(story.confirmed())
    edited = actions.edit_cause(root, **_words(story), expected_version=root.version)
    assert (edited.text, edited.version) == ("库存表过期", root.version + 1)
    with pytest.raises(Conflict) as conflict:
        actions.edit_cause(root, **_words(story, text="别的原因"), expected_version=root.version)
    assert conflict.value.mine == {"text": "别的原因"}
    assert conflict.value.theirs == {"text": "库存表过期"}


def test_an_edit_that_changes_nothing_writes_nothing(story):
    root = story.cause(story.confirmed())
    same = {name: getattr(root, name) for name in
            ("text", "category", "controllable", "evidence_level", "evidence")}  # fmt: skip
    again = actions.edit_cause(root, **_words(story, **same), expected_version=root.version)
    assert again.version == root.version


def test_analysis_can_be_taken_up_again_with_a_reason(story):
    planned = story.planning()
    with pytest.raises(GuardRefused):
        actions.reconsider_causes(planned, by=story.cast.employee, now=story.now, comment="")
    back = actions.reconsider_causes(
        planned, by=story.cast.employee, now=story.now, comment="证据不支持"
    )
    assert back.state == State.CAUSE_ANALYSIS


def test_the_same_root_cause_of_the_same_number_is_a_recurrence_whatever_rule_found_it(story):
    archived = story.archived()
    other = story.confirmed(story.raised(rule="trend", period=Period.parse("2024-08")))
    assert other.recurrence_of is None
    story.cause(other)
    linked = story.fresh(other)
    assert (linked.recurrence_of, linked.severity) == (archived, Severity.MAJOR)
    assert archived.countermeasures.get().recurred_at == story.now
    story.cause(other, root="报销标准没有写进表单")
    assert story.fresh(other).severity == Severity.MAJOR  # linked once, raised once


def test_another_root_cause_is_not_a_recurrence(story):
    story.archived()
    other = story.confirmed(story.raised(rule="trend", period=Period.parse("2024-08")))
    story.cause(other, root="供应商换了")
    assert story.fresh(other).recurrence_of is None


def test_leaving_it_without_countermeasure_takes_a_reason_and_somebody_else(story):
    deviation = story.confirmed()
    by, head = story.cast.employee, story.cast.department_head
    with pytest.raises(Refused):
        actions.approve_uncontrollable(deviation, by=head, now=story.now)
    with pytest.raises(Refused):
        actions.mark_uncontrollable(deviation, reason=" ", by=by, now=story.now)
    with pytest.raises(PermissionDenied):
        actions.mark_uncontrollable(deviation, reason="政策", by=story.cast.outsider, now=story.now)
    actions.mark_uncontrollable(deviation, reason="客观业绩增长", by=head, now=story.now)
    with pytest.raises(Refused):
        actions.approve_uncontrollable(deviation, by=head, now=story.now)
    with pytest.raises(PermissionDenied):
        actions.approve_uncontrollable(deviation, by=by, now=story.now)
    recorded = actions.approve_uncontrollable(
        deviation, by=story.cast.operations_manager, now=story.now
    )
    assert recorded.no_countermeasure is not None
    assert (recorded.state, recorded.no_countermeasure.reason) == (
        State.RECORDED_ONLY, "客观业绩增长",
    )  # fmt: skip
    archived = actions.archive_without_countermeasure(recorded, by=head, now=story.now)
    assert archived.state == State.ARCHIVED
    assert archived.lessons.get().countermeasure == "客观业绩增长"
    with pytest.raises(Refused):
        actions.mark_uncontrollable(archived, reason="再来", by=by, now=story.now)


def test_the_same_cause_elsewhere_is_shown_to_those_who_see_it(story):
    here = story.confirmed()
    story.cause(here)
    there = story.confirmed(story.raised(dimension="process:2/step:1", rule="limit"))
    found = story.cause(there, root="报销标准没有写进表单里")
    person = story.cast.department_head
    assert queries.same_cause_elsewhere(person, here) == [found]
    assert queries.same_cause_elsewhere(story.cast.outsider, here) == []
    assert queries.same_cause_elsewhere(person, story.raised(rule="trend")) == []
