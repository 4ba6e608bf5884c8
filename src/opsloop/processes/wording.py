"""Findings as sentences: an ECRS candidate with its evidence, a departure from the step table."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from opsloop.processes.pictures import cause_label
from opsloop.ui import numbers


def violation(line: Mapping[str, Any]) -> str:
    """“23 cases skip 采购部审核 (2.1 %), most of them in 销售部; their median is 11 h shorter”."""
    one = line["line"]
    said = {
        "cases": numbers.count(one.cases),
        "step": line["step"],
        "share": numbers.percent(one.share),
    }
    text = (
        _("%(cases)s cases skip “%(step)s” (%(share)s)")
        if one.kind == "skipped"
        else _("%(cases)s cases do “%(step)s” where the table does not foresee it (%(share)s)")
    ) % said
    if line["where"]:
        text += _(", most of them in %(where)s") % {"where": line["where"]}
    if one.hours_apart is not None:
        shape = (
            _("; their median is %(hours)s h longer")
            if one.hours_apart >= 0
            else _("; their median is %(hours)s h shorter")
        )
        text += shape % {"hours": f"{abs(one.hours_apart):.1f}"}
    return text


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
