"""Forms as Word documents, PDF and CSV."""

import contextlib
import csv
import dataclasses
import io
import re
import zlib
from datetime import datetime

import docx
import pytest

from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.exchange.printing import delimited, document, pdf
from tests.exchange.printing import forms
from tests.exchange.printing.forms import TEXTS


def opened(filled, **more):
    file = io.BytesIO()
    document.write(filled, file, texts=TEXTS, **more)
    file.seek(0)
    return docx.Document(file)


def grid(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def unpacked(content):
    """A PDF with the objects that are packed in it."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    for part in packed:
        with contextlib.suppress(zlib.error):
            content += zlib.decompress(part)
    return content


def pages(content):
    return len(re.findall(rb"/Type\s*/Page\b", unpacked(content)))


def as_pdf(filled, **more):
    file = io.BytesIO()
    pdf.write(filled, file, texts=TEXTS, **more)
    return file.getvalue()


def lines_of(filled, **more):
    file = io.BytesIO()
    delimited.write(filled, file, texts=TEXTS, **more)
    content = file.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def many(count):
    line = forms.cost().rows[0]
    rows = tuple(dataclasses.replace(line, id=str(at)) for at in range(count))
    return dataclasses.replace(forms.cost(), rows=rows)


def test_the_word_document_is_the_printed_form_and_can_be_edited():
    made = opened(forms.process(), made_at=datetime(2024, 7, 1))
    section = made.sections[0]
    assert section.page_width > section.page_height
    assert made.paragraphs[0].text == "现有流程梳理与优化表"
    block, table = made.tables
    assert grid(block) == [
        ["流程名称", "责任部门", "流程起点", "流程终点", "记录日期"],
        ["采购申请审批流程", "采购部、财务部", "提交采购申请", "完成采购入库", "2024-05-20"],
    ]
    assert grid(table)[0] == ["流程步骤", "涉及角色", "输入内容", "输出内容", "耗时(小时)"]
    assert grid(table)[1] == ["1.填写申请表", "申请人", "采购需求明细", "纸质/电子申请表", "1"]
    assert grid(table)[-1] == ["合计", "", "", "", "97"]
    assert made.paragraphs[-1].text == "编制：\t审核：\t批准："
    assert made.core_properties.created.year == 2024
    xml = made.element.xml
    assert xml.count("<w:tblHeader/>") == 1
    assert 'w:eastAsia="SimSun"' in xml
    footer = made.sections[0].footer._element.xml
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer


def test_word_has_tabs_line_ends_branches_and_the_unit_note():
    filled = forms.tasks()
    child = dataclasses.replace(filled.rows[2], values={"name": "a\tb\nc", "risk": "险" * 500})
    made = opened(dataclasses.replace(filled, rows=(*filled.rows[:2], child)))
    assert grid(made.tables[1])[3][0] == "a\tb\nc"
    assert 'w:ind w:left="200"' in made.element.xml
    assert made.element.xml.count("<w:cantSplit/>") == 5
    assert "单位：元" in [paragraph.text for paragraph in opened(forms.cost()).paragraphs]


@pytest.mark.parametrize("form", forms.ALL)
def test_every_form_is_one_page_of_pdf(form):
    content = as_pdf(form())
    assert content.startswith(b"%PDF-")
    assert pages(content) == 1


def test_the_font_is_built_and_embedded():
    assert {path.name for path in pdf.FONTS.iterdir()} == {
        "NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf", "OFL.txt",
    }  # fmt: skip
    names = set(re.findall(rb"/FontName\s*/[A-Z]{6}\+([\w-]+)", unpacked(as_pdf(forms.cost()))))
    assert names == {b"NotoSansSC-Regular", b"NotoSansSC-Bold"}


def test_a_long_form_takes_many_pages_everywhere():
    filled = many(5000)
    assert pages(as_pdf(filled)) > 150
    assert len(opened(filled).tables[1].rows) == 5002
    assert len(lines_of(filled)) == 5003


def test_a_form_without_rows_prints_its_headings():
    empty = many(0)
    assert pages(as_pdf(empty)) == 1
    assert grid(opened(empty).tables[1])[0][0] == "成本类别"
    assert lines_of(empty)[-1][0] == "成本类别"


def test_a_form_without_columns_signatures_or_font_prints_too(monkeypatch, tmp_path):
    monkeypatch.setattr(pdf, "FONTS", tmp_path / "none")
    bare = FilledSheet(
        dataclasses.replace(forms.PROCESS, columns=(), header=()), {}, (SheetRow("1", {}),)
    )
    silent = dataclasses.replace(TEXTS, signatures=())
    pdf.write(bare, tmp_path / "a.pdf", texts=silent)
    document.write(bare, tmp_path / "a.docx", texts=silent)
    delimited.write(bare, tmp_path / "a.csv", texts=silent)
    assert pages((tmp_path / "a.pdf").read_bytes()) == 1
    assert docx.Document(str(tmp_path / "a.docx")).tables == []


def test_the_same_form_makes_the_same_pdf():
    when = datetime(2024, 7, 1)
    assert as_pdf(forms.cost(), made_at=when) == as_pdf(forms.cost(), made_at=when)


def test_rare_characters_and_signs_no_font_knows_print():
    values = {"name": "张珺、赵堃、𠮷野 😀 \ue000\U0010fffd", "risk": "x" * 40_000}
    filled = dataclasses.replace(forms.tasks(), rows=(SheetRow("1", values),))
    assert pages(as_pdf(filled)) >= 1


def test_csv_is_two_blocks_as_people_paste_them():
    assert lines_of(forms.process())[:4] == [
        ["流程名称", "责任部门", "流程起点", "流程终点", "记录日期"],
        ["采购申请审批流程", "采购部、财务部", "提交采购申请", "完成采购入库", "2024-05-20"],
        ["流程步骤", "涉及角色", "输入内容", "输出内容", "耗时(小时)"],
        ["1.填写申请表", "申请人", "采购需求明细", "纸质/电子申请表", "1"],
    ]


def test_csv_of_the_table_alone_has_exact_numbers_and_ids():
    head, first, *_rest = lines_of(forms.cost(), layout="full", title_block=False)
    assert head[-2:] == ["opsloop:id", "opsloop:version"]
    assert first[2:6] == ["500000", "650000", "150000", "30%"]
    assert first[-2:] == ["1", "v1"]
