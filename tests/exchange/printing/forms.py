"""The five company forms in small: sheets as the tools declare them, filled with the example rows."""

from datetime import date
from decimal import Decimal

from opsloop.exchange.columns import Column, FilledSheet, Formula, Sheet, SheetRow
from opsloop.exchange.printing.texts import PrintTexts

TEXTS = PrintTexts(
    page="第 {page} 页 / 共 {pages} 页",
    total="合计",
    yes="是",
    no="否",
    signatures=("编制", "审核", "批准"),
    signature="{role}：",
)


def rows(columns, *values):
    keys = [column.key for column in columns]
    return tuple(
        SheetRow(str(at), dict(zip(keys, line, strict=False)), version=f"v{at}")
        for at, line in enumerate(values, start=1)
    )


def column(key, kind, printed, more, **layout):
    return Column(key, key, type=kind, printed=printed, **more, **layout)


def d(text):
    return Decimal(text)


PROCESS = Sheet(
    "process_review",
    "Process review",
    header=(
        Column("name", "Process name", printed="流程名称"),
        Column("departments", "Departments", type="department", printed="责任部门"),
        Column("start_event", "Start", printed="流程起点"),
        Column("end_event", "End", printed="流程终点"),
        Column("recorded_on", "Recorded on", type="date", printed="记录日期"),
    ),
    columns=(
        Column("name", "Step", print_width=55, printed="流程步骤", required=True),
        Column("role", "Role", print_width=40, printed="涉及角色"),
        Column("inputs", "Inputs", type="long_text", print_width=60, printed="输入内容"),
        Column("outputs", "Outputs", type="long_text", print_width=60, printed="输出内容"),
        Column("hours", "Duration", type="hours", unit="hours", print_width=30,
               printed="耗时(小时)", totalled=True),
        Column("waiting", "Waiting", type="hours", unit="hours", in_print=False, computed=True),
    ),
    printed_title="现有流程梳理与优化表",
    numbering=True,
)  # fmt: skip
COST = Sheet(
    "cost_analysis",
    "Monthly cost analysis",
    header=(
        Column("period", "Month", printed="月份"),
        Column("department", "Department", type="department", printed="编制部门"),
    ),
    columns=(
        Column("category", "Category", print_width=24, printed="成本类别"),
        Column("item", "Item", print_width=28, printed="子项名称"),
        Column("base", "Budget", type="money", print_width=26, printed="预算金额(元)", totalled=True),
        Column("actual", "Actual", type="money", print_width=26, printed="实际支出(元)",
               totalled=True),
        Column("variance", "Variance", type="money", print_width=24, printed="差异额(元)",
               computed=True, formula=Formula("difference", ("actual", "base")), totalled=True),
        Column("rate", "Rate", type="percent", print_width=18, printed="差异率(%)", computed=True,
               formula=Formula("rate", ("actual", "base")), totalled=True),
        Column("reason", "Reason", type="long_text", print_width=44, printed="原因分析"),
        Column("measure", "Measure", type="long_text", print_width=44, printed="改进措施"),
        Column("department", "Department", type="department", print_width=20, printed="责任部门"),
        Column("owner", "Owner", type="person", print_width=16, printed="责任人"),
        Column("due_on", "Due", type="date", print_width=22, printed="计划完成时间"),
    ),
    printed_title="月度成本分析表",
    unit_note="单位：元",
)  # fmt: skip
_LIGHTS = (("good", "正常"), ("warn", "预警"), ("bad", "异常"))
KPI = Sheet(
    "kpi_monitor",
    "KPI monitoring",
    header=(
        Column("period", "Period", printed="统计周期"),
        Column("department", "Department", type="department", printed="编制部门"),
        Column("as_of", "As of", type="date", printed="数据截止日"),
    ),
    columns=tuple(
        column(key, kind, printed, more)
        for key, kind, printed, more in (
            ("level", "text", "指标层级", {"frozen": True}),
            ("name", "text", "指标名称", {"frozen": True}),
            ("formula", "long_text", "口径/公式", {}),
            ("source", "text", "数据来源", {}),
            ("frequency", "text", "采集频率", {}),
            ("responsible", "text", "责任部门/责任人", {}),
            ("unit", "text", "单位", {}),
            ("direction", "choice", "方向", {"choices": (("up", "越高越好"), ("down", "越低越好"))}),
            ("target", "number", "目标值", {}),
            ("warning", "number", "预警值", {}),
            ("actual", "number", "实际值", {}),
            ("attainment", "percent", "达成率", {"computed": True}),
            ("gap", "number", "差异", {"formula": Formula("difference", ("actual", "target")),
                                     "computed": True}),
            ("year_on_year", "percent", "同比", {}),
            ("month_on_month", "percent", "环比", {}),
            ("year_to_date", "number", "年累计", {}),
            ("year_attainment", "percent", "年达成率", {}),
            ("light", "choice", "状态灯", {"choices": _LIGHTS}),
            ("cause", "long_text", "异常原因", {}),
            ("measure", "long_text", "改进措施", {}),
            ("owner", "person", "措施责任人", {}),
            ("due_on", "date", "计划完成", {}),
            ("result", "long_text", "跟踪结果", {}),
        )
    ),
    printed_title="关键绩效指标(KPI)监控表",
)  # fmt: skip
SERVICE = Sheet(
    "service_inspection",
    "Service inspection",
    header=(),
    columns=tuple(
        column(key, kind, printed, more, print_width=width)
        for key, kind, printed, width, more in (
            ("day", "date", "检查日期", 22, {}),
            ("link", "text", "服务环节", 24, {}),
            ("method", "text", "检查方式", 24, {}),
            ("finding", "long_text", "问题描述", 50, {}),
            ("grade", "choice", "问题等级", 16, {"choices": tuple(
                (word, word) for word in ("轻微", "一般", "严重", "重大"))}),
            ("owner", "text", "责任人/部门", 26, {}),
            ("measure", "long_text", "整改措施", 46, {}),
            ("due_on", "date", "计划完成时间", 24, {}),
            ("state", "text", "整改状态", 18, {}),
            ("recheck", "text", "复查结果", 36, {}),
        )
    ),
    printed_title="服务质量检查与改进表",
)  # fmt: skip
TASKS = Sheet(
    "task_tracking",
    "Task tracking",
    header=(
        Column("name", "Project", printed="项目名称"),
        Column("leader", "Leader", type="person", printed="项目负责人"),
        Column("start_on", "Start", type="date", printed="启动日期"),
    ),
    columns=(
        Column("name", "Task", print_width=60, printed="子任务名称"),
        Column("department", "Department", type="department", print_width=40, printed="主责部门"),
        Column("partners", "Partners", type="department", print_width=40, printed="配合部门"),
        Column("due_on", "Milestone", type="date", print_width=30, printed="关键节点"),
        Column("state", "State", type="choice", print_width=30, printed="当前状态", choices=(
            ("todo", "未开始"), ("doing", "进行中"), ("done", "已完成"))),
        Column("risk", "Risk", type="long_text", print_width=60, printed="风险点"),
    ),
    printed_title="跨部门协同任务跟踪表",
    is_tree=True,
)  # fmt: skip


