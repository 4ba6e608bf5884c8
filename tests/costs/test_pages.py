"""The cost pages over HTTP: what leads on, what is shown, what is refused."""

import io
from urllib.parse import urlencode

import openpyxl
import pytest
from django.urls import reverse

from opsloop.costs import actions
from opsloop.costs.models import CostCategory, CostPeriod, CostSettings, LineNote, PeriodState
from tests.conftest import NOW
from tests.costs.conftest import LEDGER, PRICED_BUDGET, PRICED_LEDGER, make_books

LINE = {"category": "原材料成本", "item": "A材料采购", "department": "采购部"}


def page(client, name, *args, query=None, status=200):
    url = reverse(f"costs:{name}", args=args)
    answer = client.get(f"{url}?{urlencode(query)}" if query else url)
    assert answer.status_code == status, answer.content[:2000]
    return answer


def text(client, name, *args, query=None) -> str:
    found: str = page(client, name, *args, query=query).content.decode()
    return found


def test_the_empty_list_leads_to_the_next_thing_that_is_missing(cast, client_for):
    client = client_for(cast.finance_reviewer)
    assert "还没有成本台账" in text(client, "list")
    assert reverse("datasets:upload") in text(client, "list")
    make_books(cast.company)
    assert "还没有建立月份" in text(client, "list")
    assert reverse("costs:create") in text(client, "list")


def test_the_list_shows_each_month_with_its_total(month, cast, client_for):
    period = month()
    shown = text(client_for(cast.executive), "list")
    assert period.key in shown
    assert "+207,000.00" in shown
    assert "超支（不利）" in shown


def test_a_month_is_defined_from_its_form(books, cast, client_for):
    client = client_for(cast.finance_reviewer)
    books.post(LEDGER)
    url = reverse("costs:create")
    wrong = client.post(url, {"month": "June", "ledger": books.ledger.pk})
    assert "月份请写成" in wrong.content.decode()
    values = {"month": "2024-06", "ledger": books.ledger.pk, "budget": books.budget.pk}
    answer = client.post(url, values)
    period = CostPeriod.objects.unscoped("the test sees all").get()
    assert answer.headers["Location"] == reverse("costs:detail", args=[period.pk])
    assert "已存在" in client.post(url, values).content.decode()
    # The next suggestion is the month after, from the same data sets.
    assert client.get(url).context["form"].initial["month"] == "2024-07"


def test_the_month_page_is_the_form_with_words_and_marks(month, cast, client_for):
    shown = text(client_for(cast.executive), "detail", month().pk)
    for words in ("成本类别", "子项名称", "预算金额(元)", "差异率(%)", "计划完成时间", "超过阈值"):
        assert words in shown
    assert "+25.56%" in shown
    assert "150,000.00" in shown
    assert 'id="bridge"' in shown


def test_ten_thousands_are_a_switch(month, cast, client_for):
    shown = text(client_for(cast.executive), "detail", month().pk, query={"unit": "wan"})
    assert "预算金额(万元)" in shown
    assert "+20.70" in shown


@pytest.mark.parametrize("query", [{"page": "x"}, {"page": "99"}, {"show": "none"}, {"unit": "?"}])
def test_a_mistyped_address_still_answers(month, cast, client_for, query):
    page(client_for(cast.executive), "detail", month().pk, query=query)


def test_an_empty_month_says_where_to_go(books, cast, client_for):
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=None, by=None, now=NOW
    )
    assert "本月没有入账" in text(client_for(cast.executive), "detail", period.pk)


def test_the_month_is_printed_by_its_sheet_with_eleven_columns_and_the_total(
    month, cast, client_for
):
    period, client = month(), client_for(cast.executive)
    address = reverse("sheets:print", args=["cost_analysis", period.pk])
    assert f'href="{address}"' in text(client, "detail", period.pk)
    shown = client.get(address).content.decode()
    head = shown[shown.index("<thead>") : shown.index("</thead>")]
    assert head.count("<th") == 12  # thead itself and eleven columns
    assert "+25.56%" in shown


def test_a_line_opens_to_its_postings_and_files(month, cast, client_for):
    client = client_for(cast.department_head)
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    shown = text(client, "line", period.pk, query=LINE)
    for words in ("单价", "100,000.00", "单独列示", "记-002", "乙公司", "2024-06-20"):
        assert words in shown
    listed = page(client, "line_file", period.pk, "csv", query=LINE).content.decode("utf-8-sig")
    assert listed.splitlines()[1] == "2024-06-03,记-001,甲公司,600.000,360000.00,2"
    answer = page(client, "line_file", period.pk, "xlsx", query=LINE)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert [row[4] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)] == [
        360_000,
        300_000,
    ]
    page(client, "line_file", period.pk, "exe", query=LINE, status=404)


def test_a_line_of_another_department_is_not_found(month, cast, client_for):
    other = {"category": "人工成本", "item": "销售人员绩效", "department": "销售部"}
    page(client_for(cast.department_head), "line", month().pk, query=other, status=404)


def test_a_month_nobody_here_posts_to_is_not_found(cast, client_for):
    books = make_books(cast.finance)
    books.post(LEDGER.replace("采购部", "财务部"))
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=None, by=None, now=NOW
    )
    page(client_for(cast.department_head), "detail", period.pk, status=404)
    books.post("期间,成本类别,子项名称,部门,金额\n2024-06,办公费用,文具,采购部,5\n")
    assert "文具" in text(client_for(cast.department_head), "detail", period.pk)


