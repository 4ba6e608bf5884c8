"""A deviation: one number that left its base, who answers for it, and where it stands."""

from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from opsloop.analysis.period import Period
from opsloop.loop.models.keeping import Kept, StateIsMoved
from opsloop.loop.states import (
    CLOSED,
    GRAVE,
    LIVE,
    OPEN,
    BaseKind,
    Event,
    ObligationKind,
    Severity,
    State,
)
from opsloop.metrics.models import VIEWS
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedModel, ScopedQuerySet

# So many parts are asked one by one; more departments hold enough rows to be met by the way.
MOST_PARTS: Final = 8


def places(person: Person, *permissions: Permission) -> list[Q]:
    """Where the person holds all these permissions, as conditions that an index answers.

    One without a condition for the whole company, one each for a few departments; none for nowhere.
    """
    return _places(_reaches(person, *permissions))


def _reaches(person: Person, *permissions: Permission) -> frozenset[Q]:
    """The department filters all of which must hold; none for the whole company."""
    found = (person.reach(permission) for permission in permissions)
    return frozenset(reach for reach in found if reach is not None)


def _places(reaches: frozenset[Q]) -> list[Q]:
    if not reaches:
        return [Q()]
    reached = Department.objects.filter(*reaches).order_by("pk").values_list("pk", flat=True)
    departments = list(reached)
    if len(departments) > MOST_PARTS:
        return [Q(department__in=departments)]
    return [Q(department=department) for department in departments]


class DeviationQuerySet(Kept, ScopedQuerySet["Deviation"]):
    def update(self, **values: Any) -> int:
        if "state" in values:
            raise StateIsMoved("state")
        return super().update(**values)

    def move(self, **values: Any) -> int:
        """The transition function's own write; nobody else calls it."""
        return super().update(**values, version=F("version") + 1)

    def visible_to(self, person: Person, permission: Permission | None = None) -> Self:
        """In the person's reach by department, or theirs by name: owner, executor, supporter.

        The head of a department that carries out or supports a countermeasure sees it too.
        """
        needed = permission or Permission.DEVIATION_VIEW
        reason = f"{needed} of {person.pk}"
        parts = self.parts_visible_to(person, needed)
        return self.within(reduce(or_, parts), reason=reason) if parts else self.unscoped(reason)

    def parts_visible_to(self, person: Person, needed: Permission) -> list[Q]:
        """The parts of what is visible, each of which an index finds; none: everything is."""
        if all(person.reach(held) is None for held in (needed, *VIEWS)):
            return []
        # The number's own right counts too: a cost stays a cost in the loop.
        rights = {held: _reaches(person, needed, held) for held in VIEWS if person.may(held)}
        where = {reaches: _places(reaches) for reaches in set(rights.values())}
        by_place = [
            place & Q(view_permission=held)
            for held, reaches in rights.items()
            for place in where[reaches]
        ]
        headed = person.departments_within(Permission.DEVIATION_CONFIRM).values("pk")
        mine = Q(countermeasures__owner=person) | Q(countermeasures__supports__person=person)
        ours = Q(countermeasures__accountable_department__in=headed) | Q(
            countermeasures__supports__department__in=headed
        )
        # A sub-select, not a join: a deviation with ten countermeasures is still one row.
        by_work = Deviation.objects.unscoped("a part of the scope itself").filter(mine | ours)
        return [*by_place, Q(owner=person), Q(pk__in=by_work.values("pk"))]

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def settled_once(self) -> Self:
        """Archived or recorded at some time, whatever became of it since."""
        settled = Transition.objects.filter(target__in=(State.ARCHIVED, State.RECORDED_ONLY))
        return self.filter(pk__in=settled.values("deviation"))

    def recurred(self) -> Self:
        """Settled once, and came back: reopened by a new breach, or repeated by another (L-08)."""
        again = Transition.objects.filter(event=Event.RECUR)
        repeats = Deviation.objects.unscoped("narrows rows already scoped").filter(
            recurrence_of__isnull=False
        )
        came_back = Q(pk__in=again.values("deviation")) | Q(pk__in=repeats.values("recurrence_of"))
        return self.settled_once().filter(came_back)

    def overdue(self, today: date) -> Self:
        """Open with a live countermeasure past its due day."""
        late = Deviation.objects.unscoped("narrows rows already scoped").filter(
            countermeasures__status__in=LIVE, countermeasures__due_on__lt=today
        )
        return self.open().filter(pk__in=late.values("pk"))


