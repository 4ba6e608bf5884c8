"""One filter language on every page of a process: in the address, as chips, combined with AND."""

import csv
import io

import pytest
from django.http import QueryDict

from opsloop.analysis.case_filter import EVERY_CASE, Between, CaseFilter
from opsloop.processes import actions, figures
from opsloop.processes.filters import CONDITIONS, Chosen
from opsloop.processes.models import Process
from tests.conftest import NOW

NAMES = {
    "activity": ("申请", "审批", "入库"),
    "department": ("采购部", "销售部"),
    "resource": ("甲", "乙"),
}
DAY = 19723  # 2024-01-01
PAGES = ["map", "variants", "bottleneck", "cases", "handover", "segments", "flow"]


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("", CaseFilter()),
        ("with=1&with=2&without=0", CaseFilter(with_steps=(1, 2), without_steps=(0,))),
        ("start=0&end=2", CaseFilter(starts=(0,), ends=(2,))),
        ("follows=1-0", CaseFilter(follows=((1, 0),))),
        ("variant=0-1-2", CaseFilter(variants=((0, 1, 2),))),
        ("started=2024-01-01..2024-01-31", CaseFilter(started=(Between(DAY, DAY + 30),))),
        ("started=2024-01", CaseFilter(started=(Between(DAY, DAY + 30),))),
        ("started=2024-01..2024-Q1", CaseFilter(started=(Between(DAY, DAY + 90),))),
        ("completed=..2024-01-01", CaseFilter(completed=(Between(None, DAY),))),
        ("within=2024-01-01..", CaseFilter(within=(Between(DAY),))),
        ("department=采购部&department=销售部", CaseFilter(departments=(0, 1))),
        ("handled=销售部", CaseFilter(handled=(1,))),
        ("outcome=returned", CaseFilter(outcomes=(1,))),
        ("amount=1000..5000", CaseFilter(amounts=(Between(100_000, 500_000),))),
        ("hours=8..", CaseFilter(hours=(Between(8),))),
        # What the panel sends becomes the same conditions.
        ("period=completed&since=2024-01-01&until=", CaseFilter(completed=(Between(DAY),))),
        ("amount_from=&amount_to=10.5&hours_from=2&hours_to=4",
         CaseFilter(amounts=(Between(None, 1050),), hours=(Between(2, 4),))),
        # Whatever says nothing is passed over.
        ("with=9&start=x&follows=1&started=soon&hours=..&amount=a..b&outcome=lost&department=无",
         CaseFilter()),
        ("person=甲", CaseFilter()),
    ],
)  # fmt: skip
def test_an_address_names_conditions(address, wanted):
    chosen = Chosen.parse(QueryDict(address), NAMES)
    assert chosen.wanted == wanted
    again = Chosen.parse(QueryDict(chosen.carried.removeprefix("?")), NAMES)
    assert again.wanted == wanted


def test_single_people_are_named_only_to_who_may_see_them():
    assert Chosen.parse(QueryDict("person=甲"), NAMES, people=True).wanted.people == (0,)


def test_every_chip_takes_exactly_its_own_condition_off():
    address = "with=0&with=1&department=采购部&department=销售部&hours=1..2&show=frequency"
    chosen = Chosen.parse(QueryDict(address), NAMES)
    assert [chip.text for chip in chosen.chips] == [
        "经过 申请", "经过 审批", "提交部门：采购部 或 提交部门：销售部", "周期 1 – 2 小时",
    ]  # fmt: skip
    for number, chip in enumerate(chosen.chips):
        left = Chosen.parse(QueryDict(chip.off.removeprefix("?")), NAMES)
        others = [one.text for at, one in enumerate(chosen.chips) if at != number]
        assert [one.text for one in left.chips] == others
        assert "show=frequency" in chip.off
    cleared = Chosen.parse(QueryDict(chosen.cleared.removeprefix("?")), NAMES)
    assert (cleared.chips, cleared.carried) == ((), "")


def test_the_language_is_declared_once():
    assert len({condition.name for condition in CONDITIONS}) == len(CONDITIONS)
    assert {condition.field for condition in CONDITIONS} == set(CaseFilter.__dataclass_fields__)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_looks_at_the_chosen_cases_and_links_carry_them(logged, cast, client_for, page):
    address = f"/processes/{logged.pk}/{page}/?outcome=returned&started=2024-04"
    response = client_for(cast.employee).get(address)
    text = response.content.decode()
    assert (response.context["kept_cases"], response.context["all_cases"]) == (3, 40)
    assert "有退回 ×" in text
    assert f"/processes/{logged.pk}/map/?started=2024-04&amp;outcome=returned" in text


def figures_of(process: Process, wanted: CaseFilter = EVERY_CASE) -> figures.Findings:
    found = figures.findings(process, wanted)
    assert found is not None
    return found


def test_figures_of_a_filter_are_those_of_its_cases(logged):
    whole, found = figures_of(logged), figures_of(logged, CaseFilter(follows=((1, 0),)))
    assert (whole.log.cases, found.log.cases) == (40, 4)
    assert found.log.returns.case_rate == 1
    assert [step.executions for step in found.log.steps] == [8, 8, 4]
    rest = figures_of(logged, CaseFilter(outcomes=(0,), without_steps=(9,)))
    assert rest.log.cases == 40


def test_a_filter_never_frees_people_from_their_other_work(logged):
    """Utilisation and busy time are a person's whole day, whatever cases are looked at."""
    whole = {one.activity_no: one.utilisation for one in figures_of(logged).details}
    found = figures_of(logged, CaseFilter(outcomes=(1,)))
    assert found.details
    assert all(one.utilisation == whole[one.activity_no] for one in found.details)
    waits = {row.activity_no: row.executions for row in found.causes}
    assert waits == {0: 4, 1: 8, 2: 4}


def test_a_filter_that_keeps_nothing_says_so(logged, cast, client_for):
    client = client_for(cast.employee)
    for page in ("map", "cases", "flow", "bottleneck", "variants"):
        text = client.get(f"/processes/{logged.pk}/{page}/?hours=9000..").content.decode()
        assert "没有案件符合这些条件" in text


def test_files_hold_the_chosen_cases(logged, cast, client_for):
    client = client_for(cast.employee)
    answer = client.get(f"/processes/{logged.pk}/cases.csv?outcome=returned&started=2024-04")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + 3
    assert client.get(f"/processes/{logged.pk}/nothing.csv").status_code == 404


def test_the_owner_filters_by_person_and_others_do_not(logged, cast, client_for):
    address = f"/processes/{logged.pk}/cases/?person=赵主管"
    assert client_for(cast.department_head).get(address).context["chosen"].chips
    assert not client_for(cast.employee).get(address).context["chosen"].chips
    actions.change_process(process=logged, by=None, now=NOW, owner=None)
    assert client_for(cast.department_head).get(address).context["chosen"].chips
