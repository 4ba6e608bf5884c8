"""Numbers in their units and verdicts in words, for pages, charts and files alike."""

from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opsloop.loop.models import Verification
from opsloop.loop.states import Severity, State
from opsloop.ui import numbers
from opsloop.ui.templatetags.ui import badge

REASONS: Final[dict[str, Promise]] = {
    "target_reached": gettext_lazy("The target is reached and the change is more than chance."),
    "short_of_target": gettext_lazy("The change is proven but falls short of the target."),
    "too_small_to_matter": gettext_lazy("The change is proven but too small to matter."),
    "no_effect": gettext_lazy("There were enough records, and no effect shows."),
    "worse": gettext_lazy("The number became worse, by more than chance."),
    "too_few": gettext_lazy("Too few records to tell an effect from chance."),
    "not_significant": gettext_lazy("The averages moved, but chance alone could do that."),
    "no_records": gettext_lazy("One of the two windows holds no records."),
    "window_open": gettext_lazy("The result window is not over yet."),
    "records_missing": gettext_lazy("Records of the result window have not been imported yet."),
}
TESTS: Final[dict[str, Promise]] = {
    "fisher_exact": gettext_lazy("Fisher's exact test"),
    "two_proportion": gettext_lazy("two-proportion test"),
    "mann_whitney": gettext_lazy("Mann–Whitney test"),
    "bootstrap": gettext_lazy("bootstrap"),
    "poisson_rate_ratio": gettext_lazy("exact Poisson rate ratio"),
    "xmr_shift": gettext_lazy("XmR chart"),
    "segmented_regression": gettext_lazy("segmented regression"),
    "difference_in_differences": gettext_lazy("difference in differences"),
}


TONES: Final = {
    Severity.MINOR: "neutral", Severity.MODERATE: "info", Severity.MAJOR: "warn",
    Severity.CRITICAL: "bad",
}  # fmt: skip
STATE_TONES: Final = {
    State.ARCHIVED: "good", State.DISMISSED: "neutral", State.MERGED: "neutral",
    State.RECORDED_ONLY: "neutral", State.RAISED: "warn", State.PENDING_CONFIRMATION: "warn",
}  # fmt: skip


def severity_badge(value: str) -> SafeString:
    """The grade as a word with its colour."""
    grade = Severity(value)
    return badge(grade.label, TONES[grade])


def state_badge(value: str) -> SafeString:
    """Where it stands as a word with its colour."""
    found = State(value)
    return badge(found.label, STATE_TONES.get(found, "info"))


def reason_text(verdict: Verification) -> str:
    """Why the verdict is what it is, in one sentence."""
    return str(REASONS.get(verdict.reason, verdict.reason))


def in_unit(value: Any, unit: str, *, is_change: bool = False) -> str:
    """A number of a metric in its unit; the change of a rate is in percentage points."""
    if value is None:
        return numbers.DASH
    if unit == "rate":
        return numbers.points(value) if is_change else numbers.percent(value)
    sign = "+" if is_change and value > 0 else ""
    if unit == "hours":
        return sign + numbers.hours(value)
    if unit == "yuan":
        return sign + numbers.money(value)
    text = f"{Decimal(str(value)):,.2f}".rstrip("0").rstrip(".")
    return sign + (text if unit in ("count", "") else f"{text} {unit_label(unit)}")


def unit_label(unit: str) -> str:
    """The word of a unit code, as charts and headings write it."""
    words = {"rate": "%", "hours": _("hours"), "yuan": _("yuan"), "count": "", "days": _("days"),
             "points": _("points")}  # fmt: skip
    return words.get(unit, unit)


def on_scale(value: float | None, scale: str, unit: str) -> str:
    """A change as the verdict's scale says it."""
    if value is None:
        return numbers.DASH
    if scale == "ratio":
        return f"× {value:.2f}"
    return in_unit(value, "yuan" if scale == "yuan" else unit, is_change=True)


def window(first: str, last: str) -> str:
    """A window by the keys of its first and last period; one period is named once."""
    return first if first == last else f"{first} – {last}"
