"""Chart definitions: plain data in, one ECharts option out. The screen and the files draw the same.

Colours are named by meaning (`$good`, `$bad`, `$muted`, `$series`); the drawing side fills them in
for the light or dark page. Each option describes itself in words for those who do not see it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

Number = int | float | Decimal
Option = dict[str, Any]


def _plain(value: Number | None) -> float | None:
    return None if value is None else float(value)


def _base(labels: Sequence[str], unit: str, description: str) -> Option:
    return {
        "aria": {"enabled": True, "label": {"description": description}},
        "grid": {"left": 8, "right": 24, "top": 48, "bottom": 8, "containLabel": True},
        "legend": {"top": 0, "right": 0, "icon": "roundRect", "itemWidth": 14},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "xAxis": {"type": "category", "data": [str(label) for label in labels]},
        "yAxis": {"type": "value", "name": unit},
        "series": [],
    }


def _spoken(value: Number, unit: str) -> str:
    """A value as one reads it aloud: two decimals at most, its unit apart."""
    text = f"{float(value):,.2f}".rstrip("0").rstrip(".")
    return f"{text}{unit}" if unit in ("", "%") else f"{text} {unit}"


def _described(name: str, labels: Sequence[str], values: Sequence[Number | None], unit: str) -> str:
    pairs = (
        f"{label} {_spoken(value, unit)}"
        for label, value in zip(labels, values, strict=True)
        if value is not None
    )
    return f"{name}: " + "; ".join(pairs)


def line(
    *,
    labels: Sequence[str],
    values: Sequence[Number | None],
    name: str,
    unit: str = "",
    target: Number | None = None,
    center: Number | None = None,
    lower: Number | None = None,
    upper: Number | None = None,
    interventions: Sequence[tuple[str, str]] = (),
    outliers: Sequence[int] = (),
) -> Option:
    """A series over time with its target, its control limits and the start of each countermeasure.

    `interventions` are (label of the period, text); `outliers` are positions drawn as warnings.
    """
    levels = [
        (_("Target"), target, "$good", "dashed"),
        (_("Center line"), center, "$muted", "solid"),
        (_("Lower limit"), lower, "$bad", "dotted"),
        (_("Upper limit"), upper, "$bad", "dotted"),
    ]
    marks: list[dict[str, Any]] = [
        {
            "yAxis": _plain(level),
            "lineStyle": {"color": color, "type": style},
            "label": {"formatter": f"{text} {_plain(level):g}", "position": "insideEndTop"},
        }
        for text, level, color, style in levels
        if level is not None
    ]
    marks += [
        {
            "xAxis": label,
            "lineStyle": {"color": "$ink", "type": "solid", "width": 1.5},
            "label": {"formatter": text, "position": "insideEndTop", "rotate": 0},
        }
        for label, text in interventions
    ]
    option = _base(labels, unit, _described(name, labels, values, unit))
    flagged = set(outliers)
    option["series"] = [
        {
            "type": "line",
            "name": name,
            "data": [
                {"value": _plain(value), "symbol": "triangle", "symbolSize": 11,
                 "itemStyle": {"color": "$bad"}}
                if place in flagged
                else _plain(value)
                for place, value in enumerate(values)
            ],
            "symbolSize": 6,
            "connectNulls": False,
            "markLine": {"symbol": "none", "silent": True, "data": marks},
        }
    ]  # fmt: skip
    return option


def bars(
    *,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Number | None]],
    unit: str = "",
    horizontal: bool = False,
    stacked: bool = False,
) -> Option:
    """One group of bars a label; `horizontal` suits long names."""
    text = " ".join(_described(name, labels, values, unit) for name, values in series.items())
    option = _base(labels, unit, text)
    if horizontal:
        option["xAxis"], option["yAxis"] = option["yAxis"], option["xAxis"] | {"inverse": True}
    option["series"] = [
        {
            "type": "bar",
            "name": name,
            "data": [_plain(value) for value in values],
            "barMaxWidth": 32,
            **({"stack": "all"} if stacked else {}),
        }
        for name, values in series.items()
    ]
    return option


def stacked_bars(
    *,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Number | None]],
    unit: str = "",
    horizontal: bool = False,
) -> Option:
    """Parts of a whole, one bar a label."""
    return bars(labels=labels, series=series, unit=unit, horizontal=horizontal, stacked=True)


def pareto(*, labels: Sequence[str], values: Sequence[Number], name: str, unit: str = "") -> Option:
    """Bars in falling order with their cumulative share: which few make the most."""
    ranked = sorted(zip(labels, values, strict=True), key=lambda pair: -pair[1])
    names, amounts = [label for label, _value in ranked], [float(value) for _label, value in ranked]
    whole, running, shares = sum(amounts), 0.0, []
    for amount in amounts:
        running += amount
        shares.append(round(running / whole * 100, 1) if whole else None)
    option = bars(labels=names, series={name: amounts}, unit=unit)
    option["yAxis"] = [
        option["yAxis"],
        {"type": "value", "name": "%", "min": 0, "max": 100, "splitLine": {"show": False}},
    ]
    option["series"].append(
        {"type": "line", "name": _("Cumulative share"), "yAxisIndex": 1, "data": shares,
         "symbolSize": 6, "itemStyle": {"color": "$ink"}}
    )  # fmt: skip
    return option


def waterfall(
    *, start: tuple[str, Number], steps: Sequence[tuple[str, Number]], end: str, unit: str = "",
    higher_is_worse: bool = True,
) -> Option:  # fmt: skip
    """From one amount to another by its causes: what added, what took away.

    `end` names the closing bar, whose amount is start + steps. Costs rise in the colour of bad.
    """
    labels = [start[0], *(label for label, _amount in steps), end]
    level = Decimal(str(start[1]))
    base: list[Number] = [0]
    rise: list[Number | None] = [None]
    fall: list[Number | None] = [None]
    for _label, amount in steps:
        change = Decimal(str(amount))
        base.append(min(level, level + change))
        rise.append(change if change >= 0 else None)
        fall.append(-change if change < 0 else None)
        level += change
    totals: list[Number | None] = [start[1], *[None] * len(steps), level]
    base.append(0)
    rise.append(None)
    fall.append(None)
    names = {_("Total"): totals, _("Increase"): rise, _("Decrease"): fall}
    option = stacked_bars(labels=labels, series={"": base, **names}, unit=unit)
    described = [(start[0], start[1]), *steps, (end, level)]
    text = "; ".join(f"{label} {_spoken(amount, unit)}" for label, amount in described)
    option["aria"]["label"]["description"] = text
    worse, better = ("$bad", "$good") if higher_is_worse else ("$good", "$bad")
    colors = ("transparent", "$series", worse, better)
    for bar, color in zip(option["series"], colors, strict=True):
        bar["itemStyle"] = {"color": color}
    option["series"][0] |= {"silent": True, "tooltip": {"show": False}}
    option["legend"]["data"] = list(names)
    return option


def process_map(
    *, nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]], unit: str,
    hidden: int = 0,
) -> Option:  # fmt: skip
    """The data of `{% process_map %}`; the drawing needs these words in the reader's language.

    Node: `id`, `name`, `value` (text under the name), optional `url`, `tone`. Edge: `from`, `to`,
    `count` (sets the width), `slowness` 0–1 (sets the darkness), `text` (printed), optional `url`,
    `hidden` (drawn dashed: the sum of edges left out). `hidden` counts the edges not shown.
    """
    return {
        "nodes": list(nodes),
        "edges": list(edges),
        "words": {
            "map": _("Process map"),
            "width": _("Width: how often"),
            "darkness": _("Darkness: how slow"),
            "unit": unit,
            "hidden": _("%(count)d rarer paths not shown") % {"count": hidden} if hidden else "",
            "zoom_in": _("Zoom in"),
            "zoom_out": _("Zoom out"),
            "fit": _("Fit"),
        },
    }
