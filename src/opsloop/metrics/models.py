"""One definition per number, its versions, and the values measured by each version."""

from decimal import Decimal
from typing import Any, Final, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import KINDS, Period
from opsloop.metrics.rules import Comparison, Rule
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel, ScopedQuerySet

DEFAULT_LIMIT: Final = ""
# Rights that open numbers; a source names one of them.
VIEWS: Final = (Permission.METRIC_VIEW, Permission.PROCESS_VIEW, Permission.COST_VIEW)


class Better(models.TextChoices):
    HIGHER = "higher", _("Higher is better")
    LOWER = "lower", _("Lower is better")
    BAND = "band", _("Within a band")


class Additivity(models.TextChoices):
    FLOW = "flow", _("Flow (sums over time)")
    STOCK = "stock", _("Stock (at the end of the period)")
    AVERAGE = "average", _("Average")
    RATIO = "ratio", _("Ratio")
    DISTINCT = "distinct", _("Distinct count")
    EXTERNAL = "external", _("Given from outside")


class CalendarBasis(models.TextChoices):
    NATURAL = "natural", _("Natural time")
    WORKING = "working", _("Working time")


class PointState(models.TextChoices):
    PROVISIONAL = "provisional", _("Provisional")
    REVIEWED = "reviewed", _("Reviewed")
    LOCKED = "locked", _("Locked")


PERIOD_KINDS: Final = list(
    zip(KINDS, (_("Day"), _("Week"), _("Month"), _("Quarter"), _("Year")), strict=True)
)


def seen_with(person: Person, permission: str, department: str) -> Q:
    """Rows whose `permission` this person holds for their `department` (both lookup paths).

    The same number needs the same right at every door: a cost stays a cost in the metric list.
    """
    seen = Q(pk__in=[])
    for held in VIEWS:
        if person.reach(held) is None:
            seen |= Q(**{permission: held})
        elif person.may(held):
            within = person.departments_within(held)
            seen |= Q(**{permission: held, f"{department}__in": within})
    return seen


class MetricQuerySet(ScopedQuerySet["Metric"]):
    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        """Metrics of the departments reached; a company's definition (no department) is for all."""
        del permission
        shared = Q(department=None, view_permission__in=[v for v in VIEWS if person.may(v)])
        seen = seen_with(person, "view_permission", "department") | shared
        return self.within(seen, reason=f"metrics of {person.pk}")