def process():
    return FilledSheet(
        PROCESS,
        {
            "name": "采购申请审批流程",
            "departments": "采购部、财务部",
            "start_event": "提交采购申请",
            "end_event": "完成采购入库",
            "recorded_on": date(2024, 5, 20),
        },
        rows(
            PROCESS.columns,
            ("填写申请表", "申请人", "采购需求明细", "纸质/电子申请表", d(1), d("0.25")),
            ("部门经理审批", "部门经理", "申请表", "审批意见", d(24), d("20.5")),
            ("采购部审核", "采购专员", "申请表、库存表", "审核结果", d(12), None),
            ("财务部复核", "财务经理", "申请表、预算表", "复核意见", d(12), None),
            ("总经理审批", "总经理", "申请表、审批意见", "最终审批结果", d(48), d("12.3333")),
        ),
    )


def cost():
    return FilledSheet(
        COST,
        {"period": "2024-06", "department": "财务部"},
        rows(
            COST.columns,
            ("原材料成本", "A材料采购", d(500_000), d(650_000), None, None,
             "市场价格上涨20%，采购量增加10%", "引入2家替代供应商，签订锁价协议", "采购部", "*经理",
             date(2024, 7, 31)),
            ("人工成本", "销售人员绩效", d(200_000), d(230_000), None, None,
             "销售额超额20%，绩效提成增加", "无(客观业绩增长)", "销售部", "*主管", None),
            ("办公费用", "招待费", d(30_000), d(45_000), None, None, "新客户开发招待费超标",
             "制定《招待费分级审批制度》", "行政部", "*主任", date(2024, 7, 15)),
            ("制造费用", "设备水电费", d(80_000), d(92_000), None, None,
             "夏季空调使用增加，设备满负荷运转", "调整生产班次，避开峰电时段", "生产部", "*主任",
             date(2024, 8, 1)),
        ),
    )  # fmt: skip


def kpi():
    return FilledSheet(
        KPI,
        {"period": "2024年第3季度", "department": "财务部", "as_of": date(2024, 9, 30)},
        rows(
            KPI.columns,
            ("公司级", "营业收入", "", "财务系统", "每月5日前", "财务部*专员", "万元", "up", d(5000),
             d(4500), d(4350), d("0.87"), None, d("0.031"), d("-0.052"), d(12850), d("0.642"), "bad",
             "华东区大客户订单延期", "逐户跟进延期订单，9月内补签3单", "*总监", date(2024, 10, 15)),
            ("公司级", "客户满意度", "", "满意度调研问卷", "每周", "市场部*专员", "分", "up", d("4.5"),
             None, d("4.6"), d("1.022"), None, None, None, None, None, "good"),
            ("部门级(生产部)", "产品合格率", "", "质检系统", "每日", "质检部*专员", "%", "up", d("99.5"),
             d(99), d("99.2"), d("0.997"), None, None, None, None, None, "warn"),
        ),
    )  # fmt: skip


def service():
    return FilledSheet(
        SERVICE,
        {},
        rows(
            SERVICE.columns,
            (date(2024, 6, 5), "客服响应", "神秘顾客检查", "咨询产品功能时，客服等待40秒才接听", "一般",
             "客服部*专员", "优化客服接听流程，增加高峰期人员", date(2024, 6, 10), "已完成",
             "6月10日抽查，25秒接听"),
            (date(2024, 6, 8), "售后工单处理", "系统数据监控", "工单“5”超过72小时未给出解决方案", "严重",
             "售后部*主管", "协调技术部支持，6月9日前给出方案", date(2024, 6, 9), "已完成",
             "客户确认解决问题"),
        ),
    )  # fmt: skip


def tasks():
    return FilledSheet(
        TASKS,
        {"name": "新产品X上市项目", "leader": "*总监", "start_on": date(2024, 6, 1)},
        (
            *rows(
                TASKS.columns,
                ("市场调研", "市场部", "无", date(2024, 6, 30), "done", "无"),
                (
                    "产品原型设计",
                    "研发部",
                    "市场部",
                    date(2024, 7, 20),
                    "doing",
                    "市场部反馈延迟1天",
                ),
            ),
            SheetRow("3", {"name": "外观评审", "department": "研发部"}, "v3", parent="2"),
        ),
    )


ALL = (process, cost, kpi, service, tasks)
