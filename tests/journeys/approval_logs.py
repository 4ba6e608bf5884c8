"""A purchasing approval as the OA exports it: months of cases, some of them sent back once.

The share sent back is what the months differ in; durations stay the same. Nothing is random.
"""

from collections.abc import Iterator

HEADER = "流程编号,节点名称,处理人,处理部门,开始时间,完成时间,审批结果"
CASES = 120  # a month


def log(**returned: int) -> bytes:
    """`log(m2024_05=22)`: months with this many of their 120 cases sent back."""
    lines = [
        line
        for month, count in returned.items()
        for line in _month(month.removeprefix("m").replace("_", "-"), count)
    ]
    # The byte order mark is how an OA tells Excel that this is UTF-8.
    return ("\ufeff" + "\r\n".join([HEADER, *lines, ""])).encode()


def _month(month: str, returned: int) -> Iterator[str]:
    for number in range(CASES):
        day = f"{month}-{1 + number % 26:02}"
        case = f"CG-{month.replace('-', '')}-{number + 1:03}"
        minute = number // 26 * 10
        yield f"{case},提交申请,孙专员,采购部,{day} 08:{minute:02},{day} 08:{minute + 8:02},提交"
        if number < returned:
            yield f"{case},财务复核,李会计,财务部,{day} 09:{minute:02},{day} 10:{minute:02},退回"
            yield f"{case},提交申请,孙专员,采购部,{day} 10:{minute:02},{day} 10:{minute + 9:02},提交"
        approved = 12 + number % 5
        yield f"{case},财务复核,李会计,财务部,{day} 11:{minute:02},{day} {approved}:{minute:02},同意"
        yield f"{case},总经理审批,钱总,公司,{day} {approved}:{minute:02},{day} 17:{minute:02},同意"
