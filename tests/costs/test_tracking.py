"""A line month by month around its countermeasure (C-16)."""

from datetime import date
from decimal import Decimal

from django.urls import reverse

from opsloop.costs import actions, queries
from opsloop.costs.keys import LineKey
from opsloop.costs.tracking import tracking
from opsloop.loop.models import Countermeasure, Deviation
from tests.conftest import NOW

GUESTS = LineKey("办公费用", "招待费", "行政部")
SPENT = {202_405: 115, 202_406: 145, 202_407: 104, 202_408: 102}


def months_of(books):
    head = "期间,成本类别,子项名称,部门,金额\n"
    for month, amount in SPENT.items():
        name = f"{month // 100}-{month % 100:02d}"
        books.post(f"{head}{name},办公费用,招待费,行政部,{amount}\n")
        books.plan(f"期间,成本类别,子项名称,部门,预算金额\n{name},办公费用,招待费,行政部,100\n")
    return [
        actions.define_period(
            period_no=month, ledger=books.ledger, budget=books.budget, by=None, now=NOW
        )
        for month in SPENT
    ]


def counter(cast) -> None:
    deviation = Deviation.objects.unscoped("a test looks").get()
    Countermeasure.objects.create(
        deviation=deviation, what="制定招待费审批办法", kind="correction",
        accountable_department=cast.purchasing, owner=cast.employee, start_on=date(2024, 7, 1),
        promised_on=date(2024, 7, 31), due_on=date(2024, 7, 31), metric_version=deviation.metric_version, status="in_progress",
        proposed_at=NOW, started_at=NOW, approved_at=NOW, approved_by=cast.operations_manager, round=deviation.round,
    )  # fmt: skip


def row_of(period, cast):
    return next(row for row in queries.month(period, cast.executive).rows if row.key == GUESTS)


def test_c16_means_before_and_since_are_sums_over_sums(books, cast, client_for):
    """(115 + 145)/200 is +30 % before, (104 + 102)/200 is +3 % since July."""
    june = months_of(books)[1]
    actions.review(period=june, by=cast.finance_reviewer, now=NOW)
    june.refresh_from_db()
    assert tracking(june, row_of(june, cast), cast.executive) is None, "nothing was started yet"
    counter(cast)
    found = tracking(june, row_of(june, cast), cast.executive)
    assert found is not None
    assert (found.started, found.counts) == ("2024-07", {"before": 2, "after": 2})
    assert found.before is not None
    assert found.after is not None
    assert (found.before.delta, found.before.exact_rate_text) == (Decimal(60), "+30.00%")
    assert (found.after.delta, found.after.exact_rate_text) == (Decimal(6), "+3.00%")
    shown = client_for(cast.executive).get(
        reverse("costs:line", args=[june.pk]), GUESTS._asdict()
    ).content.decode()  # fmt: skip
    assert "措施自 2024-07 起执行" in shown
    assert "改进后（2 个月）" in shown
    listed = client_for(cast.executive).get(
        reverse("costs:tracking_file", args=[june.pk, "csv"]), GUESTS._asdict()
    ).content.decode("utf-8-sig").splitlines()  # fmt: skip
    assert [line.partition(",")[0] for line in listed[1:]] == [
        "2024-05",
        "2024-06",
        "2024-07",
        "2024-08",
    ]
    assert listed[2] == "2024-06,100.00,145.00,45.00,0.45,否"
