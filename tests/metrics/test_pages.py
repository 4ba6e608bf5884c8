"""The metric pages: scope, lineage, versions, and how they look."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from opsloop.analysis.period import Period
from opsloop.metrics import actions, queries
from opsloop.metrics.actions import Dimension
from opsloop.metrics.models import Metric, MetricPoint
from opsloop.org.models import RoleAssignment
from tests.datasets.conftest import LOG, bring, create
from tests.metrics.sources import RECORDS

FIRST = Period.parse("2023-06")


@pytest.fixture
def trend(return_rate, approval, now) -> list[MetricPoint]:
    """Twelve months of the approval step; the last one leaves its natural limits."""
    shares = [80, 90, 75, 85, 95, 80, 70, 90, 85, 80, 90, 180]
    RECORDS[7] = {
        FIRST.shift(place).key: {"审批": (share, 1000, 1, 2)} for place, share in enumerate(shares)
    }
    points = []
    for place in range(len(shares)):
        points += actions.measure_period(
            version=return_rate, period=FIRST.shift(place), dimensions=[approval], by=None, now=now
        )
    return points


def test_the_list_shows_ones_own_departments_metrics(return_rate, cast, client_for):
    for person, seen in [(cast.employee, True), (cast.executive, True), (cast.outsider, False)]:
        page = client_for(person).get(reverse("metrics:list"))
        assert (page.status_code, "退回率" in page.text) == (200, seen)


def test_a_cost_stays_a_cost_in_the_metric_list(cast, client_for, now):
    actions.define(source="test.cost", name="差旅费", definition={}, period_kind="month",
                   department=cast.purchasing, by=None, now=now)  # fmt: skip
    assert "差旅费" in client_for(cast.department_head).get(reverse("metrics:list")).text
    assert "差旅费" not in client_for(cast.employee).get(reverse("metrics:list")).text


def test_a_company_definition_is_for_all_but_its_values_are_not(cast, client_for, now):
    version = actions.define(
        source="test.return_rate", name="公司退回率", definition={}, period_kind="month",
        department=None, by=None, now=now,
    )  # fmt: skip
    RECORDS[7] = {"2024-05": {"a": (1, 4, 0, 1), "b": (1, 2, 0, 1)}}
    actions.measure_period(
        version=version, period=Period.parse("2024-05"), by=None, now=now,
        dimensions=[Dimension("a", "采购审批", cast.purchasing), Dimension("b", "销售审批", cast.sales)],
    )  # fmt: skip
    page = client_for(cast.outsider).get(reverse("metrics:detail", args=[version.metric_id])).text
    assert "销售审批" in page
    assert "采购审批" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=退回", True), ("q=采购", True), ("q=x", False), ("tool=costs", False), ("tool=processes", True),
     ("mine=1", False), ("tool=%00&q=%00", True)],
)  # fmt: skip
def test_the_list_is_filtered(return_rate, cast, client_for, query, found):
    page = client_for(cast.operations_manager).get(f"{reverse('metrics:list')}?{query}")
    assert (page.status_code, 'href="/metrics/' + str(return_rate.metric_id) in page.text) == (
        200,
        found,
    )


def test_the_list_says_what_each_metric_said_last(trend, return_rate, cast, client_for, now):
    page = client_for(cast.employee).get(reverse("metrics:list")).text
    assert "2024-05" in page
    assert "18.0%" in page
    RECORDS[7]["2024-05"] |= {"领料": (1, 4, 0, 1)}
    actions.measure_period(
        version=return_rate, period=FIRST.shift(11), by=None, now=now,
        dimensions=[Dimension("领料", "领料", cast.purchasing)],
    )  # fmt: skip
    assert "2 个对象" in client_for(cast.employee).get(reverse("metrics:list")).text


def test_the_page_shows_trend_limit_signal_and_breach_apart(trend, cast, return_rate, client_for):
    page = (
        client_for(cast.employee).get(reverse("metrics:detail", args=[return_rate.metric_id])).text
    )
    assert page.count("超限") == 1
    assert page.count(">信号") == 1
    assert "18.0%" in page
    assert "新版本" not in page
    shown = queries.series(cast.employee, return_rate, "审批")
    assert [breach.period.key for breach in shown.exceedances] == ["2024-05"]
    assert [signal.index for signal in shown.signals] == [11]


@pytest.mark.parametrize(
    "query", ["object=其他", "version=9", "version=0", "version=x", "version=99999999999"]
)
def test_what_is_not_there_is_not_found(trend, return_rate, cast, client_for, query):
    url = reverse("metrics:detail", args=[return_rate.metric_id])
    assert client_for(cast.employee).get(f"{url}?{query}").status_code == 404


def test_outside_the_scope_there_is_nothing(trend, return_rate, cast, client_for):
    client = client_for(cast.outsider)
    for name, pk in [
        ("detail", return_rate.metric_id),
        ("point", trend[0].pk),
    ]:
        assert client.get(reverse(f"metrics:{name}", args=[pk])).status_code == 404


def test_an_earlier_version_keeps_its_values_and_says_what_changed(
    trend, return_rate, cast, client_for, now
):
    actions.revise(metric=return_rate.metric, changes={"consecutive": 2, "target": Decimal("0.05")},
                   reason="连续两期才算", by=cast.department_head, now=now)  # fmt: skip
    url = reverse("metrics:detail", args=[return_rate.metric_id])
    page = client_for(cast.employee).get(url).text
    assert "尚未计算" in page
    assert "连续期数: <del>1</del> → <ins>2</ins>" in page
    assert "18.0%" in client_for(cast.employee).get(url + "?version=1").text


def test_a_number_opens_to_definition_period_batches_and_rows(trend, cast, client_for):
    page = (
        client_for(cast.operations_manager).get(reverse("metrics:point", args=[trend[-1].pk])).text
    )
    assert "不在您部门范围内的批次" in page  # batch 7 is known to no data set here
    assert "用同样的批次重算：一致" in page
    assert "2024-05" in page
    assert "9.0%" in page  # the month before
    assert "+9.0" in page


def test_history_shows_what_was_reported_before(trend, cast, client_for, approval, now):
    RECORDS[8] = {"2024-05": {"审批": (20, 1000, 0, 1)}}
    (again,) = actions.measure_period(
        version=trend[-1].version, period=trend[-1].period, dimensions=[approval], by=None,
        now=now + timedelta(days=2),
    )  # fmt: skip
    page = client_for(cast.employee).get(reverse("metrics:point", args=[again.pk])).text
    assert "10.0%" in page
    assert "18.0%" in page
    old = client_for(cast.employee).get(reverse("metrics:point", args=[trend[-1].pk])).text
    assert "该值后来已重算" in old


def form(**given: str) -> dict[str, str]:
    return {"basis": "decision", "comparison": "over", "limit": "0.2", "consecutive": "1",
            "calendar_basis": "natural", "reason": "调整", "expected": "1", **given}  # fmt: skip


def test_a_revision_through_the_page(return_rate, cast, client_for):
    client = client_for(cast.operations_manager)
    url = reverse("metrics:revise", args=[return_rate.metric_id])
    assert "计数方式" in client.get(url).text
    assert client.post(url, form(basis="case")).status_code == 302
    metric = Metric.objects.unscoped("the test looks").get()
    assert metric.current.definition == {"basis": "case"}
    assert metric.current.limits == {"": "0.2", "审批": "0.1"}
    assert "更新的版本" in client.post(url, form(limit="0.3")).text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limit": "0.15"}, "内容相同"), ({"comparison": ""}, "限值与条件须同时填写"),
        ({"consecutive": "0"}, "is-invalid"), ({"reason": ""}, "is-invalid"),
        ({"limit": "1e40"}, "is-invalid"), ({"basis": "other"}, "is-invalid"),
    ],
)  # fmt: skip
def test_a_revision_that_says_nothing_new_or_nonsense_is_shown_again(
    return_rate, cast, client_for, given, said
):
    url = reverse("metrics:revise", args=[return_rate.metric_id])
    page = client_for(cast.operations_manager).post(url, form(**given))
    assert (page.status_code, said in page.text) == (200, True)
    assert return_rate.metric.current.number == 1


def test_without_the_right_the_function_is_missing(return_rate, cast, client_for):
    url = reverse("metrics:revise", args=[return_rate.metric_id])
    for person in (cast.employee, cast.department_head):
        client = client_for(person)
        assert (client.get(url).status_code, client.post(url, form()).status_code) == (403, 403)


def test_a_company_definition_is_not_revised_by_the_manager_of_one_department(
    cast, client_for, now
):
    version = actions.define(
        source="test.return_rate", name="公司退回率", definition={}, period_kind="month",
        department=None, by=None, now=now,
    )  # fmt: skip
    RoleAssignment.objects.update_or_create(
        person=cast.operations_manager, defaults={"department": cast.purchasing}
    )
    url = reverse("metrics:revise", args=[version.metric_id])
    assert client_for(cast.operations_manager).get(url).status_code == 403


def test_a_metric_whose_tool_is_gone_can_still_be_read(trend, return_rate, cast, client_for):
    Metric.objects.unscoped("the tool was removed").update(source="gone.rate")
    client = client_for(cast.operations_manager)
    for name, pk in [("detail", return_rate.metric_id), ("point", trend[0].pk)]:
        assert client.get(reverse(f"metrics:{name}", args=[pk])).status_code == 200
    assert client.get(reverse("metrics:revise", args=[return_rate.metric_id])).status_code == 403


@pytest.mark.parametrize(
    ("unit", "text"), [("hours", "1.5 小时"), ("yuan", "1.50"), ("分", "1.5 分")]
)
def test_a_value_reads_in_its_unit(unit, text):
    assert queries.shown(Decimal("1.5"), unit) == text
    assert queries.shown(None, unit) == queries.changed(None, unit) == "—"
    assert queries.changed(Decimal("1.5"), unit) == f"+{text}"


def test_a_change_reads_in_words(return_rate, cast, client_for, now):
    changes = {
        "definition": {"basis": "case"},
        "comparison": "at_least",
        "limits": {"": Decimal(100)},
    }
    actions.revise(metric=return_rate.metric, changes=changes, reason="", by=None, now=now)
    page = (
        client_for(cast.employee).get(reverse("metrics:detail", args=[return_rate.metric_id])).text
    )
    assert "<del>计数方式: 每次审批</del> → <ins>计数方式: 每件</ins>" in page
    assert "<del>超过（不含限值）</del> → <ins>达到或超过（含限值）</ins>" in page
    assert "<del>0.15; 审批: 0.1</del> → <ins>100</ins>" in page
    cleared = {"comparison": "", "limits": {}, "definition": {}}
    actions.revise(metric=return_rate.metric, changes=cleared, reason="", by=None, now=now)
    page = (
        client_for(cast.employee).get(reverse("metrics:detail", args=[return_rate.metric_id])).text
    )
    assert "<del>100</del> → <ins>—</ins>" in page


def test_a_band_metric_shows_and_revises_both_ends(cast, client_for, now):
    version = actions.define(
        source="test.return_rate", name="抽检比例", definition={}, period_kind="week",
        department=cast.purchasing, by=None, now=now, better="band", target=Decimal("0.5"),
        band_low=Decimal("0.4"), band_high=Decimal("0.6"),
    )  # fmt: skip
    client = client_for(cast.operations_manager)
    assert "40.0% – 60.0%" in client.get(reverse("metrics:detail", args=[version.metric_id])).text
    url = reverse("metrics:revise", args=[version.metric_id])
    given = form(limit="", comparison="", band_low="0.3", band_high="0.7")
    assert client.post(url, {**given, "band_low": "0.9"}).status_code == 200
    assert client.post(url, given).status_code == 302
    assert version.metric.current.band == (Decimal("0.3"), Decimal("0.7"))
    assert version.metric.current.rule_for("") is None


def test_a_limit_may_stand_for_one_object_alone(return_rate, cast, client_for):
    url = reverse("metrics:revise", args=[return_rate.metric_id])
    assert client_for(cast.operations_manager).post(url, form(limit="")).status_code == 302
    assert return_rate.metric.current.limits == {"审批": "0.1"}


def test_few_values_have_no_natural_limits(return_rate, cast, client_for, approval, now):
    RECORDS[7] = {FIRST.key: {"审批": (1, 10, 0, 1)}}
    for period in (FIRST, FIRST.next()):
        actions.measure_period(
            version=return_rate, period=period, dimensions=[approval], by=None, now=now
        )
    page = client_for(cast.employee).get(reverse("metrics:detail", args=[return_rate.metric_id]))
    assert "满 6 个值后" in page.text
    assert page.text.count("—") >= 1  # the month without records has no value


def test_from_a_number_to_its_rows_in_two_clicks(return_rate, approval, cast, client_for, now):
    """Law 7: the value names its batch, the batch its rows as they stood in the file."""
    batch = bring(create(cast, "采购审批日志", "event_log"), LOG)
    RECORDS[batch.pk] = {"2024-06": {"审批": (1, 3, 0, 1)}}
    (point,) = actions.measure_period(
        version=return_rate, period=Period.parse("2024-06"), dimensions=[approval], by=None, now=now
    )
    client = client_for(cast.department_head)
    page = client.get(reverse("metrics:point", args=[point.pk])).text
    link = f"{reverse('datasets:rows', args=[batch.pk])}?rows=2-4"
    assert link in page
    rows = client.get(link).text
    assert "部门审批" in rows
    assert "退回" in rows
    # An employee reads the number, but not the records of the data set.
    assert (
        "不在您部门范围内的批次"
        in client_for(cast.employee).get(reverse("metrics:point", args=[point.pk])).text
    )
