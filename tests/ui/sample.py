"""One page with every part of the furniture, for the tests and for looking at."""

from pathlib import Path

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from opsloop.config import urls as site
from opsloop.org.permissions import Permission
from opsloop.ui import charts
from opsloop.ui.forms import Form
from opsloop.ui.paging import Page

TEMPLATES = Path(__file__).parent / "templates"
MONTHS = ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]


class SampleForm(Form):
    what = forms.CharField(label="改进措施", help_text="一句话说明做什么。", widget=forms.Textarea)
    owner = forms.ChoiceField(label="责任人", choices=[("1", "王经理"), ("2", "李会计")])
    due_on = forms.DateField(label="计划完成时间")
    amount = forms.DecimalField(label="成本", required=False)
    kind = forms.ChoiceField(
        label="类型", choices=[("a", "纠正措施"), ("b", "预防措施")], widget=forms.RadioSelect
    )
    agreed = forms.BooleanField(label="已与配合部门确认", required=False)


def everything(request: HttpRequest) -> HttpResponse:
    if "quiet" not in request.GET:
        for level in (messages.SUCCESS, messages.WARNING, messages.ERROR, messages.INFO):
            messages.add_message(request, level, "已保存：一条消息。")
    context = {
        "crumbs": [("流程", "/"), ("采购审批流程", "")],
        "help": "processes",
        "form": SampleForm({"what": "", "due_on": "x"}),
        "page": Page(rows=[], next="abc", is_first=False),
        "line": charts.line(
            labels=MONTHS, values=[15.2, 14.1, 16.8, 15.5, 4.2, 3.1], name="退回率", unit="%",
            target=5, upper=18, center=11.5, interventions=[("2024-05", "合并复核")], outliers=[2],
        ),
        "pareto": charts.pareto(
            labels=["缺附件", "金额不符", "供应商错误", "重复申请", "其他"], values=[42, 21, 9, 5, 3], name="退回次数",
        ),
        "waterfall": charts.waterfall(
            start=("预算", 500000), steps=[("价差", 100000), ("量差", 60000), ("折扣", -10000)], end="实际", unit="元",
        ),
        "bars": charts.bars(labels=["采购部", "财务部", "行政部"], series={"预算": [50, 20, 12], "实际": [65, 19, 14]}, unit="万元"),
        "stacked": charts.stacked_bars(labels=MONTHS, series={"处理": [1, 2, 2, 2, 1, 1], "等待": [23, 22, 25, 20, 8, 7]}, unit="小时"),
        "map": charts.process_map(
            nodes=[
                {"id": 1, "name": "提交采购申请", "value": "1,204 次 · 1.0 小时", "url": "#a"},
                {"id": 2, "name": "部门负责人审批", "value": "1,388 次 · 24.0 小时", "url": "#b", "tone": "bad"},
                {"id": 3, "name": "财务审核", "value": "1,201 次 · 12.0 小时", "tone": "warn"},
                {"id": 4, "name": "总经理审批", "value": "402 次 · 48.0 小时"},
                {"id": 5, "name": "采购入库", "value": "1,190 次", "tone": "good"},
            ],
            edges=[
                {"from": 1, "to": 2, "count": 1204, "slowness": 0.4, "text": "1,204 · 8.0 小时", "url": "#e"},
                {"from": 2, "to": 1, "count": 184, "slowness": 0.2, "text": "184 · 3.0 小时"},
                {"from": 2, "to": 3, "count": 1204, "slowness": 0.9, "text": "1,204 · 31.5 小时"},
                {"from": 3, "to": 4, "count": 402, "slowness": 1, "text": "402 · 52.0 小时"},
                {"from": 3, "to": 5, "count": 790, "slowness": 0.1, "text": "790 · 1.2 小时"},
                {"from": 4, "to": 5, "count": 400, "slowness": 0.2, "text": "400 · 2.0 小时"},
                {"from": 1, "to": 3, "count": 12, "slowness": 0, "text": "其余 12", "hidden": True},
            ],
            unit="小时", hidden=4,
        ),
    }  # fmt: skip
    return render(request, "sample/everything.html", context)


urlpatterns = [path("sample", everything, name="sample"), *site.urlpatterns]


def access_table() -> dict[str, Permission]:
    return {**site.access_table(), "sample": Permission.SIGNED_IN}