class Deviation(Kept, ScopedModel):
    """One open row per metric × dimension × rule (L-01); later breaches append to it."""

    tool = models.CharField(_("tool"), max_length=20)
    metric = models.ForeignKey("metrics.Metric", models.PROTECT, related_name="+")
    metric_version = models.ForeignKey(
        "metrics.MetricVersion", models.PROTECT, related_name="+", verbose_name=_("metric")
    )
    # The metric's own right, which never changes: a list finds by it what its reader may see.
    view_permission = models.CharField(
        max_length=30, default=Permission.METRIC_VIEW, editable=False
    )
    dimension = models.CharField(max_length=200)
    dimension_label = models.CharField(_("object"), max_length=200)
    department = models.ForeignKey(
        "org.Department", models.PROTECT, related_name="+", verbose_name=_("department")
    )
    period = models.CharField(_("period"), max_length=10)
    period_kind = models.CharField(max_length=10)
    measured = models.DecimalField(_("measured"), max_digits=24, decimal_places=6)
    base = models.DecimalField(_("base"), max_digits=24, decimal_places=6)
    base_kind = models.CharField(_("kind of base"), max_length=20, choices=BaseKind.choices)
    exceedance = models.DecimalField(_("exceedance"), max_digits=24, decimal_places=6)
    money_effect = models.DecimalField(
        _("money effect (yuan)"), max_digits=24, decimal_places=2, null=True
    )
    rule = models.CharField(_("rule"), max_length=80)
    rule_version = models.PositiveIntegerField(default=1)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    state = models.CharField(
        _("state"), max_length=30, choices=State.choices, default=State.RAISED, editable=False
    )
    owner = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("owner")
    )
    round = models.PositiveIntegerField(_("round"), default=1)
    reopen_count = models.PositiveIntegerField(_("times reopened"), default=0)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    recurrence_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="recurrences")
    verdict = models.OneToOneField(
        "loop.Verification", models.PROTECT, null=True, related_name="archives"
    )
    no_countermeasure = models.OneToOneField(
        "loop.NoCountermeasure", models.PROTECT, null=True, related_name="archives"
    )
    raised_at = models.DateTimeField(_("raised at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    # When the schedule last looked for a verdict: bookkeeping, so it leaves no audit line.
    looked_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    scope_permission: ClassVar[Permission] = Permission.DEVIATION_VIEW
    objects = DeviationQuerySet.as_manager()  # type: ignore[misc]  # replaces the abstract one

    class Meta:
        verbose_name = _("deviation")
        ordering = ["-raised_at", "-id"]
        indexes = [
            models.Index(fields=["department", "state", "id"]),
            models.Index(fields=["state", "id"]),
            models.Index(fields=["department", "view_permission", "-raised_at", "-id"]),
            models.Index(fields=["owner", "-raised_at", "-id"]),
            models.Index(fields=["tool", "dimension"]),
            models.Index(fields=["-raised_at", "-id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "dimension", "rule"], condition=Q(state__in=OPEN),
                name="one_open_deviation_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="deviation_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="deviation_severity_is_known"
            ),
            # Law 4: archived only by a verdict or an approved reference to no countermeasure.
            models.CheckConstraint(
                condition=~Q(state=State.ARCHIVED)
                | Q(verdict__isnull=False)
                | Q(no_countermeasure__isnull=False),
                name="archived_only_on_proof",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.RECORDED_ONLY) | Q(no_countermeasure__isnull=False),
                name="recorded_only_on_approval",
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | (~Q(state=State.MERGED) & Q(merged_into__isnull=True)),
                name="merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(state__in=CLOSED, closed_at__isnull=False)
                | Q(state__in=OPEN, closed_at__isnull=True),
                name="closed_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state=State.RAISED) | Q(owner__isnull=False)
                | Q(state__in=(State.DISMISSED, State.MERGED)),
                name="one_owner_from_confirmation_on",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.title} · {self.period}"

    @property
    def title(self) -> str:
        """Metric and object; what both name, such as the process, is said once."""
        said = str(self.metric).split(" · ")
        own = (part for part in self.dimension_label.split(" · ") if part not in said)
        return " · ".join([*said, *own])

    def save(self, *args: Any, **kwargs: Any) -> None:
        kept = Deviation.objects.unscoped("its own row").filter(pk=self.pk).values_list("state")
        stored = kept.first() if self.pk else None
        if self.state != (stored[0] if stored else State.RAISED):
            raise StateIsMoved(self.state)
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_grave(self) -> bool:
        return self.severity in GRAVE

    @property
    def unit(self) -> str:
        return str(self.metric_version.unit)

    @cached_property
    def raising_period(self) -> Period:
        """The period of the breach that raised this round's deviation."""
        return Period.parse(self.period)

    def age(self, today: date) -> timedelta:
        """Days from raising to closing, or to today while open."""
        last = self.closed_at.date() if self.closed_at else today
        return last - self.raised_at.date()


class Breach(models.Model):
    """One period in which the rule was broken: the first raised the deviation, later ones append."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="breaches")
    metric_version = models.ForeignKey("metrics.MetricVersion", models.PROTECT, related_name="+")
    period = models.CharField(_("period"), max_length=10)
    measured = models.DecimalField(_("measured"), max_digits=24, decimal_places=6)
    base = models.DecimalField(_("base"), max_digits=24, decimal_places=6)
    exceedance = models.DecimalField(_("exceedance"), max_digits=24, decimal_places=6)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    found_at = models.DateTimeField(_("found at"))

    class Meta:
        verbose_name = _("breach")
        ordering = ["period", "id"]
        constraints = [
            models.UniqueConstraint(fields=["deviation", "period"], name="one_breach_a_period")
        ]

    def __str__(self) -> str:
        return f"{self.period}: {self.measured}"


class Evidence(models.Model):
    """A reference to rows of one import batch; the rows themselves stay in the facts (L-11)."""

    breach = models.ForeignKey(Breach, models.PROTECT, related_name="evidence")
    batch_id = models.BigIntegerField(_("import batch"))
    rows = models.JSONField(_("rows"), default=list)
    total = models.PositiveIntegerField(_("number of rows"))

    class Meta:
        verbose_name = _("evidence")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.total}"


class Transition(models.Model):
    """One move of a deviation: the row of the table, who made it, when, and what they said."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="transitions")
    event = models.CharField(_("event"), max_length=20, choices=Event.choices)
    source = models.CharField(max_length=30, choices=State.choices, blank=True)
    target = models.CharField(max_length=30, choices=State.choices)
    actor = models.ForeignKey(
        "org.Person", models.PROTECT, null=True, related_name="+", verbose_name=_("person")
    )
    at = models.DateTimeField(_("time"))
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("transition")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class NoCountermeasure(models.Model):
    """The request to leave a deviation without countermeasure, and its approval (L-04)."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="no_countermeasures")
    round = models.PositiveIntegerField()
    reason = models.TextField(_("reason"))
    asked_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("no countermeasure")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                name="nobody_approves_their_own_request",
            ),
            models.UniqueConstraint(
                fields=["deviation", "round"], name="one_no_countermeasure_a_round"
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Obligation(models.Model):
    """What a grade demands before closing: evidenced, or waived with an approval."""

    deviation = models.ForeignKey(Deviation, models.PROTECT, related_name="obligations")
    kind = models.CharField(_("kind"), max_length=30, choices=ObligationKind.choices)
    required_by_severity = models.CharField(max_length=10, choices=Severity.choices)
    due_on = models.DateField(_("due on"), null=True)
    evidence = models.TextField(_("evidence"), blank=True)
    evidenced_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    evidenced_at = models.DateTimeField(null=True)
    waiver = models.TextField(_("reason for the waiver"), blank=True)
    waived_by = models.ForeignKey("org.Person", models.PROTECT, null=True, related_name="+")
    waived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("obligation")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["deviation", "kind"], name="one_obligation_a_kind")
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def is_met(self) -> bool:
        return self.evidenced_at is not None or self.waived_at is not None
