"""A filled form as a Word document: editable, laid out as the printed form.

The table is written as one piece of XML: cell by cell through the library, a form of thousands of
rows takes minutes.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import parse_xml
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from opsloop.exchange.cell_text import printable
from opsloop.exchange.columns import FilledSheet
from opsloop.exchange.printing import formulas, paper, shown
from opsloop.exchange.printing.paper import Line, Paper
from opsloop.exchange.printing.texts import Layout, PrintTexts

_LATIN, _BODY, _TITLE = "Times New Roman", "SimSun", "SimHei"
# Word's units: a millimetre in twentieths of a point, ten points in half points.
_MILLIMETRE: Final = 1440 / 25.4
_SIZE, _INDENT, _LOWEST = 20, 200, 420
# The margins of a cell.
_BESIDE, _ABOVE = 65, 45
# Beyond so many characters a row may break over two pages.
_LONG: Final = 400
_FIELD = re.compile(r"(\{page\}|\{pages\})")
_INSTRUCTIONS: Final = {"{page}": "PAGE", "{pages}": "NUMPAGES"}


def write(
    filled: FilledSheet,
    target: Path | BinaryIO,
    *,
    texts: PrintTexts,
    layout: Layout = "company",
    made_at: datetime | None = None,
) -> None:
    """Write a form as docx on A4 landscape. `made_at` is the document's date of creation."""
    page = paper.laid_out(filled, texts, layout)
    document = _blank(page, made_at)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_after = Pt(6)
    _run(title, page.title, size=18, bold=True, font=_TITLE)
    for fields in page.blocks:
        widths = [sum(page.widths[field.first : field.last + 1]) * page.scale for field in fields]
        values = [shown.shown(field.column, field.value, texts) for field in fields]
        rows = (
            _row([(field.heading, "center", 0) for field in fields], page, bold=True, shaded=True),
            _row([(value, "center", 0) for value in values], page),
        )
        _table(document, widths, rows, page.scale)
        _gap(document)
    if page.unit_note:
        note = document.add_paragraph()
        note.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _run(note, page.unit_note)
    if page.columns:
        widths = [width * page.scale for width in page.widths]
        _table(document, widths, _rows(filled, page, texts), page.scale)
    _signatures(document, page)
    _footer(document, texts)
    document.save(str(target) if isinstance(target, Path) else target)


def _blank(page: Paper, made_at: datetime | None) -> Document:
    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin, section.bottom_margin = Mm(13), Mm(16)
    section.footer_distance = Mm(8)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _LATIN, Pt(10)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY)
    # Without it Chinese punctuation takes the forms of Taiwan.
    normal.element.rPr.append(parse_xml(f"<w:lang {nsdecls('w')} w:eastAsia='zh-CN'/>"))
    normal.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = printable(page.title)[:255], "", ""
    if made_at is not None:
        properties.created = properties.modified = made_at
    return document


def _run(
    paragraph: Paragraph, text: str, *, size: float = 10, bold: bool = False, font: str = _BODY
) -> None:
    run = paragraph.add_run(printable(text))
    run.bold, run.font.size, run.font.name = bold, Pt(size), _LATIN
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()  # noqa: SLF001  # no other door to the East Asian font
    fonts.set(qn("w:eastAsia"), font)


