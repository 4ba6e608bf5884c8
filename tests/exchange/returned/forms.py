"""A form with every type of column, and files of it as other programs write them."""

import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from opsloop.exchange.columns import Column, Formula, Sheet
from opsloop.exchange.reader import cells_into
from opsloop.exchange.sandbox import _cells
from opsloop.exchange.table import Cells, squared

FORM = Sheet(
    key="every_type",
    title="Every type",
    printed_title="各类型表",
    signatures=("编制", "审核", "批准"),
    numbering=True,
    header=(
        Column("project", "Project", printed="项目名称", required=True),
        Column("lead", "Lead", type="person", printed="项目负责人", aliases=("负责人",)),
        Column("started_on", "Started on", type="date", printed="启动日期"),
    ),
    columns=(
        Column("task", "Task", printed="任务", required=True),
        Column("note", "Note", type="long_text", printed="说明文字"),
        Column("count", "Count", type="number", unit="个", printed="数量(个)"),
        Column("budget", "Budget", type="money", printed="预算金额(元)", aliases=("预算",)),
        Column("actual", "Actual", type="money", printed="实际支出(元)", editable=False),
        Column("variance", "Variance", type="money", printed="差异额(元)", computed=True,
               formula=Formula("difference", ("actual", "budget"))),
        Column("share", "Share", type="percent", unit="%", printed="占比(%)"),
        Column("effort", "Effort", type="hours", printed="耗时(小时)"),
        Column("due_on", "Due on", type="date", printed="计划完成时间"),
        Column("seen_at", "Seen at", type="datetime", printed="检查时刻"),
        Column("state", "State", type="choice", printed="状态",
               choices=(("open", "Open"), ("done", "Done")),
               words=(("进行中", "open"), ("已完成", "done"))),
        Column("owner", "Owner", type="person", printed="责任人"),
        Column("department", "Department", type="department", printed="责任部门", required=True),
        Column("urgent", "Urgent", type="boolean", printed="是否紧急"),
    ),
)  # fmt: skip
# A form of two columns, for what needs no types.
SMALL = Sheet(
    key="small",
    title="Small",
    header=(Column("name", "Name", printed="名称"),),
    columns=(
        Column("name", "Item", printed="事项", required=True),
        Column("amount", "Amount", type="money", printed="金额(元)"),
    ),
)


def cells(*rows, merged=(), **more) -> Cells:
    return Cells(squared(rows), merged=tuple(merged), **more)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def paragraph(text: str) -> str:
    runs = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n")
    )
    return f"<w:p><w:r>{runs}</w:r></w:p>"


def word_cell(text: str, span: int = 1, joined: str | None = None) -> str:
    marks = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    if joined is not None:
        marks += f'<w:vMerge w:val="{joined}"/>' if joined else "<w:vMerge/>"
    return f"<w:tc><w:tcPr>{marks}</w:tcPr>{paragraph(text)}</w:tc>"


def word_table(*rows: list[str]) -> str:
    made = ("<w:tr>" + "".join(row) + "</w:tr>" for row in rows)
    return "<w:tbl>" + "".join(made) + "</w:tbl>"


def document(path: Path, *blocks: str, before: str = "") -> Path:
    body = f'<?xml version="1.0"?>{before}<w:document xmlns:w="{W}"><w:body>{"".join(blocks)}</w:body></w:document>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", body)
    return path


def read_here(path: Path, **limits) -> tuple[Cells, ...]:
    """What the sandbox reads, read in this process: for many files, and for their coverage."""
    with tempfile.TemporaryDirectory() as folder:
        found = cells_into(Path(folder), {"path": str(path), "limits": limits})
        return tuple(_cells(Path(folder), sheet, found) for sheet in found["sheets"])