def test_a_reason_is_written_and_checked_beside_the_line(month, cast, client_for):
    client = client_for(cast.department_head)
    period = month()
    url = f"{reverse('costs:note', args=[period.pk])}?{urlencode(LINE)}"
    answer = client.post(url, {"reason": "市场价格上涨20%，采购量增加10%", "controllable": "no"})
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "660,000.00" in shown
    assert "−10,000.00" in shown
    assert LineNote.objects.get().written_by == cast.department_head


@pytest.mark.parametrize("person", ["executive", "employee"])
def test_only_who_edits_costs_writes_reasons(month, cast, client_for, person):
    url = f"{reverse('costs:note', args=[month().pk])}?{urlencode(LINE)}"
    answer = client_for(cast.people[person]).post(url, {"reason": "x"})
    assert answer.status_code == 403
    assert not LineNote.objects.exists()


def test_finance_reviews_locks_and_restates_by_buttons(month, books, cast, client_for):
    client = client_for(cast.finance_reviewer)
    period = month()

    def press(name, **values):
        answer = client.post(reverse(f"costs:{name}", args=[period.pk]), values, follow=True)
        period.refresh_from_db()
        return answer.content.decode()

    assert "4 项" in press("review")
    assert period.state == PeriodState.REVIEWED
    assert "已被他人更改" in press("review")
    assert "4 项" in press("detect")
    assert "退回采集" in press("collect", comment="x")
    assert period.state == PeriodState.COLLECTING
    press("review")
    press("lock")
    assert period.state == PeriodState.LOCKED
    assert "没有新的入账" in press("restate", comment="x")
    books.post("期间,成本类别,子项名称,部门,金额\n2024-06,办公费用,招待费,行政部,5000\n")
    assert "审核之后数据有变化" in text(client, "detail", period.pk)
    assert "1,022,000.00" in press("restate", comment="发票晚到")


def test_an_importer_is_told_why_the_review_is_refused(month, cast, client_for):
    period = month(by=cast.finance_reviewer)
    client = client_for(cast.finance_reviewer)
    answer = client.post(reverse("costs:review", args=[period.pk]), follow=True)
    assert "由其他财务人员审核" in answer.content.decode()


def test_the_threshold_is_changed_by_finance_only(cast, client_for):
    url = reverse("costs:settings")
    values = {
        "percent": "5", "floor_amount": "1000", "hard_amount": "", "ytd_percent": "",
        "ytd_floor_amount": "0", "points": "2", "collect_workdays": "5", "closing": "half",
    }  # fmt: skip
    assert client_for(cast.executive).post(url, values).status_code == 403
    client_for(cast.finance_reviewer).post(url, values)
    assert str(CostSettings.current()) == "±5 %"
    assert CostSettings.current().closing == "half"
    assert "阈值" in text(client_for(cast.executive), "settings")


def test_an_industry_tree_is_added_by_a_button(cast, client_for):
    client = client_for(cast.finance_reviewer)
    answer = client.post(reverse("costs:seed"), {"template": "internet"}, follow=True)
    assert "云资源" in answer.content.decode()


def test_a_page_of_many_lines_costs_no_more_queries(
    month, cast, client_for, django_assert_max_num_queries
):
    many = LEDGER + "".join(f"2024-06,办公费用,文具{n},采购部,{n + 1},记,乙\n" for n in range(300))
    period = month(many)
    client = client_for(cast.executive)
    with django_assert_max_num_queries(42):
        shown = page(client, "detail", period.pk).content.decode()
    assert "第 1 / 4 页" in shown
    assert "文具99" in text(client, "detail", period.pk, query={"page": "4"})


def test_a_category_is_made_income_and_its_branch_moves_along(cast, client_for):
    client = client_for(cast.finance_reviewer)
    url = reverse("costs:category")
    actions.seed_categories(template="internet", by=None, now=NOW)
    tree = {row.name: row for row in CostCategory.objects.unscoped("x")}
    research, cloud = tree["研发费用"], tree["云资源"]
    values = {"name": "研发费用", "parent": tree["管理费用"].pk, "directness": "direct"}
    client.post(url, {**values, "more_is_better": "on"})
    research.refresh_from_db()
    cloud.refresh_from_db()
    above = set(cloud.links_up.values_list("ancestor__name", "depth"))
    assert research.polarity == 1
    assert above == {("云资源", 0), ("研发费用", 1), ("管理费用", 2)}
    answer = client.post(url, {**values, "parent": cloud.pk}, follow=True)
    assert "类别不能放在自己下面" in answer.content.decode()


def test_each_driver_gets_its_department_on_the_line(month, cast, client_for):
    client = client_for(cast.finance_reviewer)
    period = month(PRICED_LEDGER, PRICED_BUDGET)
    url = f"{reverse('costs:answer', args=[period.pk])}?{urlencode(LINE)}"
    values = {"driver": "price", "owner": cast.purchasing.pk, "controllable": "partly"}
    client.post(url, values)
    answer = client.post(url, {"driver": "quantity", "owner": cast.sales.pk, "controllable": "no"})
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "<td>采购部" in shown
    assert "<td>销售部" in shown
    assert client_for(cast.department_head).post(url, values).status_code == 403


def test_an_unnamed_line_has_nothing_to_describe(books, cast, client_for):
    books.post("期间,成本类别,金额\n2024-06,-,100\n")
    period = actions.define_period(
        period_no=202_406, ledger=books.ledger, budget=None, by=None, now=NOW
    )
    url = reverse("costs:item", args=[period.pk])
    assert (
        client_for(cast.finance_reviewer)
        .post(url, {"behaviour": "fixed", "fixed_percent": 0, "accumulation": "sum"})
        .status_code
        == 404
    )
