"""A process with an approval log: two months of cases through three steps."""

import pytest

from opsloop.datasets import actions as imports
from opsloop.datasets.models import Dataset, Door, ImportBatch
from opsloop.processes import actions
from opsloop.processes.models import HoursBasis, Process
from tests.conftest import NOW, Cast

FORM = """流程名称\t责任部门\t流程起点\t流程终点\t记录日期
采购申请审批流程\t采购部、财务部\t提交采购申请\t完成采购入库\t2024-05-20
流程步骤\t涉及角色\t输入内容\t输出内容\t耗时(小时)
1.填写申请表\t申请人\t采购需求明细\t纸质/电子申请表\t1
2.部门经理审批\t部门经理\t申请表\t审批意见\t24
3.采购部审核\t采购专员\t申请表、库存表\t审核结果\t12
4.财务部复核\t财务经理\t申请表、预算表\t复核意见\t12
5.总经理审批\t总经理\t申请表、审批意见\t最终审批结果\t48
"""
HEADER = "单据编号,节点名称,开始时间,完成时间,处理人,部门,审批结果"


def rows(month: int, cases: int, *, returned: int, hours: int = 10, prefix: str = "") -> str:
    """A month of cases on days 3 … : apply one hour, approve after `hours`; some go back once."""
    lines = []
    for number in range(cases):
        case, day = f"{prefix}{month:02}-{number:03}", f"2024-{month:02}-{3 + number % 15:02}"
        following = f"2024-{month:02}-{4 + number % 15:02}"
        end = f"{following} {hours - 10 + 9:02}:00"
        lines.append(f"{case},填写申请表,{day} 08:00,{day} 09:00,孙专员,采购部,")
        if number < returned:
            lines.append(f"{case},部门经理审批,{day} 10:00,{day} 11:00,赵主管,采购部,退回")
            lines.append(f"{case},填写申请表,{day} 11:00,{day} 12:00,孙专员,采购部,")
        lines.append(f"{case},部门经理审批,{following} 08:00,{end},赵主管,采购部,同意")
        lines.append(f"{case},采购入库,{following} 20:00,{following} 21:00,仓管员,采购部,")
    return "\n".join(lines) + "\n"


def bring(dataset: Dataset, text: str, *, header: str = HEADER) -> ImportBatch:
    batch = imports.receive(
        dataset=dataset, file_name="log.csv", chunks=[f"{header}\n{text}".encode()],
        door=Door.BROWSER, by=None, now=NOW,
    )  # fmt: skip
    imports.check(batch=batch, by=None, now=NOW)
    batch.refresh_from_db()
    return imports.commit(batch=batch, by=None, now=NOW, skip_bad_rows=True)


@pytest.fixture
def process(cast: Cast) -> Process:
    return actions.define_process(
        name="采购申请审批流程", department=cast.purchasing, by=cast.department_head, now=NOW,
        owner=cast.department_head, start_event="提交采购申请", end_event="完成采购入库",
        hours_basis=HoursBasis.NATURAL,
    )  # fmt: skip


@pytest.fixture
def logged(process: Process, cast: Cast) -> Process:
    """The process with two months of records: returns 3 of 20, then 1 of 20."""
    log = imports.create_dataset(
        name="采购审批日志", kind="event_log", department=cast.purchasing,
        timezone="Asia/Shanghai", by=cast.department_head, now=NOW,
    )  # fmt: skip
    bring(log, rows(4, 20, returned=3))
    bring(log, rows(5, 20, returned=1))
    return actions.change_process(
        process=process, by=cast.department_head, now=NOW, dataset=log,
        first_activity="填写申请表", last_activity="采购入库",
    )  # fmt: skip
