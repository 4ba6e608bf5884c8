"""`opsloop analyze process`: an event log's steps, moves, variants and bottleneck, from a file."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from opsloop.cli import process_findings
from opsloop.cli.speech import Refusal, refused, remark_problems, stderr
from opsloop.cli.speech import gettext as _

if TYPE_CHECKING:
    from opsloop.analysis.bottleneck import Bottleneck
    from opsloop.analysis.event_log import EventLog, Hours
    from opsloop.analysis.waiting_causes import StepCauses
    from opsloop.analysis.worktime import Calendar
    from opsloop.exchange.problems import RefusedFile

_EXAMINED: Final = 3  # steps of which the slower definitions of a bottleneck are worked out
_SHOWN: Final = 10  # rows of the tables for people
_WITH_OFFSET: Final = re.compile(r"(?:[+-]\d{2}:?\d{2}|Z)\s*$")
_FIELDS: Final = {
    "case": "case_id", "activity": "activity", "end": "end_time", "start": "start_time",
    "resource": "resource", "department": "department", "outcome": "outcome", "amount": "amount",
}  # fmt: skip


@dataclass(frozen=True)
class Log:
    """A file read and typed: sorted facts and the names their numbers stand for."""

    frame: Any
    names: Mapping[str, tuple[str, ...]]
    left_out: int

    def step(self, number: int) -> str:
        return self.names["activity"][number]


@click.command()
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--case", help="Column of the case.")
@click.option("--activity", help="Column of the step.")
@click.option("--end", help="Column of the completion time.")
@click.option("--start", help="Column of the start time.")
@click.option("--resource", help="Column of the person.")
@click.option("--department", help="Column of the department.")
@click.option("--outcome", help="Column of the decision.")
@click.option("--amount", help="Column of the amount in yuan.")
@click.option(
    "--model", type=click.Path(path_type=Path),
    help="CSV with the step table the cases are checked against.",
)  # fmt: skip
@click.option(
    "--calendar", "calendar_name", type=click.Choice(["24x7", "cn"]), default="24x7",
    show_default=True, help="Count every hour, or working hours on the published calendar.",
)  # fmt: skip
@click.option(
    "--timezone", default="Asia/Shanghai", show_default=True,
    help="Zone of times written without one, and of the working calendar.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def process(
    *, log: Path, calendar_name: str, timezone: str, as_json: bool, model: Path | None,
    **columns: str | None,
) -> None:  # fmt: skip
    """Analyse the event log in LOG.

    Columns are guessed from their headers and values when they are not named.
    """
    named = {_FIELDS[name]: label for name, label in columns.items() if label}
    with stderr().status(_("Reading the event log…")) as progress:
        calendar = _calendar(calendar_name)
        read = _read(log, named, timezone, by_instants=calendar_name == "24x7")
        progress.update(_("Analysing %(count)d events…") % {"count": read.frame.height})
        answer = _answer(read, calendar, model)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(answer)


def _calendar(name: str) -> "Calendar":
    if name == "24x7":
        from opsloop.analysis.worktime import CLOCK

        return CLOCK
    from opsloop.org.published import published_calendar

    return published_calendar()


def _read(path: Path, named: Mapping[str, str], timezone: str, *, by_instants: bool) -> Log:
    """Read, map and type the file; rows left out are remarked, never hidden."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from opsloop.exchange.mapping import propose
    from opsloop.exchange.problems import RefusedFile
    from opsloop.exchange.sandbox import read_table
    from opsloop.exchange.typed import typed_rows

    if not path.is_file():
        raise Refusal(_("There is no file “%(path)s”.") % {"path": path})
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refusal(_("“%(zone)s” is no time zone.") % {"zone": timezone}) from error
    try:
        table = read_table(path)
        mapping = propose("event_log", table)
        guessed = {
            name: label for name, label in mapping.columns.items()
            if name not in named and label not in named.values()
        }  # fmt: skip
        mapping = replace(mapping, columns={**guessed, **named})
        instants = by_instants and _written_with_offset(table, mapping.columns.get("end_time"))
        typed = typed_rows(
            "event_log", table, mapping, timezone="UTC" if instants else timezone,
            rounding="half_up",
        )  # fmt: skip
    except RefusedFile as error:
        raise _refused(path, error) from error
    remark_problems(path, typed)
    used = ["case_no", "activity_no", "seq", "end_us"]
    used += [column for field, column in _OPTIONAL.items() if field in mapping.columns]
    frame = typed.frame.select(used)
    if by_instants and not instants:
        frame = _as_instants(frame, timezone)
    return Log(_sorted(frame), typed.names, table.frame.height - typed.frame.height)


