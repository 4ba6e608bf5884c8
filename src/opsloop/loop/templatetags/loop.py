"""Words and units of the loop's pages."""

from collections.abc import Collection
from typing import Any, Final

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from opsloop.analysis.power import PLANNED_LOOK
from opsloop.loop import queries
from opsloop.loop.wording import (
    TESTS,
    in_unit,
    on_scale,
    reason_text,
    severity_badge,
    state_badge,
    window,
)
from opsloop.ui import numbers
from opsloop.ui.templatetags.ui import badge

register = template.Library()

SMALLEST_P: Final = 0.001
STATUS_TONES: Final = {
    "proposed": "warn", "approved": "info", "in_progress": "info", "done": "good",
    "cancelled": "neutral",
}  # fmt: skip


@register.filter
def quantity(value: Any, unit: str) -> str:
    return in_unit(value, unit)


@register.filter
def change(value: Any, unit: str) -> str:
    return in_unit(value, unit, is_change=True)


@register.filter
def extent(value: Any, unit: str) -> str:
    """The size of a change, whichever way it goes."""
    return in_unit(value, unit, is_change=True).lstrip("+")


@register.simple_tag
def severity(value: str) -> SafeString:
    return severity_badge(value)


@register.simple_tag
def state(value: str) -> SafeString:
    return state_badge(value)


@register.simple_tag
def work_status(row: Any) -> SafeString:
    return badge(row.get_status_display(), STATUS_TONES[row.status])


@register.filter
def rule_name(rule: str) -> Any:
    """Rules are named by their tools; those that mean the same everywhere have a word."""
    words = {"limit": _("Limit of the metric"), "threshold": _("Threshold")}
    return words.get(rule, rule)


@register.filter
def tool_name(tool: str) -> Any:
    return queries.tool_label(tool)


@register.filter
def reason(verdict: Any) -> str:
    return reason_text(verdict)


@register.simple_tag
def effect_of(verdict: Any, unit: str) -> str:
    """The effect on its own scale: a difference, a ratio of rates, or yuan."""
    return on_scale(verdict.effect, verdict.params.get("scale", ""), unit)


@register.simple_tag
def interval_of(verdict: Any, unit: str) -> str:
    """The 95 % interval of the effect; a dash where the data give none."""
    scale = verdict.params.get("scale", "")
    if verdict.low is None and verdict.high is None:
        return numbers.DASH
    low, high = (on_scale(end, scale, unit) for end in (verdict.low, verdict.high))
    number, _space, word = low.partition(" ")
    if word and high.endswith(f" {word}"):
        low = number
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


@register.simple_tag
def comparison_line(verdict: Any) -> str:
    """Which test, its p-value, and the windows that were compared."""
    named = {
        "test": TESTS.get(verdict.test, verdict.test),
        "baseline": window(verdict.plan.baseline_first, verdict.plan.baseline_last),
        "result": window(verdict.result_first, verdict.result_last),
    }
    text = _("%(test)s; baseline %(baseline)s, result %(result)s") % named
    if verdict.p_value is None:
        return text
    text = _("%(text)s; %(p)s") % {"text": text, "p": _p_value(verdict.p_value)}
    if "alpha" not in verdict.params:
        return text
    spent = {"look": verdict.params["look"], "alpha": _chance(verdict.params["alpha"])}
    return text + _(" (look %(look)s, proven below %(alpha)s)") % spent


@register.simple_tag
def caution_lines(verdict: Any, unit: str) -> list[str]:
    """What was done against luck: how often it was looked at, and what happened to lines left alone."""
    said, params = [], verdict.params
    if params.get("look", 1) > 1:
        said.append(
            _("Look %(look)s at a growing window: to count as proven, p must not exceed %(alpha)s "
              "(instead of %(planned)s), so that looking again and again proves nothing by itself.")
            % {"look": params["look"], "alpha": _chance(params["alpha"]),
               "planned": _chance(PLANNED_LOOK)}
        )  # fmt: skip
    if params.get("untreated"):
        elsewhere = in_unit(params["control_effect"], unit, is_change=True)
        said.append(
            ngettext(
                "Compared with %(n)s flagged object on which nobody acted: it changed by "
                "%(change)s in the same time, and only what goes beyond counts as the effect.",
                "Compared with %(n)s flagged objects on which nobody acted: they changed by "
                "%(change)s in the same time, and only what goes beyond counts as the effect.",
                params["untreated"],
            )
            % {"n": params["untreated"], "change": elsewhere}
        )
    return said


def _p_value(p: float) -> str:
    """A p-value as one reads it: no powers of ten."""
    return "p < 0.001" if p < SMALLEST_P else f"p = {p:.2g}"


def _chance(alpha: float) -> str:
    """An error as a percentage with the digits it needs: 4 %, 0.25 %."""
    return f"{alpha * 100:g} %"


@register.simple_tag
def evidence_link(evidence: Any, open_batches: Collection[int]) -> SafeString | str:
    """The rows of an import batch, a click away where the reader may see its data set."""
    text = ngettext("%(n)s row", "%(n)s rows", evidence.total) % {"n": f"{evidence.total:,}"}
    if evidence.batch_id not in open_batches:
        return text
    rows = ",".join(str(row) for row in evidence.rows[:200])
    address = reverse("datasets:rows", args=[evidence.batch_id])
    return format_html('<a href="{}?rows={}">{}</a>', address, rows, text)


@register.inclusion_tag("ui/_stat.html")
def rate_stat(label: Any, rate: Any, url: str, tone: str = "") -> dict[str, Any]:
    """A share with its parts; the tone only when there is something to colour."""
    value = numbers.DASH if rate.value is None else numbers.percent(rate.value)
    hint = _("%(part)s of %(whole)s") % {"part": rate.part, "whole": rate.whole}
    return {
        "label": label, "value": value, "hint": hint if rate.whole else "",
        "tone": tone if rate.part else "", "url": url,
    }  # fmt: skip


@register.inclusion_tag("ui/_stat.html")
def span_stat(label: Any, span: Any, url: str) -> dict[str, Any]:
    """Median of days with P90 and n."""
    value = (
        numbers.DASH
        if span.median is None
        else _("%(days)s days") % {"days": f"{span.median:,.1f}"}
    )
    text = ngettext(
        "9 in 10 within %(p90).1f days; %(n)s case",
        "9 in 10 within %(p90).1f days; %(n)s cases",
        span.n,
    )
    hint = text % {"p90": span.p90 or 0, "n": span.n} if span.n else ""
    return {"label": label, "value": value, "hint": hint, "tone": "", "url": url}