class Metric(ScopedModel):
    """A number with one meaning. What exactly it counts is said by its versions.

    Without a department the definition belongs to the company; its values are scoped on their own.
    """

    scope_permission = Permission.METRIC_VIEW

    name = models.CharField(_("name"), max_length=120)
    tool = models.CharField(_("tool"), max_length=20)
    source = models.CharField(_("source"), max_length=80)
    view_permission = models.CharField(max_length=30, default=Permission.METRIC_VIEW)
    department = models.ForeignKey(
        "org.Department", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("department"),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("owner"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"))

    objects = MetricQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        verbose_name = _("metric")
        ordering = ["tool", "name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> "MetricVersion":
        """The version new values are made with."""
        return self.versions.order_by("-number")[0]


class MetricVersion(ScopedModel):
    """What the number counts, from when on. Never changed: a change is the next version.

    `limits` holds thresholds as decimal text by dimension key; the empty key is the default.
    """

    scope_permission = Permission.METRIC_VIEW
    scope_department = "metric__department"

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"), default=dict, encoder=DjangoJSONEncoder)
    unit = models.CharField(_("unit"), max_length=20)
    better = models.CharField(_("direction"), max_length=10, choices=Better.choices)
    additivity = models.CharField(_("additivity"), max_length=10, choices=Additivity.choices)
    period_kind = models.CharField(_("period"), max_length=10, choices=PERIOD_KINDS)
    calendar_basis = models.CharField(
        _("durations count"), max_length=10,
        choices=CalendarBasis.choices, default=CalendarBasis.NATURAL,
    )  # fmt: skip
    target = models.DecimalField(
        _("target"), max_digits=24, decimal_places=6, null=True, blank=True
    )
    band_low = models.DecimalField(
        _("band from"), max_digits=24, decimal_places=6, null=True, blank=True
    )
    band_high = models.DecimalField(
        _("band to"), max_digits=24, decimal_places=6, null=True, blank=True
    )
    comparison = models.CharField(
        _("deviates when"), max_length=10, choices=Comparison.choices, blank=True
    )
    limits = models.JSONField(_("limits"), default=dict)
    consecutive = models.PositiveIntegerField(_("periods in a row"), default=1)
    reason = models.TextField(_("reason of the change"), blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("in force since"))

    class Meta:
        verbose_name = _("metric version")
        ordering = ["metric", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "number"], name="one_version_a_number"),
            models.CheckConstraint(
                condition=~Q(better=Better.BAND) | Q(band_low__lt=F("band_high")),
                name="a_band_has_two_ends",
            ),
            models.CheckConstraint(condition=Q(consecutive__gte=1), name="a_rule_counts_from_one"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.metric} v{self.number}"

    @property
    def band(self) -> tuple[Decimal, Decimal] | None:
        if self.band_low is None or self.band_high is None:
            return None
        return self.band_low, self.band_high

    def rule_for(self, dimension: str) -> Rule | None:
        """The deviation rule of one dimension: its own limit, else the default, else none."""
        limit = self.limits.get(dimension, self.limits.get(DEFAULT_LIMIT))
        if limit is None or not self.comparison:
            return None
        return Rule(Comparison(self.comparison), Decimal(limit), self.consecutive, self.number)

    def content(self) -> dict[str, Any]:
        """What this version says, by field: compared and shown from one version to the next."""
        return {name: getattr(self, name) for name in CONTENT}


CONTENT: Final = (
    "definition", "unit", "better", "additivity", "period_kind", "calendar_basis",
    "target", "band_low", "band_high", "comparison", "limits", "consecutive",
)  # fmt: skip


class PointQuerySet(ScopedQuerySet["MetricPoint"]):
    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        """Values of the departments this person reaches with the right their metric asks for."""
        del permission
        seen = seen_with(person, "version__metric__view_permission", "department")
        return self.within(seen, reason=f"points of {person.pk}")

    def current(self) -> Self:
        """Without values that a later measurement replaced."""
        return self.filter(is_current=True)


class MetricPoint(ScopedModel):
    """The value one version gave for one dimension in one period, as known at `as_of`.

    A later as-of makes a new row and keeps the old one: what was once reported stays to be seen.
    """

    scope_permission = Permission.METRIC_VIEW

    version = models.ForeignKey(MetricVersion, models.PROTECT, related_name="points")
    dimension = models.CharField(max_length=200, blank=True)
    dimension_label = models.CharField(_("object"), max_length=200, blank=True)
    department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+", verbose_name=_("department")
    )
    period_key = models.CharField(_("period"), max_length=10)
    period_start = models.DateField()
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=6, null=True)
    numerator = models.DecimalField(_("numerator"), max_digits=24, decimal_places=6, null=True)
    denominator = models.DecimalField(_("denominator"), max_digits=24, decimal_places=6, null=True)
    n = models.PositiveBigIntegerField(_("n"), default=0)
    as_of = models.DateTimeField(_("as of"))
    batch_ids = models.JSONField(default=list)
    state = models.CharField(
        _("state"), max_length=12, choices=PointState.choices, default=PointState.PROVISIONAL
    )
    restates = models.ForeignKey("self", models.PROTECT, null=True, related_name="restated_by")
    is_current = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1)

    objects = PointQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        verbose_name = _("metric value")
        ordering = ["-period_start", "-id"]
        indexes = [models.Index(fields=["version", "dimension", "period_start"])]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "dimension", "department", "period_key"],
                condition=Q(is_current=True), name="one_current_value_a_period",
            ),
            models.CheckConstraint(
                condition=Q(is_current=True) | Q(state=PointState.PROVISIONAL),
                name="only_provisional_values_are_restated",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.version} · {self.dimension_label or self.dimension} · {self.period_key}"

    @property
    def period(self) -> Period:
        return Period.parse(self.period_key)
