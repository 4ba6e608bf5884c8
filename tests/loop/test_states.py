"""The transition table is whole, and nothing gets around it."""

import pytest
from django.db import IntegrityError, transaction

from opsloop.loop import actions
from opsloop.loop.errors import IllegalMove
from opsloop.loop.guards import JUDGES
from opsloop.loop.models import Countermeasure, Deviation
from opsloop.loop.models.keeping import NeverDeleted, StateIsMoved
from opsloop.loop.states import CLOSED, MOVES, OPEN, TABLE, Event, Guard, Severity, State


def test_every_event_but_raising_has_exactly_one_row():
    assert sorted(move.event for move in TABLE) == sorted(set(Event) - {Event.RAISE})


def test_every_guard_is_judged_and_used():
    used = {guard for move in TABLE for guard in move.guards}
    assert used == set(Guard) == set(JUDGES)


def test_every_open_state_can_be_left_and_every_state_but_the_first_entered():
    assert {source for move in TABLE for source in move.sources} >= set(OPEN)
    assert {move.target for move in TABLE} == set(State) - {State.RAISED}


def test_only_a_verdict_or_an_approved_reference_leads_to_the_archive():
    ways = {move.event: move.guards for move in TABLE if move.target == State.ARCHIVED}
    assert set(ways) == {Event.ARCHIVE, Event.ARCHIVE_WITHOUT}
    assert Guard.VERDICT_EFFECTIVE in ways[Event.ARCHIVE]
    assert Guard.NO_COUNTERMEASURE_APPROVED in ways[Event.ARCHIVE_WITHOUT]


def test_the_product_itself_never_closes():
    assert not [move for move in TABLE if move.by_product and move.target in CLOSED]


def test_severity_rises_by_one_step_and_stops_at_the_top():
    assert [grade.one_step_up() for grade in Severity] == [
        Severity.MODERATE, Severity.MAJOR, Severity.CRITICAL, Severity.CRITICAL,
    ]  # fmt: skip


def test_a_state_cannot_be_assigned_and_saved(story):
    deviation = story.raised()
    deviation.state = State.ARCHIVED
    with pytest.raises(StateIsMoved):
        deviation.save()


def test_a_new_deviation_is_born_raised(story):
    deviation = story.fresh(story.raised())
    deviation.pk, deviation.state = None, State.ARCHIVED
    with pytest.raises(StateIsMoved):
        deviation.save()


def test_other_fields_can_be_saved(story):
    deviation = story.raised()
    deviation.dimension_label = "采购审批 · 复核"
    deviation.save()
    assert story.fresh(deviation).dimension_label == "采购审批 · 复核"


def test_a_state_cannot_be_updated_in_bulk(story):
    story.raised()
    with pytest.raises(StateIsMoved):
        Deviation.objects.unscoped("a test").update(state=State.ARCHIVED)


@pytest.mark.parametrize("state", [State.ARCHIVED, State.RECORDED_ONLY, State.MERGED])
def test_the_database_itself_refuses_a_state_without_its_proof(story, state):
    deviation = story.raised()
    rows = Deviation.objects.unscoped("a test").filter(pk=deviation.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.move(state=state, closed_at=story.now)


def test_the_database_refuses_an_unknown_state(story):
    rows = Deviation.objects.unscoped("a test").filter(pk=story.raised().pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.move(state="vanished")


def test_deviations_and_countermeasures_are_never_deleted(story):
    measure = story.approved()
    for row in (measure, measure.deviation):
        with pytest.raises(NeverDeleted):
            row.delete()
    for model in (Deviation, Countermeasure):
        with pytest.raises(NeverDeleted):
            model.objects.unscoped("a test").delete()


def test_a_move_from_another_state_is_refused_by_name(story):
    deviation = story.raised()
    with pytest.raises(IllegalMove) as refused:
        actions.settle_causes(deviation, by=story.cast.employee, now=story.now)
    assert (refused.value.event, refused.value.state) == (Event.ANALYSE, State.PENDING_CONFIRMATION)


def test_each_move_stores_actor_time_and_comment(story):
    deviation = story.raised()
    actions.dismiss(deviation, by=story.cast.department_head, now=story.later(hours=1),
                    comment="测试单据，不是真实业务")  # fmt: skip
    last = deviation.transitions.get(event=Event.DISMISS)
    assert (last.actor, last.at, last.comment) == (
        story.cast.department_head, story.now, "测试单据，不是真实业务",
    )  # fmt: skip
    assert MOVES[Event.DISMISS].target == last.target
