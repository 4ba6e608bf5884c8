"""Months, the cost tree, what people wrote about a line, and what later postings changed."""

from decimal import Decimal
from typing import Final, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.fen import to_fen
from opsloop.analysis.period import Period
from opsloop.analysis.price_quantity import Closing
from opsloop.analysis.variance import COST, Materiality
from opsloop.costs.source import ledgers_posting_to
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel, ScopedQuerySet

M = TypeVar("M", bound=models.Model)


class CompanyWideQuerySet(ScopedQuerySet[M]):
    """Words of the whole company, such as the cost tree: whoever sees costs sees them."""

    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        needed = permission or Permission.COST_VIEW
        seen = Q() if person.may(needed) else Q(pk__in=[])
        return self.within(seen, reason=f"company-wide: {needed}")


class CompanyWideModel(ScopedModel):
    scope_permission = Permission.COST_VIEW
    objects = CompanyWideQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        abstract = True


class Directness(models.TextChoices):
    DIRECT = "direct", _("Direct")
    INDIRECT = "indirect", _("Indirect")


class CostPeriodQuerySet(ScopedQuerySet[M]):
    """A month is seen by whoever reaches its ledger's department or one of its lines' (C-23)."""

    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        needed = permission or Permission.COST_VIEW
        if person.reach(needed) is None:
            return self.unscoped(f"company: {needed}")
        own = Q(ledger__department__in=person.departments_within(needed))
        return self.within(
            own | Q(ledger__in=ledgers_posting_to(person, needed)),
            reason=f"{needed} of {person.pk}",
        )


class CostCategory(CompanyWideModel):
    """A node of the cost tree. `path` is `/1/4/`: ids, so that a name never decides a sum."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("parent category"),
    )  # fmt: skip
    path = models.CharField(max_length=255, db_index=True, default="/", editable=False)
    directness = models.CharField(
        _("direct or indirect"), max_length=10,
        choices=Directness.choices, default=Directness.INDIRECT,
    )  # fmt: skip
    # −1: less is better (a cost); +1: more is better (income netted in the same form).
    polarity = models.SmallIntegerField(default=COST)

    class Meta:
        verbose_name = _("cost category")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=Q(polarity__in=(-1, 1)), name="polarity_has_a_sign")
        ]

    def __str__(self) -> str:
        return self.name


class CostItem(CompanyWideModel):
    """What is known about an item beyond its ledger name: its unit, and who answers per driver."""

    category = models.ForeignKey(CostCategory, models.PROTECT, related_name="items")
    name = models.CharField(_("name"), max_length=120)
    unit = models.CharField(_("unit of quantity"), max_length=20, blank=True)
    price_owner = models.ForeignKey(
        "org.Department", models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("answers for the price"),
    )  # fmt: skip
    quantity_owner = models.ForeignKey(
        "org.Department", models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("answers for the quantity"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("cost item")
        ordering = ["category", "name"]
        constraints = [
            models.UniqueConstraint(fields=["category", "name"], name="one_item_a_category")
        ]

    def __str__(self) -> str:
        return self.name


class PeriodState(models.TextChoices):
    COLLECTING = "collecting", _("Collecting")
    REVIEWED = "reviewed", _("Reviewed")
    LOCKED = "locked", _("Locked")


class CostPeriod(ScopedModel):
    """One month of one ledger against one budget.

    While collecting, the figures follow the data sets. From the review on, `ledger_batches` and
    `budget_batches` pin what was reviewed, so that the same report comes out at any later time.
    """

    scope_permission = Permission.COST_VIEW
    scope_department = "ledger__department"

    period_no = models.PositiveIntegerField(_("month"))  # yyyymm
    ledger = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, related_name="+", verbose_name=_("ledger")
    )
    budget = models.ForeignKey(
        "datasets.Dataset", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("budget"),
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=12, choices=PeriodState.choices, default=PeriodState.COLLECTING
    )
    ledger_batches = models.JSONField(default=list)
    budget_batches = models.JSONField(default=list)
    defined_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    defined_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("reviewer")
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)
    locked_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    locked_at = models.DateTimeField(_("locked at"), null=True)

    objects = CostPeriodQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        verbose_name = _("cost month")
        ordering = ["-period_no"]
        constraints = [
            models.UniqueConstraint(fields=["period_no", "ledger"], name="one_month_a_ledger"),
            models.CheckConstraint(
                condition=Q(period_no__gte=190_001, period_no__lte=299_912), name="a_real_month"
            ),
            models.CheckConstraint(
                condition=Q(state=PeriodState.COLLECTING) | Q(reviewed_by__isnull=False),
                name="a_review_has_its_reviewer",
            ),
            models.CheckConstraint(
                condition=~Q(state=PeriodState.LOCKED) | Q(locked_at__isnull=False),
                name="a_lock_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The month as `2024-06`."""
        return f"{self.period_no // 100:04d}-{self.period_no % 100:02d}"

    @property
    def period(self) -> Period:
        return Period.parse(self.key)

    @property
    def is_pinned(self) -> bool:
        return self.state != PeriodState.COLLECTING