def _gap(document: Document) -> None:
    """Two tables without a paragraph between them become one."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.line_spacing = Pt(3)


def _rows(filled: FilledSheet, page: Paper, texts: PrintTexts) -> Iterable[str]:
    sides = [shown.align(column) for column in page.columns]
    headings = [(heading, "center", 0) for heading in page.headings]
    yield _row(headings, page, bold=True, shaded=True, repeated=True)
    for line in paper.lines(filled):
        values = _cells(line, page, texts)
        depths = [line.depth, *[0] * len(values)]
        yield _row(list(zip(values, sides, depths, strict=False)), page)
    totals = formulas.total_cells(filled, page.columns, texts)
    if totals:
        sides = ["center", *sides[1:]]
        yield _row(
            [(text, side, 0) for text, side in zip(totals, sides, strict=True)], page, bold=True
        )


def _cells(line: Line, page: Paper, texts: PrintTexts) -> list[str]:
    cells = [shown.shown(c, formulas.value_of(c, line.row), texts) for c in page.columns]
    return [line.number + cells[0], *cells[1:]]


def _row(
    cells: Sequence[tuple[str, str, int]],
    page: Paper,
    *,
    bold: bool = False,
    shaded: bool = False,
    repeated: bool = False,
) -> str:
    """One row; a cell is its text, its alignment and its depth in the tree."""
    look = f"<w:rPr>{'<w:b/>' if bold else ''}<w:sz w:val='{int(_SIZE * page.scale)}'/></w:rPr>"
    shade = "<w:shd w:val='clear' w:color='auto' w:fill='EDEFF2'/>" if shaded else ""
    whole = "" if any(len(text) > _LONG for text, _side, _depth in cells) else "<w:cantSplit/>"
    height = f"<w:trHeight w:val='{int(_LOWEST * page.scale)}'/>"
    parts = [f"<w:tr><w:trPr>{whole}{height}{'<w:tblHeader/>' if repeated else ''}</w:trPr>"]
    for text, side, depth in cells:
        indent = f"<w:ind w:left='{depth * _INDENT}'/>" if depth else ""
        parts.append(
            f"<w:tc><w:tcPr>{shade}<w:vAlign w:val='center'/></w:tcPr>"
            f"<w:p><w:pPr>{indent}<w:jc w:val='{side}'/></w:pPr>"
            f"<w:r>{look}{_text(text)}</w:r></w:p></w:tc>"
        )
    return "".join((*parts, "</w:tr>"))


def _text(text: str) -> str:
    """The content of a run: texts, tabs and line ends."""
    marked = escape(printable(text))
    marked = marked.replace("\n", "</w:t><w:br/><w:t xml:space='preserve'>")
    marked = marked.replace("\t", "</w:t><w:tab/><w:t xml:space='preserve'>")
    return f"<w:t xml:space='preserve'>{marked}</w:t>"


def _table(document: Document, widths: Sequence[float], rows: Iterable[str], scale: float) -> None:
    units = [int(width * _MILLIMETRE) for width in widths]
    beside, above = int(_BESIDE * scale), int(_ABOVE * scale)
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = "".join(f"<w:{side} w:val='single' w:sz='4' w:color='000000'/>" for side in sides)
    table = parse_xml(
        f"<w:tbl {nsdecls('w')}><w:tblPr><w:tblW w:w='{sum(units)}' w:type='dxa'/>"
        f"<w:tblInd w:w='{beside}' w:type='dxa'/><w:tblBorders>{borders}</w:tblBorders>"
        "<w:tblLayout w:type='fixed'/><w:tblCellMar>"
        f"<w:top w:w='{above}' w:type='dxa'/><w:left w:w='{beside}' w:type='dxa'/>"
        f"<w:bottom w:w='{above}' w:type='dxa'/><w:right w:w='{beside}' w:type='dxa'/>"
        "</w:tblCellMar></w:tblPr><w:tblGrid>"
        + "".join(f"<w:gridCol w:w='{unit}'/>" for unit in units)
        + f"</w:tblGrid>{''.join(rows)}</w:tbl>"
    )
    body = document.element.body
    body.insert(len(body) - 1, table)


def _signatures(document: Document, page: Paper) -> None:
    """One line below the table, a place for each role."""
    if not page.signatures:
        return
    line = document.add_paragraph()
    line.paragraph_format.space_before = Pt(18)
    for place in range(1, len(page.signatures)):
        line.paragraph_format.tab_stops.add_tab_stop(Mm(paper.WIDTH * place / len(page.signatures)))
    _run(line, "\t".join(page.signatures))


def _footer(document: Document, texts: PrintTexts) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in filter(None, _FIELD.split(texts.page)):
        if part in _INSTRUCTIONS:
            field = f"<w:fldSimple {nsdecls('w')} w:instr='{_INSTRUCTIONS[part]}'><w:r><w:rPr>"
            field += "<w:sz w:val='18'/></w:rPr><w:t>1</w:t></w:r></w:fldSimple>"
            paragraph._p.append(parse_xml(field))  # noqa: SLF001  # the library knows no fields
        else:
            _run(paragraph, part, size=9)
