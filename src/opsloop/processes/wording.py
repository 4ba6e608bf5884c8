"""Findings as sentences: an ECRS candidate with its evidence, a departure from the step table."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from opsloop.analysis.departures import Departure
from opsloop.processes.pictures import cause_label
from opsloop.ui import numbers


def departure(one: Departure, *, step: str, other: str, where: str) -> str:
    """“23 cases skip 采购部审核 (2.1 %), most of them in 销售部; their median is 11 h shorter”."""
    said = {
        "cases": numbers.count(one.cases), "step": step, "other": other,
        "share": numbers.percent(one.share),
    }  # fmt: skip
    text = _departures()[one.kind] % said
    if where:
        text += _(", most of them in %(where)s") % {"where": where}
    if one.hours_apart is not None and round(one.hours_apart, 1):
        shape = (
            _("; their median is %(hours)s h longer")
            if one.hours_apart > 0
            else _("; their median is %(hours)s h shorter")
        )
        text += shape % {"hours": f"{abs(one.hours_apart):,.1f}"}
    return text


def _departures() -> dict[str, str]:
    return {
        "skipped": _("%(cases)s cases skip “%(step)s” (%(share)s)"),
        "inserted": _(
            "%(cases)s cases do “%(step)s” where the table does not foresee it (%(share)s)"
        ),
        "amount": _("%(cases)s cases skip “%(step)s” although their amount demands it (%(share)s)"),
        "same_person": _(
            "In %(cases)s cases one person decided both “%(step)s” and “%(other)s” (%(share)s)"
        ),
        "hands": _(
            "In %(cases)s cases %(other)s did “%(step)s”, which the table does not give them (%(share)s)"
        ),
    }


def kind_label(kind: str) -> str:
    """The kinds of departure, short."""
    return {
        "skipped": _("Step skipped"), "inserted": _("Step not foreseen"),
        "amount": _("Amount rule broken"), "same_person": _("Two decisions by one person"),
        "hands": _("Done by a role not in the table"),
    }.get(kind, kind)  # fmt: skip


def candidate(trigger: str, steps: Sequence[str], values: Mapping[str, Any], n: int) -> str:
    """A candidate of the worksheet in one sentence."""
    shown = {
        "step": steps[0] if steps else "", "next": steps[-1] if steps else "",
        "steps": " → ".join(steps), "n": numbers.count(n),
        **{name: _value(name, value) for name, value in values.items()},
    }  # fmt: skip
    return _shapes()[trigger] % shown


def _value(name: str, value: Any) -> str:
    if name in ("share", "covered"):
        return numbers.percent(value)
    if name in ("now", "then"):
        return numbers.hours(value)
    if name == "cause":
        return cause_label(value)
    if isinstance(value, float):
        return numbers.count(value) if value.is_integer() else f"{value:.1f}"
    return str(value)


def _shapes() -> dict[str, str]:
    return {
        "rubber_stamp": _(
            "“%(step)s” stopped %(stopped)s of %(decisions)s requests and takes %(minutes)s"
            " minutes: a rubber stamp."
        ),
        "unused_output": _("No later step uses “%(output)s” of “%(step)s”."),
        "same_hands": _("“%(step)s” and “%(next)s” are done by the same person in %(share)s of cases."),
        "ping_pong": _("%(share)s of cases go from “%(step)s” to “%(next)s” and back."),
        "same_fields": _("“%(step)s” and “%(next)s” both type in: %(fields)s."),
        "knock_out": _(
            "Checks that stop more for less effort first: %(steps)s; expected %(now)s become %(then)s."
        ),
        "waiting_cause": _("%(share)s of the on-duty waiting for “%(step)s”: %(cause)s."),
        "many_variants": _("It takes %(variants)s variants to cover %(covered)s of the cases."),
        "parallel": _("“%(step)s” and “%(next)s” do not need each other's output."),
        "reentry": _("“%(fields)s” is typed in %(steps)s."),
    }  # fmt: skip


def risk(letter: str) -> str:
    """What to look out for before accepting (2.3.8)."""
    return {
        "eliminate": _("Control and compliance steps need the owner's signature."),
        "combine": _("Look at the workload of the role that takes both."),
        "rearrange": _(
            "Dependencies between steps come first; in parallel more rejected work is done."
        ),
        "simplify": "",
    }[letter]
