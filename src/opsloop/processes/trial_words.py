"""What a pilot page says: the verdict and the stability in one sentence, the weeks as a chart."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from opsloop.analysis.effect import Outcome
from opsloop.processes.models import Pilot
from opsloop.processes.trials import Forecast, Trial, weeks_to_go
from opsloop.ui import charts, numbers


def stability_word(word: str) -> str:
    """The verdict word of 1–3 months (P-N10)."""
    return {
        "reached_stable": _("Target reached and stable"),
        "reached_unstable": _("Target reached, not stable"),
        "not_reached": _("Target not reached"),
        "too_few": _("Too few weeks"),
    }[word]


def sentence(found: Trial) -> str:
    """Level and proof answer two questions; said together nobody reads one as the other."""
    return _("%(level)s; %(proof)s.") % {"level": _level(found), "proof": _proof(found)}


def _level(found: Trial) -> str:
    return {
        "reached_stable": _("The weekly medians meet the target and stay there"),
        "reached_unstable": _(
            "The weekly medians meet the target, but do not hold it steadily yet"
        ),
        "not_reached": _("The weekly medians do not meet the target yet"),
        "too_few": _("With fewer than six weeks the level says nothing yet"),
    }[found.stability.word]


def _proof(found: Trial) -> str:
    said = {
        Outcome.EFFECTIVE: _("compared with the controls the change is proven and large enough"),
        Outcome.PARTLY_EFFECTIVE: _("the change is proven, but smaller than planned"),
        Outcome.INEFFECTIVE: _("the cases suffice, and they show no change worth having"),
        Outcome.WORSENED: _("compared with the controls it is proven to have become worse"),
        Outcome.INSUFFICIENT_DATA: _("that the new version did it is not proven yet"),
    }[found.verdict.outcome]
    if found.verdict.outcome != Outcome.INSUFFICIENT_DATA:
        return said
    needed, weeks = found.verdict.needed_n, weeks_to_go(found)
    shown = {"n": numbers.count(found.unit.n_after), "needed": numbers.count(needed)}
    if needed is None:
        return said
    if weeks:
        return said + _(": %(n)s cases so far, %(needed)s needed, about %(weeks)s more weeks") % {
            **shown, "weeks": weeks
        }  # fmt: skip
    return said + _(": the %(n)s cases scatter too much to rule out chance") % shown


def forecast_sentence(told: Forecast) -> str:
    """What the proof will need, before anything is tried."""
    if told.cases is None:
        return _("The target is no change from today's median: nothing could prove it.")
    text = _(
        "To prove the median falls from %(median)s to the target, %(cases)s cases are needed before"
        " and after the start"
    ) % {"median": numbers.hours(told.median), "cases": numbers.count(told.cases)}
    if told.weeks is None:
        return text + _("; the unit has no cases yet.")
    return text + _("; at %(week)s cases a week that takes about %(weeks)s weeks.") % {
        "week": f"{told.cases_a_week:.1f}", "weeks": told.weeks,
    }  # fmt: skip


def return_sentence(told: Forecast) -> str:
    """The same for the return rate; empty where it has no target."""
    if told.return_cases is None:
        return ""
    shown = {
        "rate": numbers.percent(told.return_rate), "cases": numbers.count(told.return_cases),
        "weeks": told.return_weeks,
    }  # fmt: skip
    if told.return_weeks is None:
        return _("For the return rate, today %(rate)s, %(cases)s cases.") % shown
    return _("For the return rate, today %(rate)s, %(cases)s cases: about %(weeks)s weeks.") % shown


def weeks_chart(found: Trial, pilot: Pilot) -> charts.Option:
    """Weekly medians before and since the start, with the target and the limits from before."""
    base = found.baseline_limits
    earlier = sum(not week.is_after for week in found.weeks)
    labels = list(_labels(found))
    first = labels[earlier] if earlier < len(labels) else ""
    return charts.line(
        labels=labels, values=[round(week.median, 1) for week in found.weeks],
        name=_("Weekly median"), unit=_("hours"), target=pilot.target_hours,
        center=round(base.centre, 1) if base else None,
        lower=round(max(base.lower, 0.0), 1) if base else None,
        upper=round(base.upper, 1) if base else None,
        interventions=[(first, _("Start of the pilot"))] if first else [],
        outliers=[earlier + place for place in found.stability.unfavourable],
    )  # fmt: skip


def _labels(found: Trial) -> Iterator[str]:
    """Month and day; the second part of a week that the start cuts in two is marked."""
    earlier = {week.monday for week in found.weeks if not week.is_after}
    for week in found.weeks:
        again = week.is_after and week.monday in earlier
        yield f"{date.fromisoformat(week.monday):%m-%d}" + ("′" if again else "")


def week_rows(found: Trial | None) -> Iterator[Iterable[Any]]:
    """The chart as a table."""
    yield _("Week of"), _("Cases"), _("Median h"), _("Since the start")
    for week in found.weeks if found else ():
        yield week.monday, week.cases, round(week.median, 4), int(week.is_after)