def _refused(path: Path, error: "RefusedFile") -> Refusal:
    """The command's one sentence; a column that is missing is asked for by its option."""
    option = {field: name for name, field in _FIELDS.items()}.get(error.params.get("field", ""))
    if error.code != "missing_column" or option is None:
        return refused(path, error)
    said = _("%(file)s: no column could be told to be the %(what)s; name it with --%(option)s.")
    return Refusal(said % {"file": path.name, "what": _said(option), "option": option})


def _said(option: str) -> str:
    return {"case": _("case"), "activity": _("step"), "end": _("completion time")}.get(
        option, option
    )


def _repeated(frame: Any) -> int:
    """Rows that say exactly what another row of the same case says."""
    return int(frame.height - frame.drop("seq").n_unique())


_OPTIONAL: Final = {
    "start_time": "start_us", "resource": "resource_no", "department": "department_no",
    "outcome": "outcome_no", "amount": "amount_fen",
}  # fmt: skip


def _written_with_offset(table: Any, label: str | None) -> bool:
    """Whether times name their offset: then they are instants, and summer time cannot fool us."""
    if label not in table.labels:
        return False
    sample = table.frame[label].drop_nulls().head(100).to_list()
    return bool(sample) and all(_WITH_OFFSET.search(text) for text in sample)


def _as_instants(frame: Any, timezone: str) -> Any:
    """Wall-clock times of a zone as instants, so that a night of clock change has its true length."""
    import polars as pl

    def instant(name: str) -> pl.Expr:
        local = pl.col(name).cast(pl.Datetime("us"))
        zoned = local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        return zoned.dt.timestamp("us").fill_null(pl.col(name)).alias(name)

    times = [name for name in ("start_us", "end_us") if name in frame.columns]
    return frame.with_columns(instant(name) for name in times)


def _sorted(frame: Any) -> Any:
    import polars as pl

    begin = pl.coalesce("start_us", "end_us") if "start_us" in frame.columns else pl.col("end_us")
    return frame.sort("case_no", begin, "end_us", "seq")


def _answer(log: Log, calendar: "Calendar", model: Path | None = None) -> dict[str, Any]:
    """The whole analysis as plain values; hours as numbers, shares and rates from 0 to 1."""
    import narwhals.stable.v2 as nw

    from opsloop.analysis.bottleneck import examine, find_bottleneck
    from opsloop.analysis.event_columns import load
    from opsloop.analysis.event_log import analyse
    from opsloop.analysis.waiting_causes import waiting_causes

    frame = nw.from_native(log.frame)
    starts, ends = ([], []) if model is None else process_findings.ends(log.names, model)
    found = analyse(frame, calendar=calendar, starts=starts, ends=ends)
    bottleneck = find_bottleneck(frame, calendar=calendar)
    details = examine(
        frame, [step.activity_no for step in bottleneck.steps[:_EXAMINED]], calendar=calendar
    )
    split = waiting_causes(frame, calendar=calendar)
    causes = {one.activity_no: one for one in split}
    columns = load(frame, calendar=calendar, also=("outcome_no", "resource_no", "department_no"))
    return {
        "events": found.events,
        "cases": found.cases,
        "activities": found.activities,
        "variants": len(found.variants),
        "edges": len(found.edges),
        "ties": found.ties,
        "repeated_rows": _repeated(log.frame) if found.ties else 0,
        "truncated": found.truncated,
        "open": found.open,
        "rows_left_out": log.left_out,
        "resources": len(log.names.get("resource", ())),
        "has_start": found.has_start,
        "case_hours": _spread(found.case_hours),
        "efficiency": found.efficiency,
        "steps": _steps(log, found),
        "edge_list": [
            {
                "from": log.step(edge.source), "to": log.step(edge.target), "count": edge.count,
                "cases": edge.cases, "hours": {"sum": edge.hours.sum, **_spread(edge.hours)},
            }
            for edge in found.edges
        ],
        "variant_list": [
            {
                "steps": [log.step(step) for step in variant.steps], "cases": variant.cases,
                "share": variant.share, "median_hours": variant.median_hours,
            }
            for variant in found.variants
        ],
        "returns": process_findings.returns(log.names, columns, found),
        "rework": {
            "cases": found.rework.cases, "share": found.rework.share,
            "extra_executions": found.rework.extra, "self_loops": found.rework.self_loops,
            "repetitions": found.rework.repetitions,
        },
        "bottleneck": _bottleneck(log, bottleneck, details, causes),
        "waiting_causes": process_findings.waiting_causes(log.names, split),
        "handover": process_findings.handover(log.names, columns, found.order),
        **(
            {} if model is None
            else {"conformance": process_findings.conformance(log.names, frame, model)}
        ),
    }  # fmt: skip


