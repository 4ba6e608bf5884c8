"""A buyer's half year as the ERP exports it: one raw material bought too dear until it is not.

Every document has a quantity, so a unit price of its own: the verdict compares documents, not
three monthly averages. All figures are fixed; nothing is drawn at random.
"""

from decimal import Decimal

from tests.journeys.steps import Improvement

LEDGER_HEADER = "会计期间,凭证日期,凭证号,成本类别,子项名称,部门,金额,数量,供应商"
BUDGET_HEADER = "期间,成本类别,子项名称,部门,预算金额,数量"
DOCUMENTS = 14  # purchases of the material a month
STANDARD = Decimal(500)  # yuan a unit in the budget
DEAR, FAIR = Decimal(650), Decimal(502)
# What the people write once the material was too dear.
PLAN = Improvement(
    symptom="A材料采购单价比预算高三成",
    root="只向一家供应商询价，没有比价",
    category="price",
    what="三家比价后定价，框架协议锁定单价",
    expected_to="2",
    expected_by="2024-07",
    promised_on="2024-06-20",
    method="按7月每张凭证的单价与改进前比较",
)


def quantities() -> list[int]:
    """What each document of a month buys."""
    return [18 + number % 5 for number in range(DOCUMENTS)]


def ledger(**months: Decimal) -> bytes:
    """`ledger(m2024_05=DEAR)`: postings of these months, the material at about this price."""
    lines = [line for month, price in months.items() for line in _month(_key(month), price)]
    return "\n".join([LEDGER_HEADER, *lines, ""]).encode("gb18030")


def budget(first: int, last: int) -> bytes:
    """The plan of 2024 from month `first` to `last`: the material at its standard price."""
    bought = sum(quantities())
    lines = [
        line
        for month in range(first, last + 1)
        for line in (
            f'2024-{month:02},原材料成本,A材料采购,采购部,"{bought * STANDARD:,}",{bought}',
            f'2024-{month:02},人工成本,销售人员绩效,销售部,"200,000",',
        )
    ]
    return "\n".join([BUDGET_HEADER, *lines, ""]).encode()


def _key(month: str) -> str:
    return month.removeprefix("m").replace("_", "-")


def _month(month: str, price: Decimal) -> list[str]:
    lines = []
    for number, quantity in enumerate(quantities()):
        paid = quantity * (price + (number * 7) % 11 - 5)  # quotes differ by some yuan
        lines.append(
            f"{month},{month}-{2 + number * 2:02},记-{number + 1:03},原材料成本,A材料采购,采购部,"
            f'"{paid:,.2f}",{quantity},{"甲乙丙"[number % 3]}公司'
        )
    lines.append(f'{month},{month}-25,记-090,人工成本,销售人员绩效,销售部,"205,000.00",,')
    return lines
