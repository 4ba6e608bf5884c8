"""What the map and the bottleneck page draw: numbers of the log in the shape of `ui.charts`.

Hiding is visual only: counts and times always stay those of the whole log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from opsloop.analysis.event_log import Edge
from opsloop.analysis.flow import Flow
from opsloop.analysis.segments import Segment
from opsloop.processes.conformity import MonthLine
from opsloop.processes.figures import Findings
from opsloop.processes.filters import Chosen
from opsloop.ui import charts, numbers

MOST_NODES: Final = 60
MOST_EDGES: Final = 120
MOST_HIDDEN: Final = 4
MOST_SEGMENTS: Final = 24
WORTH_TELLING: Final = 0.1  # a finding on less than a tenth of the waiting is noise
SHOWS: Final = ("frequency", "duration", "returns")


@dataclass(frozen=True)
class Sliders:
    """How much of the map is drawn: percent of steps and of paths, and what is written on it."""

    show: str = "duration"
    steps: int = 100
    paths: int = 20

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "Sliders":
        show = query.get("show", "")
        return cls(
            show if show in SHOWS else cls.show,
            _percent(query.get("steps", ""), cls.steps), _percent(query.get("paths", ""), cls.paths),
        )  # fmt: skip


def _percent(text: str, usual: int) -> int:
    return min(max(int(text), 1), 100) if text.isdecimal() else usual


def process_map(found: Findings, sliders: Sliders, chosen: Chosen) -> charts.Option:
    """The happy path first: most frequent steps, then their most frequent paths."""
    steps = sorted(found.log.steps, key=lambda step: -step.executions)
    kept = steps[: _share(len(steps), sliders.steps, MOST_NODES)]
    shown = {step.activity_no for step in kept}
    inner = [e for e in found.log.edges if e.source in shown and e.target in shown]
    # A path slider never cuts a step off: its most frequent way in and out always stays.
    edges = _connected(inner, _share(len(inner), sliders.paths, MOST_EDGES))
    slowest = max((edge.hours.median or 0 for edge in edges), default=0) or 1
    order = {step: place for place, step in enumerate(found.log.order)}
    nodes = [
        {
            "id": step.activity_no, "name": found.name(step.activity_no),
            "value": _node_text(step, sliders.show),
            "url": chosen.address(pick=step.activity_no) + "#picked",
        }
        for step in sorted(kept, key=lambda step: order.get(step.activity_no, 0))
    ]  # fmt: skip
    drawn = [
        {
            "from": edge.source, "to": edge.target, "count": edge.count,
            "slowness": max(0.0, (edge.hours.median or 0) / slowest),
            "text": _edge_text(edge, sliders.show),
            "url": chosen.address(path=f"{edge.source}-{edge.target}") + "#picked",
        }
        for edge in edges
    ]  # fmt: skip
    _add_hidden(nodes, drawn, found.log.edges, {(e.source, e.target) for e in edges})
    unit = _("times") if sliders.show == "frequency" else _("hours")
    return charts.process_map(
        nodes=nodes, edges=drawn, unit=unit, hidden=len(found.log.edges) - len(edges)
    )


def _add_hidden(
    nodes: list[dict[str, Any]], drawn: list[dict[str, Any]], edges: Sequence[Edge],
    shown: set[tuple[int, int]],
) -> None:  # fmt: skip
    """Dashed: per step drawn, the sum of its paths that are not; the largest few."""
    sums: dict[int, int] = {}
    for edge in edges:
        if (edge.source, edge.target) not in shown:
            sums[edge.source] = sums.get(edge.source, 0) + edge.count
    known = {node["id"] for node in nodes}
    largest = sorted((n, step) for step, n in sums.items() if step in known)[-MOST_HIDDEN:]
    if largest:
        nodes.append({"id": "hidden", "name": _("Other paths"), "value": ""})
    drawn += [
        {
            "from": step, "to": "hidden", "count": n, "slowness": 0.0, "hidden": True,
            "text": numbers.count(n),
        }
        for n, step in reversed(largest)
    ]  # fmt: skip


def flow_lines(found: Flow) -> charts.Option:
    """Arrivals, completions and what lies in between, by day or by week."""
    labels = [(date(1970, 1, 1) + timedelta(days=point.day)).isoformat() for point in found.points]
    option = charts.bars(
        labels=labels,
        series={
            _("Arrivals"): [point.arrivals for point in found.points],
            _("Completions"): [point.completions for point in found.points],
        },
        unit=_("cases"),
    )
    option["series"].append(
        {"type": "line", "name": _("Cases in progress"), "data": [p.in_progress for p in found.points],
         "symbolSize": 4}
    )  # fmt: skip
    return option


def segment_bars(named: Sequence[tuple[str, Segment]]) -> charts.Option:
    """Median and P90 of the cycle time of each segment."""
    hours = [segment.log.case_hours for _name, segment in named[:MOST_SEGMENTS]]
    return charts.bars(
        labels=[f"{name} (n = {one.cases})" for name, one in named[:MOST_SEGMENTS]],
        series={
            _("Cycle median"): [_round(one.median) for one in hours],
            "P90": [_round(one.p90) for one in hours],
        },
        unit=_("hours"), horizontal=True,
    )  # fmt: skip


def _round(hours: float | None) -> float | None:
    return None if hours is None else round(hours, 1)


def cost_months(months: Sequence[tuple[str, int, Decimal, Decimal]]) -> charts.Option:
    """What the work of a case cost, by month of submission."""
    return charts.bars(
        labels=[label for label, _cases, _total, _a_case in months],
        series={_("Cost a case (yuan)"): [a_case for *_others, a_case in months]},
        unit=_("yuan"),
    )


def conformance_months(lines: Sequence[MonthLine]) -> charts.Option:
    """Departures by month of submission, accepted ones apart, and the fitness above them."""
    option = charts.stacked_bars(
        labels=[line.label for line in lines],
        series={
            _("Departures"): [line.departures for line in lines],
            _("Accepted departures"): [line.accepted for line in lines],
        },
        unit=_("times"),
    )
    option["series"][0]["itemStyle"] = {"color": "$bad"}
    option["series"][1]["itemStyle"] = {"color": "$muted"}
    option["yAxis"] = [
        option["yAxis"],
        {
            "type": "value",
            "name": _("Fitness %"),
            "max": 100,
            "scale": True,
            "splitLine": {"show": False},
        },
    ]
    option["series"].append(
        {
            "type": "line",
            "name": _("Fitness %"),
            "yAxisIndex": 1,
            "symbolSize": 6,
            "data": [round(line.fitness * 100, 1) for line in lines],
            "itemStyle": {"color": "$ink"},
        }
    )
    return option


def _share(n: int, percent: int, most: int) -> int:
    return min(most, max(1, round(n * percent / 100)))


def _connected(edges: list[Edge], count: int) -> list[Edge]:
    kept = dict.fromkeys(edges[:count])
    ways_in: dict[int, Edge] = {}
    ways_out: dict[int, Edge] = {}
    for edge in edges:
        if edge.source != edge.target:
            ways_in.setdefault(edge.target, edge)
            ways_out.setdefault(edge.source, edge)
    kept.update(dict.fromkeys([*ways_in.values(), *ways_out.values()]))
    return [edge for edge in edges if edge in kept][:MOST_EDGES]


def _node_text(step: Any, show: str) -> str:
    times = _("%(count)s times") % {"count": numbers.count(step.executions)}
    if show == "frequency":
        return times
    if show == "returns":
        return _("returned %(rate)s") % {"rate": numbers.percent(step.return_rate)}
    hours = numbers.hours(step.hours.median if step.hours else None)
    return f"{times} · {hours}"


def _edge_text(edge: Edge, show: str) -> str:
    if show == "frequency":
        return numbers.count(edge.count)
    if show == "returns":
        return _("%(count)s cases") % {"count": numbers.count(edge.cases)}
    return numbers.hours(edge.hours.median)


CAUSES: Final = ("off", "absence", "contention", "prioritisation", "batching", "unattended")


def cause_label(cause: str) -> str:
    return {
        "off": _("Non-working time"), "absence": _("Person absent"),
        "contention": _("Busy with earlier work"), "prioritisation": _("Later work done first"),
        "batching": _("Collected and done in batches"), "unattended": _("Could be done, was not"),
    }[cause]  # fmt: skip


def cause_bars(found: Findings) -> charts.Option:
    """One bar a step, in the order of the table below it: its waiting hours by cause.

    Nights and weekends would swamp what can be changed, so they wait in the legend.
    """
    place = {load.activity_no: at for at, load in enumerate(found.bottleneck.steps)}
    rows = sorted(found.causes, key=lambda row: place.get(row.activity_no, len(place)))[:12]
    option = charts.stacked_bars(
        labels=[found.name(row.activity_no) for row in rows],
        series={
            cause_label(cause): [round(getattr(row, cause), 2) for row in rows] for cause in CAUSES
        },
        unit=_("hours"), horizontal=True,
    )  # fmt: skip
    option["legend"]["selected"] = {cause_label("off"): False}
    return option


def sentence(found: Findings) -> str:
    """The finding in one sentence: which step, how much of the waiting, and why."""
    load = found.bottleneck.headline
    if load is None:
        return _("Nothing waited: the log shows no bottleneck.")
    words = {"step": found.name(load.activity_no), "share": numbers.percent(load.waiting_share)}
    cause = next((row for row in found.causes if row.activity_no == load.activity_no), None)
    shares = cause.shares() if cause and cause.on_duty > 0 else {}
    name, share = next(iter(shares.items()), ("", 0.0))
    if not cause or share < 0.3:
        if found.bottleneck.basis == "stage":
            return _("%(step)s takes %(share)s of all stage time.") % words
        return _("%(step)s holds %(share)s of all waiting.") % words
    words |= {"cause": cause_label(name), "part": numbers.percent(share)}
    if name == "batching" and cause.slots:
        words["slots"] = _(", ").join(slot_text(*slot) for slot in cause.slots)
        return _(
            "%(step)s holds %(share)s of all waiting; %(part)s of it because work is collected for"
            " %(slots)s."
        ) % words  # fmt: skip
    return _("%(step)s holds %(share)s of all waiting; %(part)s of it: %(cause)s.") % words


def batch_sentences(found: Findings) -> list[str]:
    """Every step whose work is demonstrably collected for fixed hours, with what that costs."""
    return [
        _("%(step)s is done in batches on %(slots)s: %(hours)s of on-duty waiting, %(share)s of its own.")
        % {
            "step": found.name(row.activity_no), "hours": numbers.hours(row.batching),
            "slots": _(", ").join(slot_text(*slot) for slot in row.slots),
            "share": numbers.percent(row.batching / row.on_duty),
        }
        for row in found.causes
        if row.slots and row.on_duty > 0 and row.batching >= WORTH_TELLING * row.on_duty
    ]  # fmt: skip


def slot_text(weekday: int, hour: int) -> str:
    days = (
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
        _("Sunday"),
    )  # fmt: skip
    return f"{days[weekday]} {hour:02d}:00"