class Controllable(models.TextChoices):
    YES = "yes", _("Controllable")
    NO = "no", _("Uncontrollable")
    PARTLY = "partly", _("Partly controllable")


class Lasting(models.TextChoices):
    PERMANENT = "permanent", _("Permanent")
    TIMING = "timing", _("Timing only")


class LineNote(models.Model):
    """What a person wrote about one line of the form; the figures stay where they are computed.

    The key is the ledger's own names, because a line exists as soon as it is posted.
    """

    period = models.ForeignKey(CostPeriod, models.CASCADE, related_name="notes")
    category = models.CharField(max_length=200, blank=True)
    item = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=200, blank=True)
    reason = models.TextField(_("cause analysis"), blank=True)
    controllable = models.CharField(
        _("controllable"), max_length=10, choices=Controllable.choices, blank=True
    )
    lasting = models.CharField(
        _("lasting or timing"), max_length=10, choices=Lasting.choices, blank=True
    )
    written_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = _("note on a cost line")
        constraints = [
            models.UniqueConstraint(
                fields=["period", "category", "item", "department"], name="one_note_a_line"
            )
        ]

    def __str__(self) -> str:
        return f"{self.period} · {self.item}"

    @property
    def line(self) -> tuple[str, str, str]:
        return self.category, self.item, self.department


class Restatement(models.Model):
    """Later postings of a locked month: the totals before and after, and both sets of batches."""

    period = models.ForeignKey(CostPeriod, models.PROTECT, related_name="restatements")
    actual_before = models.DecimalField(_("actual before"), max_digits=20, decimal_places=2)
    actual_after = models.DecimalField(_("actual after"), max_digits=20, decimal_places=2)
    base_before = models.DecimalField(_("budget before"), max_digits=20, decimal_places=2)
    base_after = models.DecimalField(_("budget after"), max_digits=20, decimal_places=2)
    ledger_batches_before = models.JSONField(default=list)
    budget_batches_before = models.JSONField(default=list)
    comment = models.TextField(_("comment"), blank=True)
    restated_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    restated_at = models.DateTimeField(_("restated at"))

    class Meta:
        verbose_name = _("restatement")
        ordering = ["-restated_at", "-id"]

    def __str__(self) -> str:
        return f"{self.period} · {self.restated_at:%Y-%m-%d}"


CLOSINGS: Final = (
    (Closing.SHOWN, _("Shown on its own")),
    (Closing.TO_PRICE, _("Counted as price")),
    (Closing.TO_QUANTITY, _("Counted as quantity")),
    (Closing.HALF, _("Half to each")),
    (Closing.LMDI, _("Logarithmic mean")),
)


class CostSettings(models.Model):
    """The company's one rule for what deserves a reason (one row)."""

    percent = models.DecimalField(
        _("threshold (%)"), max_digits=8, decimal_places=4, default=Decimal(10),
        help_text=_("A variance beyond this rate is marked; exactly this rate is not."),
    )  # fmt: skip
    floor_amount = models.DecimalField(
        _("and at least (yuan)"), max_digits=16, decimal_places=2, default=Decimal(0)
    )
    hard_amount = models.DecimalField(
        _("or at least (yuan)"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    closing = models.CharField(
        _("joint effect of price and quantity"), max_length=12,
        choices=CLOSINGS, default=Closing.SHOWN,
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("cost settings")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_cost_settings"),
            models.CheckConstraint(condition=Q(percent__gte=0), name="threshold_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"±{self.percent.normalize():f} %"

    @classmethod
    def current(cls) -> Self:
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def materiality(self) -> Materiality:
        hard = None if self.hard_amount is None else to_fen(self.hard_amount)
        return Materiality(self.percent, to_fen(self.floor_amount), hard)
