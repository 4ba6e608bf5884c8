"""The company's cost tree, its items, and what drives each of them."""

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.accumulation import Accumulation
from opsloop.analysis.variance import COST
from opsloop.costs.models.scope import CompanyWideModel, month_key, shown


class Directness(models.TextChoices):
    DIRECT = "direct", _("Direct")
    INDIRECT = "indirect", _("Indirect")


class CostCategory(CompanyWideModel):
    """A node of the cost tree; `CategoryLink` says what lies below what, names never do."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("parent category"),
    )  # fmt: skip
    directness = models.CharField(
        _("direct or indirect"), max_length=10,
        choices=Directness.choices, default=Directness.INDIRECT,
    )  # fmt: skip
    # −1: less is better (a cost); +1: more is better (income netted in the same form).
    polarity = models.SmallIntegerField(default=COST)

    class Meta:
        verbose_name = _("cost category")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(polarity__in=(-1, 1)), name="polarity_has_a_sign")
        ]

    def __str__(self) -> str:
        return self.name


class CategoryLink(models.Model):
    """The closure of the tree: every category below every one above it, itself at depth 0."""

    ancestor = models.ForeignKey(CostCategory, models.CASCADE, related_name="links_down")
    descendant = models.ForeignKey(CostCategory, models.CASCADE, related_name="links_up")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("place in the cost tree")
        constraints = [
            models.UniqueConstraint(fields=["ancestor", "descendant"], name="one_link_a_pair"),
            models.CheckConstraint(
                condition=(Q(depth=0) & Q(ancestor=F("descendant")))
                | (Q(depth__gt=0) & ~Q(ancestor=F("descendant"))),
                name="only_itself_at_depth_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ancestor} > {self.descendant}"


class Activity(CompanyWideModel):
    """What a variable cost follows: output, sales, headcount; planned and real month by month."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("activity")
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name


class ActivityValue(models.Model):
    """How much was planned and how much there was in one month (yyyymm)."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="values")
    period_no = models.PositiveIntegerField(_("month"))
    planned = models.DecimalField(_("planned"), max_digits=20, decimal_places=4)
    actual = models.DecimalField(_("actual"), max_digits=20, decimal_places=4, null=True)

    class Meta:
        verbose_name = _("value of an activity")
        ordering = ["-period_no"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "period_no"], name="one_value_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.period_no}"

    @property
    def key(self) -> str:
        """The month as `2024-06`."""
        return month_key(self.period_no)

    @property
    def planned_text(self) -> str:
        return shown(self.planned)

    @property
    def actual_text(self) -> str:
        return "" if self.actual is None else shown(self.actual)


class Behaviour(models.TextChoices):
    FIXED = "fixed", _("Fixed")
    VARIABLE = "variable", _("Variable")
    MIXED = "mixed", _("Mixed")


class BaseKind(models.TextChoices):
    BUDGET = "budget", _("Budget")
    PRIOR_YEAR = "prior_year", _("Same period last year")
    FORECAST = "forecast", _("Forecast")


ACCUMULATIONS: Final = (
    (Accumulation.SUM, _("Added up")),
    (Accumulation.AVERAGE, _("Averaged over the days")),
)
# An item counted in one of these is a percentage: compared in points, averaged, in no sum (C-35).
PERCENT: Final = ("%", "\uff05")


class CostItem(CompanyWideModel):
    """What is known about an item beyond its ledger name: its unit, behaviour and usual base."""

    category = models.ForeignKey(CostCategory, models.PROTECT, related_name="items")
    name = models.CharField(_("name"), max_length=120)
    unit = models.CharField(
        _("unit of quantity"), max_length=20, blank=True,
        help_text=_("Write % for a rate: it is compared in percentage points and in no total."),
    )  # fmt: skip
    accumulation = models.CharField(
        _("quarter and year"), max_length=8, choices=ACCUMULATIONS, default=Accumulation.SUM,
        help_text=_("Spending adds up; headcount, stock and unit rates are averaged by days."),
    )  # fmt: skip
    rolls_over = models.BooleanField(
        _("unused budget rolls into the next month"), default=False,
        help_text=_("Within the year, and unused budget only: overspending is not taken off."),
    )  # fmt: skip
    behaviour = models.CharField(
        _("behaviour"), max_length=10, choices=Behaviour.choices, default=Behaviour.FIXED
    )
    activity = models.ForeignKey(
        Activity, models.SET_NULL, null=True, blank=True, related_name="items",
        verbose_name=_("follows the activity"),
    )  # fmt: skip
    fixed_percent = models.DecimalField(
        _("fixed part of the budget (%)"), max_digits=7, decimal_places=4, default=0
    )
    base_kind = models.CharField(
        _("compared with"), max_length=12, choices=BaseKind.choices, blank=True
    )

    class Meta:
        verbose_name = _("cost item")
        ordering = ["category", "name"]
        constraints = [
            models.UniqueConstraint(fields=["category", "name"], name="one_item_a_category"),
            models.CheckConstraint(
                condition=Q(fixed_percent__gte=0, fixed_percent__lte=100),
                name="a_fixed_part_is_a_part",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Driver(models.TextChoices):
    PRICE = "price", _("Unit price")
    QUANTITY = "quantity", _("Quantity")
    OUTPUT = "output", _("Units made")
    USAGE = "usage", _("Net usage a piece")
    LOSS_RATE = "loss_rate", _("Loss rate (%)")
    WAGE_RATE = "wage_rate", _("Wage rate (yuan an hour)")
    HOURS = "hours", _("Hours worked")


# The ledger itself carries price and quantity; the others are reported month by month.
MATERIAL: Final = (Driver.OUTPUT, Driver.USAGE, Driver.LOSS_RATE, Driver.PRICE)
LABOUR: Final = (Driver.WAGE_RATE, Driver.HOURS)


class Controllable(models.TextChoices):
    YES = "yes", _("Controllable")
    NO = "no", _("Uncontrollable")
    PARTLY = "partly", _("Partly controllable")


class ItemDriver(models.Model):
    """Who answers for one driver of an item, and whether anybody can control it (C-53)."""

    item = models.ForeignKey(CostItem, models.CASCADE, related_name="drivers")
    driver = models.CharField(_("driver"), max_length=10, choices=Driver.choices)
    owner = models.ForeignKey(
        "org.Department", models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("answers for it"),
    )  # fmt: skip
    controllable = models.CharField(
        _("controllable"), max_length=10, choices=Controllable.choices, blank=True
    )

    class Meta:
        verbose_name = _("driver of an item")
        constraints = [models.UniqueConstraint(fields=["item", "driver"], name="one_row_a_driver")]

    def __str__(self) -> str:
        return f"{self.item} · {self.get_driver_display()}"


class DriverValue(models.Model):
    """Planned and real value of a driver in one month (yyyymm); a rate is in per cent."""

    item = models.ForeignKey(CostItem, models.CASCADE, related_name="values")
    department = models.CharField(_("department"), max_length=200, blank=True)
    driver = models.CharField(_("driver"), max_length=10, choices=Driver.choices)
    period_no = models.PositiveIntegerField(_("month"))
    planned = models.DecimalField(_("planned"), max_digits=20, decimal_places=6)
    actual = models.DecimalField(_("actual"), max_digits=20, decimal_places=6)

    class Meta:
        verbose_name = _("value of a driver")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "department", "driver", "period_no"], name="one_value_a_driver"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} · {self.driver} · {self.period_no}"
