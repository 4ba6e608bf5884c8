"""Pages about steps: who does what, what it costs, what took far too long; people by permission."""

import csv
import io
from decimal import Decimal

import pytest

from opsloop.datasets import actions as imports
from opsloop.org.permissions import NotPermitted
from opsloop.processes import actions, queries
from opsloop.processes.models import Process
from tests.conftest import NOW, Cast
from tests.processes.conftest import bring


def rows_of(client, process: Process, what: str) -> list[list[str]]:
    answer = client.get(f"/processes/{process.pk}/{what}.csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_departments_are_shown_to_everybody_and_people_to_the_owner(logged, cast, client_for):
    address = f"/processes/{logged.pk}/people/?who=people"
    mine = client_for(cast.department_head).get(address)
    assert "赵主管" in mine.content.decode()
    assert mine.context["found"].party == "resource"
    others = client_for(cast.employee).get(address)
    assert others.context["found"].party == "department"
    assert "赵主管" not in others.content.decode()
    assert mine.context["found"].steps[0].step == "填写申请表"


def test_who_may_not_see_people_sees_departments_on_a_case(logged, cast, client_for):
    (line,) = queries.slowest_cases(logged, text="04-001")
    address = f"/processes/{logged.pk}/cases/{line.number}/"
    assert "赵主管 (采购部)" in client_for(cast.department_head).get(address).content.decode()
    page = client_for(cast.employee).get(address).content.decode()
    assert "赵主管" not in page
    assert "采购部" in page


def test_a_case_tells_where_it_stood_longest_and_can_be_taken_away(logged, cast, client_for):
    (line,) = queries.slowest_cases(logged, text="04-001")
    client, address = client_for(cast.employee), f"/processes/{logged.pk}/cases/{line.number}/"
    page = client.get(address)
    assert page.context["case"].longest.step == "部门经理审批"
    assert page.content.decode().count("停留最久") == 1
    rows = list(
        csv.reader(io.StringIO(client.get(f"{address}events.csv").content.decode("utf-8-sig")))
    )
    assert len(rows) == 1 + 5
    assert "赵主管" not in str(rows)
    assert client.get(f"/processes/{logged.pk}/cases/1/events.csv").status_code == 404


def test_without_departments_people_appear_as_numbers(process, cast, client_for):
    log = imports.create_dataset(
        name="无部门日志", kind="event_log", department=cast.purchasing, timezone="Asia/Shanghai",
        by=cast.department_head, now=NOW,
    )  # fmt: skip
    text = "\n".join(
        f"{case},{step},2024-04-{1 + case:02} {hour}:00,2024-04-{1 + case:02} {hour + 1}:00,{who}"
        for case in range(20) for step, hour, who in (("申请", 10, "张三丰"), ("审批", 13, "李四光"))
    )  # fmt: skip
    bring(log, text + "\n", header="单据编号,节点名称,开始时间,完成时间,处理人")
    actions.change_process(process=process, by=None, now=NOW, dataset=log)
    page = client_for(cast.employee).get(f"/processes/{process.pk}/handover/").content.decode()
    assert "人员 1" in page
    assert "张三丰" not in page
    assert "张三丰" not in str(rows_of(client_for(cast.employee), process, "handover"))
    owner = client_for(cast.department_head).get(f"/processes/{process.pk}/handover/")
    assert "张三丰" in owner.content.decode()
    empty = client_for(cast.employee).get(f"/processes/{process.pk}/people/").content.decode()
    assert "日志中没有部门" in empty


def test_work_done_again_is_counted(logged):
    found = queries.people_view(logged, "resource")
    assert found is not None
    redone = dict(found.redone)
    assert (redone["孙专员"].by_itself, redone["赵主管"].by_itself) == (4, 4)
    assert redone["仓管员"].share == 0


def test_rates_are_kept_and_steps_cost_what_was_worked(logged, cast, client_for):
    """A rate of the department goes before the usual one; an empty field takes it away."""
    client, address = client_for(cast.department_head), f"/processes/{logged.pk}/step-costs/"
    assert "尚未设定费率" in client.get(address).content.decode()
    hours = {line.step: line.cost.hours for line in cost(logged).steps}
    assert client.post(f"{address}rates/", {"usual": "50", "rate-0": "80.50"}).status_code == 302
    logged.refresh_from_db()
    assert logged.hourly_rate == 50
    assert {rate.party: rate.yuan for rate in logged.rates.all()} == {"采购部": Decimal("80.50")}
    found = cost(logged)
    for line in found.steps:
        assert line.yuan == pytest.approx(
            Decimal(str(hours[line.step])) * Decimal("80.5"), abs=Decimal("0.01")
        )
    assert found.per_case is not None
    assert found.total == pytest.approx(found.per_case * 40, abs=Decimal("0.2"))
    assert sum(total for _label, _cases, total, _a_case in found.months) == found.total
    client.post(f"{address}rates/", {"usual": "50", "rate-0": ""})
    assert not logged.rates.exists()
    assert client.post(f"{address}rates/", {"usual": "-1"}).status_code == 302
    logged.refresh_from_db()
    assert logged.hourly_rate == 50


def cost(process: Process) -> queries.CostView:
    found = queries.cost_view(process)
    assert found is not None
    return found


def test_who_only_reads_sets_no_rates(logged, cast, client_for):
    address = f"/processes/{logged.pk}/step-costs/rates/"
    assert client_for(cast.employee).post(address, {"usual": "1"}).status_code in (403, 404)
    with pytest.raises(NotPermitted):
        actions.set_rates(process=logged, usual=None, parties={}, by=cast.employee, now=NOW)


@pytest.fixture
def delayed(logged: Process, cast: Cast) -> Process:
    """One more case whose approval took a month."""
    assert logged.dataset is not None
    lines = [
        "09-999,填写申请表,2024-06-03 08:00,2024-06-03 08:50,孙专员,采购部,",
        "09-999,部门经理审批,2024-06-04 08:00,2024-07-05 09:00,赵主管,采购部,同意",
        *(
            f"10-{n:03},填写申请表,2024-06-{3 + n % 20:02} 08:00,2024-06-{3 + n % 20:02} 08:{20 + n},孙专员,采购部,\n"
            f"10-{n:03},部门经理审批,2024-06-{3 + n % 20:02} 09:00,2024-06-{3 + n % 20:02} 09:{20 + n},赵主管,采购部,同意"
            for n in range(30)
        ),
    ]
    bring(logged.dataset, "\n".join(lines) + "\n")
    return logged


def test_an_execution_far_beyond_its_step_is_listed_with_its_case(delayed, cast, client_for):
    page = client_for(cast.employee).get(f"/processes/{delayed.pk}/outliers/?measure=work")
    assert "09-999" in page.content.decode()
    step, one, case = page.context["found"].cases[0]
    assert (step, case) == ("部门经理审批", "09-999")
    assert one.hours == pytest.approx(31 * 24 + 1)
    told = [row[1:3] for row in rows_of(client_for(cast.employee), delayed, "outliers")]
    assert ["部门经理审批", "09-999"] in told


@pytest.mark.parametrize(
    "what", ["people", "redone", "step-costs", "cost-months", "outliers", "returns", "loads"]
)
def test_tables_can_be_taken_away(delayed, cast, client_for, what):
    rows = rows_of(client_for(cast.employee), delayed, what)
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize("page", ["people", "step-costs", "outliers"])
def test_pages_open_without_records_and_with_a_filter(process, cast, client_for, page):
    client = client_for(cast.employee)
    assert client.get(f"/processes/{process.pk}/{page}/").status_code == 200


@pytest.mark.parametrize("page", ["people", "step-costs", "outliers", "conformance"])
def test_a_filter_that_keeps_nothing_says_so_here_too(logged, cast, client_for, page):
    actions.fill_from_log(process=logged, by=None, now=NOW)
    text = client_for(cast.employee).get(f"/processes/{logged.pk}/{page}/?hours=9000..")
    assert "没有案件符合这些条件" in text.content.decode()
