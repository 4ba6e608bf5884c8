"""Whatever people write into a form, its check answers; it never fails on them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.org.published import published_calendar
from opsloop.sheets.register import forms

KEYS = ("process_review", "task_tracking", "cost_analysis", "service_inspection", "kpi_monitor")
WORDS = (
    "价格上涨20%", "单价下降100%", "采购量增加10%", "销售额减少100%", "差异率30%→5%", "成本降低8%", "市场", "夏季",
    "合计", "超过72小时", "等待40秒才接听", "2月30日前", "7月15日前完成", "抽查0次", "抽查3件", "未给出方案", "解决率100%",
    "连续两周", "每月", "采购部、财务部", "*经理", "工单5", "50万元", "0%", "%", "公司级", "营业收入", "销售额", "无",
)  # fmt: skip
# A remark repeats what was written: a place left unfilled in its own sentence must be told from it.
anything = st.text(max_size=12).filter(lambda text: "%(" not in text)
texts = st.one_of(st.lists(st.sampled_from(WORDS), max_size=4).map("，".join), anything)
numbers = st.one_of(
    st.sampled_from([Decimal(0), Decimal(100), Decimal(-1), Decimal("0.005")]),
    st.decimals(-(10**9), 10**9, places=2),
)
BY_TYPE = {
    **dict.fromkeys(("number", "money", "percent", "hours"), numbers),
    "date": st.dates(date(1990, 1, 1), date(2090, 1, 1)),
}


def cell(column):
    values = BY_TYPE.get(column.type, texts)
    if column.choices:
        values = st.one_of(st.sampled_from([value for value, _label in column.choices]), texts)
    # What cannot be read stays text, whatever the column is for.
    return st.one_of(st.none(), values, texts)


@st.composite
def filled(draw, sheet):
    rows = draw(
        st.lists(st.fixed_dictionaries({c.key: cell(c) for c in sheet.columns}), max_size=4)
    )
    header = draw(st.fixed_dictionaries({c.key: cell(c) for c in sheet.header}))
    return FilledSheet(sheet, header, tuple(SheetRow(str(n), row) for n, row in enumerate(rows)))


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_check_of_a_form_answers_whatever_is_written(key, data):
    form, calendar = forms()[key], published_calendar()
    written = data.draw(filled(form.sheet))
    ids = {row.id for row in written.rows} | {""}
    for remark in form.check(written, calendar):
        assert remark.row in ids
        assert str(remark.text) and "%(" not in str(remark.text)
