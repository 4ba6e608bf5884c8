"""The way of a deviation from raw breach to archive, by actions alone."""

import pytest

from opsloop.loop import actions
from opsloop.loop.models import Lesson
from opsloop.loop.states import Outcome, State


def test_an_effective_countermeasure_archives_with_a_lesson(story):
    """V-05: 15/100 a month before, 3/100 after."""
    deviation = story.archived()
    assert deviation.state == State.ARCHIVED
    assert deviation.verdict.outcome == Outcome.EFFECTIVE
    assert deviation.verdict.accepted_by == story.cast.department_head
    lesson = Lesson.objects.visible_to(story.cast.department_head).get()
    assert lesson.cause == "报销标准没有写进表单"
    assert lesson.verification == deviation.verdict


def test_no_effect_reopens_and_counts(story):
    deviation = story.judged(after=(150, 1000))
    verdict = deviation.verifications.get()
    assert verdict.outcome == Outcome.INEFFECTIVE
    reopened = actions.accept_verdict(verdict, by=story.cast.department_head, now=story.now)
    assert (reopened.state, reopened.reopen_count, reopened.round) == (State.CAUSE_ANALYSIS, 1, 2)


@pytest.mark.parametrize(("after", "outcome"), [
    ((30, 100), Outcome.WORSENED),
    ((3, 20), Outcome.INSUFFICIENT_DATA),
    ((80, 1000), Outcome.PARTLY_EFFECTIVE),
])  # fmt: skip
def test_verdicts(story, after, outcome):
    assert story.judged(after=after).verifications.get().outcome == outcome
