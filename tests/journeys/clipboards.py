"""What spreadsheet programs put on the clipboard: the printed form with its two stacked blocks.

Written after what Excel and WPS really put there: their own attributes, a merged cell, text with
line ends of Windows.
"""

from playwright.sync_api import Page

PROCESS_FORM = (
    ("流程名称", "责任部门", "流程起点", "流程终点", "记录日期"),
    ("采购申请审批流程", "采购部", "提交采购申请", "完成采购入库", "2024/5/20"),
    ("流程步骤", "涉及角色", "输入内容", "输出内容", "耗时(小时)"),
    ("1.填写申请表", "申请人", "采购需求明细", "纸质/电子申请表", "1"),
    ("2.部门经理审批", "部门经理", "申请表", "审批意见", "24"),
    ("3.采购部审核", "", "申请表、库存表", "审核结果", "１２"),
    ("4.财务部复核", "财务经理", "申请表、预算表", "复核意见", "12"),
    ("5.总经理审批", "总经理", "申请表、审批意见", "最终审批结果", "两天半"),
)
# In the order of nobody's form, without the columns of the loop, with a row no ledger posted.
COST_FORM = (
    ("子项名称", "成本类别", "实际支出(元)", "原因分析", "备注"),
    ("招待费", "办公费用", "45,000", "新客户开发招待费超标", "-"),
    ("A材料采购", "原材料成本", "６５万", "市场价格上涨20%，采购量增加10%", "-"),
    ("咨询费", "管理费用", "18,000", "临时聘请顾问", "-"),
    ("销售人员绩效", "人工成本", "230,000", "销售额超额20%，绩效提成增加", "见附件"),
)
_HEAD = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<head><meta http-equiv=Content-Type content="text/html; charset=utf-8">'
    "<meta name=ProgId content=Excel.Sheet><style><!--td {mso-number-format:General;}--></style></head>"
    "<body><table border=0 cellpadding=0 cellspacing=0 width=720 style='border-collapse:collapse'>"
    "<!--StartFragment--><col width=144 span=5 style='width:108pt'>"
)


def as_text(block: tuple[tuple[str, ...], ...]) -> str:
    return "".join("\t".join(row) + "\r\n" for row in block)


def as_table(block: tuple[tuple[str, ...], ...]) -> str:
    """The rows as HTML; an empty cell below a filled one is part of a merged cell."""
    lines = []
    for at, row in enumerate(block):
        below = block[at + 1] if at + 1 < len(block) else row
        cells = [
            f"<td class=xl65{' rowspan=2' if below[place] == '' else ''}>{text}</td>"
            for place, text in enumerate(row) if text
        ]  # fmt: skip
        lines.append(f"<tr height=19 style='height:14.4pt'>{''.join(cells)}</tr>")
    return f"{_HEAD}{''.join(lines)}<!--EndFragment--></table></body></html>"


def paste(page: Page, block: tuple[tuple[str, ...], ...]) -> None:
    """Ctrl+V with both kinds of content; the browser's own clipboard would clean the table."""
    page.evaluate(
        """([html, text]) => {
            const data = new DataTransfer()
            data.setData('text/html', html)
            data.setData('text/plain', text)
            document.activeElement.dispatchEvent(
                new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
        }""",
        [as_table(block), as_text(block)],
    )