def _spread(hours: "Hours | None") -> dict[str, float | None]:
    """Mean, median and P90; nulls where nothing was measured."""
    if hours is None:
        return {"mean": None, "median": None, "p90": None}
    return {"mean": hours.mean, "median": hours.median, "p90": hours.p90}


def _steps(log: Log, found: "EventLog") -> list[dict[str, Any]]:
    return [
        {
            "name": log.step(step.activity_no), "executions": step.executions,
            "cases": step.cases, "hours": _spread(step.hours),
            "waiting_hours": _spread(step.waiting), "return_rate": step.return_rate,
            "returns": step.returns, "decisions": step.decisions,
            "repeated_cases": step.repeated_cases,
        }
        for step in found.steps
    ]  # fmt: skip


def _bottleneck(
    log: Log, found: "Bottleneck", details: Sequence[Any], causes: Mapping[int, "StepCauses"]
) -> dict[str, Any]:
    """The headline step first, then every step by its share of the waiting."""
    examined = {one.activity_no: one for one in details}
    rows = []
    for load in found.steps:
        detail, cause = examined.get(load.activity_no), causes.get(load.activity_no)
        row: dict[str, Any] = {
            "step": log.step(load.activity_no), "share": load.waiting_share,
            "low": load.share_low, "high": load.share_high, "proven": load.proven,
            "cases": load.cases, "waiting_hours": load.waiting_hours,
            "mean_hours": load.mean_hours,
        }  # fmt: skip
        if detail is not None:
            row["utilisation"] = detail.utilisation
            row["queue_length"] = detail.queue_length
            row["cycle_median_without"] = detail.cycle_median_without
        if cause is not None:
            row["causes"] = {"off": cause.off, "absence": cause.absence, **_caused(cause)}
        rows.append(row)
    first = rows[0] if rows else {"step": None, "share": None, "proven": False}
    headline = {key: first[key] for key in ("step", "share", "proven")}
    return {"basis": found.basis, **headline, "steps": rows}


def _caused(cause: "StepCauses") -> dict[str, float]:
    """Hours of on-duty waiting by cause."""
    return {name: getattr(cause, name) for name in cause.shares()}


def _print(answer: Mapping[str, Any]) -> None:
    """Tables for people: the case first, then steps, moves, variants; the bottleneck last."""
    from rich.console import Console

    terminal = Console()
    # A file or a pipe has no width of its own: nothing is cut there.
    console = Console(width=None if terminal.is_terminal else 200)
    case = answer["case_hours"]
    click.echo(
        _("%(cases)s cases, %(events)s events, %(activities)s steps, %(variants)s variants.")
        % {name: f"{answer[name]:,}" for name in ("cases", "events", "activities", "variants")}
    )
    click.echo(
        _("Cycle time in hours: median %(median)s, P90 %(p90)s, mean %(mean)s.")
        % {name: _number(case[name]) for name in ("median", "p90", "mean")}
    )
    for sentence in _set_apart(answer):
        click.echo(sentence)
    for table in _tables(answer):
        console.print(table)
    if answer["bottleneck"]["step"] is not None:
        found = answer["bottleneck"]
        sentence = (
            _("Proven bottleneck: %(step)s holds %(share)s of the waiting.")
            if found["proven"]
            else _("Suspected bottleneck: %(step)s holds %(share)s of the waiting.")
        )
        click.echo(sentence % {"step": found["step"], "share": _percent(found["share"])})
    for line in process_findings.sentences(answer):
        click.echo(line)


def _set_apart(answer: Mapping[str, Any]) -> Iterator[str]:
    """What is counted but not part of the cycle times, and rows that stand twice."""
    if answer["open"] or answer["truncated"]:
        said = _("Not in the cycle time: %(open)s open and %(truncated)s truncated cases.")
        yield said % {name: f"{answer[name]:,}" for name in ("open", "truncated")}
    if answer["repeated_rows"]:
        said = _("%(count)s rows say the same as another row; they are counted as executions.")
        yield said % {"count": f"{answer['repeated_rows']:,}"}


