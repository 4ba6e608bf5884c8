"""A data set of each kind and the shortest way to bring a file into one."""

import pytest

from opsloop.datasets import actions
from opsloop.datasets.models import BatchState, Dataset, Door, ImportBatch
from tests.conftest import NOW, Cast

LOG = """单据编号,节点名称,开始时间,完成时间,处理人,部门,审批结果
A-1,提交申请,2024-06-03 09:00,2024-06-03 09:10,孙专员,采购部,提交
A-1,部门审批,2024-06-03 09:10,2024-06-04 10:00,赵主管,采购部,退回
A-1,部门审批,2024-06-04 11:00,2024-06-05 10:00,赵主管,采购部,同意
A-2,提交申请,2024-06-04 09:00,2024-06-04 09:30,孙专员,采购部,提交
A-2,部门审批,2024-06-04 09:30,2024-06-06 15:00,赵主管,采购部,同意
"""
FAULTY_LOG = (
    LOG
    + """A-3,提交申请,2024-06-05 09:00,昨天,孙专员,采购部,提交
,部门审批,2024-06-05 09:00,2024-06-06 09:00,赵主管,采购部,同意
A-4,提交申请,2024-06-07 09:00,2024-06-06 09:00,孙专员,采购部,提交
"""
)
LEDGER = """期间,成本类别,子项名称,部门,金额,数量,供应商,凭证号
2024-06,原材料,A材料,采购部,"650,000.00",110,甲公司,记-001
2024-06,销售费用,业务提成,销售部,11.5万,,,记-002
2024-07,原材料,A材料,采购部,￥598000,,乙公司,记-003
"""


@pytest.fixture
def log(cast: Cast) -> Dataset:
    return create(cast, "采购审批日志", "event_log")


@pytest.fixture
def ledger(cast: Cast) -> Dataset:
    return create(cast, "成本台账", "ledger")


def create(cast: Cast, name: str, kind: str) -> Dataset:
    return actions.create_dataset(
        name=name, kind=kind, department=cast.purchasing, timezone="Asia/Shanghai",
        by=cast.department_head, now=NOW,
    )  # fmt: skip


def receive(dataset: Dataset, content: str | bytes, name: str = "log.csv", **more) -> ImportBatch:
    data = content.encode() if isinstance(content, str) else content
    return actions.receive(
        dataset=dataset, file_name=name, chunks=[data], door=Door.BROWSER, by=None, now=NOW, **more
    )


def check(dataset: Dataset, content: str | bytes, name: str = "log.csv", **more) -> ImportBatch:
    return actions.check(batch=receive(dataset, content, name, **more), by=None, now=NOW)


def bring(dataset: Dataset, content: str | bytes, name: str = "log.csv", **more) -> ImportBatch:
    """Receive, check and commit, leaving faulty rows out."""
    batch = check(dataset, content, name, **more)
    assert batch.state == BatchState.CHECKED, batch.failure_code
    return actions.commit(batch=batch, by=None, now=NOW, skip_bad_rows=True)
