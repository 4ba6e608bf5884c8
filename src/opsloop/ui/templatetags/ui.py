"""The tag library every template has without loading it: numbers, badges, cards, fields, charts."""

from datetime import date, datetime
from typing import Any, Final

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from opsloop.ui import grid_words, numbers
from opsloop.ui.icons import ICONS
from opsloop.ui.paging import Page

register = template.Library()

TONES: Final = ("neutral", "good", "warn", "bad", "info")
# Where a figure comes from, most trustworthy first.
SOURCES: Final = {
    "log": (_("From records"), "good"),
    "computed": (_("Computed"), "info"),
    "sample": (_("Sampled"), "info"),
    "observed": (_("Observed"), "neutral"),
    "interview": (_("Interview"), "warn"),
    "typed": (_("Typed"), "neutral"),
}
VERDICTS: Final = {
    "effective": (_("Effective"), "good"),
    "partly_effective": (_("Partly effective"), "warn"),
    "ineffective": (_("Ineffective"), "bad"),
    "worsened": (_("Worsened"), "bad"),
    "insufficient_data": (_("Insufficient data"), "neutral"),
}


@register.filter
def money(value: Any) -> str:
    return numbers.money(value)


@register.filter
def yuan(value: Any) -> str:
    return numbers.yuan(value)


@register.filter
def signed_yuan(value: Any) -> str:
    return numbers.yuan(value, signed=True)


@register.filter
def percent(rate: Any) -> str:
    return numbers.percent(rate)


@register.filter
def signed_percent(rate: Any) -> str:
    return numbers.percent(rate, signed=True)


@register.filter
def pp(rate: Any) -> str:
    return numbers.points(rate)


@register.filter
def hours(value: Any) -> str:
    return numbers.hours(value)


@register.filter
def count(value: Any) -> str:
    return numbers.count(value)


@register.filter
def dash(value: Any) -> Any:
    return numbers.dash(value)


@register.filter
def day(value: date | datetime | None) -> str:
    return numbers.day(value)


@register.filter
def moment(value: datetime | None) -> str:
    return numbers.moment(value)


@register.simple_tag(takes_context=True)
def block_again(context: template.Context, name: str) -> SafeString:
    """The text of a block a second time: the heading repeats the title of the window."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    rendered: SafeString = block.nodelist.render(context)
    return rendered


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline drawing; decoration only, so hidden from screen readers."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        ICONS[name],
    )


@register.simple_tag
def badge(text: Any, tone: str = "neutral") -> SafeString:
    """A word with a shape and a colour: the shape says it again without colour."""
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"a badge has no tone {tone!r}")
    return format_html('<span class="ol-badge ol-{}">{}{}</span>', tone, icon(tone), text)


@register.simple_tag
def source_badge(source: str) -> SafeString:
    """Where a figure comes from; an unknown source is shown as typed by nobody: a dash."""
    if source not in SOURCES:
        return format_html('<span class="text-secondary">{}</span>', numbers.DASH)
    text, tone = SOURCES[source]
    return format_html('<span class="ol-source ol-{}">{}</span>', tone, text)


@register.simple_tag
def verdict(outcome: str) -> SafeString:
    """The computed verdict on a countermeasure; not yet evaluated is a dash."""
    if outcome not in VERDICTS:
        return format_html('<span class="text-secondary">{}</span>', numbers.DASH)
    return badge(*VERDICTS[outcome])


@register.inclusion_tag("ui/_stat.html")
def stat(label: Any, value: Any, hint: Any = "", tone: str = "", url: str = "") -> dict[str, Any]:
    return {"label": label, "value": numbers.dash(value), "hint": hint, "tone": tone, "url": url}


@register.inclusion_tag("ui/_empty.html")
def empty_state(title: Any, text: Any = "", url: str = "", label: Any = "") -> dict[str, Any]:
    return {"title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("ui/_chart.html")
def chart(option_id: str, height: int = 320, label: Any = "") -> dict[str, Any]:
    """A chart drawn from the option under `option_id` (see `json_script`)."""
    return {"option_id": option_id, "height": height, "label": label}


@register.inclusion_tag("ui/_process_map.html")
def process_map(data_id: str, height: int = 460) -> dict[str, Any]:
    """A process map drawn from the nodes and edges under `data_id` (see `ui.charts.process_map`)."""
    return {"data_id": data_id, "height": height}


@register.inclusion_tag("ui/_grid.html")
def grid(base_url: str) -> dict[str, Any]:
    """A form as an editable table over the addresses below `base_url`; one to a page."""
    return {"base_url": base_url, "words": grid_words.words(SOURCES)}


@register.inclusion_tag("ui/_field.html")
def field(bound: BoundField, size: str = "") -> dict[str, Any]:
    """Label, input, help and errors of one form field, tied together for screen readers."""
    widget = bound.field.widget
    check = isinstance(widget, CheckboxInput)
    many = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    kind = (
        "form-check-input"
        if check
        else "form-select"
        if isinstance(widget, Select)
        else "form-control"
    )
    attributes = dict(widget.attrs)
    if not many:
        extra = [kind, f"{kind}-{size}" if size else "", "is-invalid" if bound.errors else ""]
        attributes["class"] = " ".join(filter(None, [attributes.get("class", ""), *extra]))
    control = bound.as_widget(attrs=attributes)
    return {"field": bound, "control": control, "check": check, "many": many}


@register.inclusion_tag("ui/_pager.html", takes_context=True)
def pager(context: template.Context, page: Page[Any]) -> dict[str, Any]:
    """Links to the first and the next page, keeping the filters of the address."""
    query = context["request"].GET.copy()
    query.pop("after", None)
    first = query.urlencode()
    query["after"] = page.next
    return {"page": page, "first": first, "following": query.urlencode()}