def _tables(answer: Mapping[str, Any]) -> Iterator[Any]:
    yield from (_step_table(answer), _edge_table(answer), _variant_table(answer))
    if answer["waiting_causes"]:
        yield _cause_table(answer)
    if answer["returns"]["by_role"]:
        yield _role_table(answer)
    if answer["handover"]["matrix"]:
        yield _handover_table(answer)


def _table(title: str, texts: Sequence[str], numbers: Sequence[str]) -> Any:
    from rich.table import Table

    table = Table(title=title)
    for heading in texts:
        table.add_column(heading, overflow="fold")
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _step_table(answer: Mapping[str, Any]) -> Any:
    time = _("Processing median h") if answer["has_start"] else _("Stage median h")
    headings = [_("Executions"), time, _("P90 h"), _("Waiting median h"), _("Return rate")]
    table = _table(_("Steps in their usual order"), [_("Step")], headings)
    for step in answer["steps"]:
        table.add_row(
            step["name"], f"{step['executions']:,}", _number(step["hours"]["median"]),
            _number(step["hours"]["p90"]), _number(step["waiting_hours"]["median"]),
            _percent(step["return_rate"]),
        )  # fmt: skip
    return table


def _edge_table(answer: Mapping[str, Any]) -> Any:
    title = _("Most frequent moves (%(shown)d of %(all)d)")
    shown = answer["edge_list"][:_SHOWN]
    table = _table(
        title % {"shown": len(shown), "all": answer["edges"]}, [_("From"), _("To")],
        [_("Times"), _("Cases"), _("Median h"), _("P90 h")],
    )  # fmt: skip
    for edge in shown:
        table.add_row(
            edge["from"], edge["to"], f"{edge['count']:,}", f"{edge['cases']:,}",
            _number(edge["hours"]["median"]), _number(edge["hours"]["p90"]),
        )  # fmt: skip
    return table


def _variant_table(answer: Mapping[str, Any]) -> Any:
    title = _("Most frequent variants (%(shown)d of %(all)d)")
    shown = answer["variant_list"][:_SHOWN]
    table = _table(
        title % {"shown": len(shown), "all": answer["variants"]}, [_("Variant")],
        [_("Cases"), _("Share"), _("Median h")],
    )  # fmt: skip
    for variant in shown:
        table.add_row(
            " → ".join(variant["steps"]), f"{variant['cases']:,}", _percent(variant["share"]),
            _number(variant["median_hours"]),
        )  # fmt: skip
    return table


def _cause_table(answer: Mapping[str, Any]) -> Any:
    """Hours of waiting by cause, as the page shows them."""
    labels = (
        _("Non-working time"), _("Person absent"), _("Busy with earlier work"),
        _("Later work done first"), _("Collected and done in batches"), _("Could be done, was not"),
    )  # fmt: skip
    table = _table(_("Why cases wait, in hours"), [_("Step")], [_("Waiting time"), *labels])
    for one in answer["waiting_causes"]:
        hours = (one[cause] for cause in process_findings.CAUSES)
        table.add_row(one["step"], _number(one["waiting"]), *(_number(hour) for hour in hours))
    return table


def _role_table(answer: Mapping[str, Any]) -> Any:
    table = _table(
        _("Returns by role"), [_("Role")], [_("Decisions"), _("Returns"), _("Return rate")]
    )
    for one in answer["returns"]["by_role"][:_SHOWN]:
        table.add_row(
            one["role"], f"{one['decisions']:,}", f"{one['returns']:,}", _percent(one["rate"])
        )
    return table


def _handover_table(answer: Mapping[str, Any]) -> Any:
    table = _table(
        _("Most frequent handovers"), [_("From"), _("To")],
        [_("Times"), _("Cases"), _("Waiting median h"), _("Returns")],
    )  # fmt: skip
    for one in answer["handover"]["matrix"][:_SHOWN]:
        table.add_row(
            one["from"], one["to"], f"{one['count']:,}", f"{one['cases']:,}",
            _number(one["median_wait"]), _percent(one["return_share"]),
        )  # fmt: skip
    return table


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.2f}"


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate * 100:.1f}%"
