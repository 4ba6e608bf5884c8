"""A pilot as an experiment: what its proof needs, the four aspects, the controls, the sentence."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from opsloop.analysis.effect import Outcome
from opsloop.analysis.period import Period
from opsloop.processes import actions, levels, reviews, trial_words, trials
from opsloop.processes.models import Moment, SatisfactionReading
from tests.conftest import NOW


@pytest.fixture
def pilot(logged, cast):
    actions.fill_from_log(process=logged, by=None, now=NOW)
    version = actions.copy_as_is(process=logged, by=cast.department_head, now=NOW)
    actions.submit(version=version, by=cast.department_head, now=NOW)
    version.refresh_from_db()
    actions.decide(version=version, approve=True, comment="", by=cast.operations_manager, now=NOW)
    version.refresh_from_db()
    return actions.start_pilot(
        process=logged, version=version, unit="采购部", controls=[], start_on=date(2024, 5, 1),
        target_hours=Decimal(30), target_return_rate=Decimal("0.05"), by=cast.department_head,
        now=NOW,
    )  # fmt: skip


def test_what_the_proof_needs_is_told_at_the_start_and_kept(pilot):
    """20 cases of April, 37 h each: six a side prove 30 h; 15 % → 5 % returns need 141."""
    told = trials.promised(pilot)
    assert told is not None
    assert (told.n, told.median, told.return_rate) == (20, 37.0, 0.15)
    assert told.cases == 6
    assert told.return_cases == 141
    assert told.cases_a_week == pytest.approx(20 / 15 * 7)
    assert (told.weeks, told.is_company) == (1, False)


def test_a_unit_without_cases_borrows_the_spread_of_the_whole_process(logged):
    told = trials.forecast(
        logged, unit="信息部", start_on=date(2024, 5, 1), target_hours=Decimal(30)
    )
    assert told is not None
    assert (told.is_company, told.cases, told.weeks) == (True, 6, None)
    assert "信息部" not in trial_words.forecast_sentence(told)


def test_without_records_before_the_start_nothing_is_foretold(logged):
    assert trials.forecast(
        logged, unit="采购部", start_on=date(2020, 1, 1), target_hours=Decimal(30)
    ) is None  # fmt: skip


def test_four_aspects_stand_before_and_after(pilot):
    """Returns 3 of 20 then 1 of 20; work is priced at the department's own rate, on duty only."""
    found = trials.trial(pilot)
    assert found is not None
    cards = {card.aspect: card for card in found.cards}
    assert cards["cost"].missing == "rate"
    assert (cards["returns"].before, cards["returns"].after) == (0.15, 0.05)
    assert not cards["returns"].proven
    assert cards["satisfaction"].missing == "survey"
    pilot.process.rates.create(party="采购部", yuan=Decimal(60))
    priced = trials.trial(pilot)
    assert priced is not None
    cost = next(card for card in priced.cards if card.aspect == "cost")
    # All of this log's work lies before nine in the morning or in the evening: unpaid.
    assert (cost.missing, cost.before, cost.n_before, cost.n_after) == ("", 0.0, 20, 20)


def test_a_survey_before_and_during_is_compared_as_shares(pilot, cast):
    """15 of 100 then 3 of 100: 12 points, interval 4.1 to 20.5 (the golden vector of V-05)."""
    said = {"pilot": pilot, "asked_on": date(2024, 5, 1), "source": "问卷", "now": NOW}
    for moment, satisfied in ((Moment.BEFORE, 3), (Moment.AFTER, 15)):
        actions.note_reading(
            moment=moment, asked=100, satisfied=satisfied, by=cast.department_head, **said
        )
    card = trials.satisfaction(list(SatisfactionReading.objects.unscoped("test")))
    assert (card.before, card.after, card.better, card.proven) == (0.03, 0.15, True, True)
    assert card.low == pytest.approx(0.041, abs=5e-4)
    assert card.high == pytest.approx(0.205, abs=5e-4)
    with pytest.raises(ValueError, match="no more"):
        actions.note_reading(moment="after", asked=3, satisfied=4, by=cast.department_head, **said)


def test_level_and_proof_are_said_in_one_sentence(pilot):
    """A level that is met may still lack proof: both are told, and what is missing."""
    found = trials.trial(pilot)
    assert found is not None
    unproven = replace(
        found,
        stability=replace(found.stability, word="reached_stable"),
        verdict=replace(found.verdict, outcome=Outcome.INSUFFICIENT_DATA, needed_n=40),
    )
    text = trial_words.sentence(unproven)
    assert "保持稳定" in text
    assert "尚不能证明" in text
    assert "20 件" in text
    assert "40 件" in text
    assert trials.weeks_to_go(unproven) == 3


def test_cases_after_the_roll_out_are_no_longer_compared(pilot, cast):
    actions.roll_out(pilot=pilot, on=date(2024, 5, 8), by=cast.operations_manager, now=NOW)
    found = trials.trial(pilot)
    assert found is not None
    assert found.unit.n_after == 10
    assert sum(week.cases for week in found.weeks if week.is_after) == 20


def test_the_pages_tell_and_take_a_survey(pilot, cast, client_for):
    client = client_for(cast.department_head)
    address = f"/processes/{pilot.process_id}/pilots/"
    asked = {
        "version": pilot.version_id, "unit": "采购部", "start_on": "2024-05-01",
        "target_hours": "30", "do": "forecast",
    }  # fmt: skip
    page = client.post(address, asked)
    assert "前后各需 6 件" in page.content.decode()
    assert pilot.process.pilots.count() == 1
    survey = {
        "moment": "before",
        "asked_on": "2024-04-20",
        "asked": "5",
        "satisfied": "9",
        "source": "卷",
    }
    refused = client.post(f"{address}{pilot.pk}/do/reading/", survey).content.decode()
    assert "不能多于调查人数" in refused
    client.post(f"{address}{pilot.pk}/do/reading/", survey | {"satisfied": "4"})
    assert "5 人中 4 人满意" in client.get(f"{address}{pilot.pk}/").content.decode()


@pytest.mark.parametrize("what", ["ecrs", "samples", "voices", "causes", "reviews"])
def test_every_list_of_improvement_leaves_as_a_table(pilot, cast, client_for, what):
    client = client_for(cast.employee)
    address = f"/processes/{pilot.process_id}/export/"
    answer = client.get(f"{address}{what}.csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert client.get(f"{address}nothing.csv").status_code == 404
    assert client_for(cast.outsider).get(f"{address}{what}.csv").status_code == 404


def test_the_weeks_the_limit_and_the_priorities_leave_as_tables(pilot, cast, client_for):
    client = client_for(cast.employee)
    weeks = client.get(f"/processes/{pilot.process_id}/pilots/{pilot.pk}/weeks.csv")
    assert len(weeks.content.decode().splitlines()) == 1 + 6
    ranked = client.get("/processes/priorities.csv?complaints=100").content.decode()
    assert pilot.process.name in ranked
    assert client.get(f"/processes/{pilot.process_id}/limit.csv").status_code == 200


def test_nothing_proven_and_nothing_measured_is_no_level(pilot):
    assert levels.held_against(pilot.process, "processes.cycle_time") is None
    base = reviews.base_of(pilot.process, Period.parse("2024-Q2"), [])
    assert base == {}
