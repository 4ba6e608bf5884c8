"""No text of any form becomes a formula, markup or a crash, whatever its column or the file."""

import csv
import dataclasses
import io

import docx
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsloop.exchange.cell_text import cell_text, looks_like_formula, printable
from opsloop.exchange.columns import SheetRow
from opsloop.exchange.printing import delimited, document, pdf, workbook
from tests.exchange.printing import forms
from tests.exchange.printing.forms import TEXTS

STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "|", "%", " =", "\u2212", "\n=")
HOSTILE = st.builds(str.__add__, st.sampled_from(STARTS), st.text(max_size=12))
TEXTS_OF_ANY_KIND = st.one_of(HOSTILE, st.text(st.characters(), max_size=30))
FORMS = tuple((form.__name__, form) for form in forms.ALL)


def poisoned(filled, text):
    """The form with the text in every cell that takes texts, in the title block and as row id."""
    sheet = filled.sheet
    header = {column.key: text for column in sheet.header}
    values = {column.key: text for column in sheet.columns if column.formula is None}
    row = SheetRow(text, values, version=text)
    return dataclasses.replace(filled, header=header, rows=(row, row), totals={})


def saved(writer, filled, **more):
    file = io.BytesIO()
    writer.write(filled, file, texts=TEXTS, layout="full", **more)
    file.seek(0)
    return file


@pytest.mark.parametrize(("_name", "form"), FORMS)
@settings(max_examples=25, deadline=None)
@given(text=TEXTS_OF_ANY_KIND)
@example(text='=HYPERLINK("http://x","y")')
@example(text="<r><t>&x</t></r>")
@example(text="_x003D_1+1")
@example(text="\ud800=1")
@example(text="{page}&P#panic()$x$*b*")
def test_a_workbook_holds_texts_as_texts(_name, form, text):
    book = openpyxl.load_workbook(saved(workbook, poisoned(form(), text), subject=text))
    for page in book:
        for line in page.iter_rows():
            for cell in line:
                live = cell.data_type == "f"
                assert not live or str(cell.value).startswith(("=IF(", "=SUM(")), cell.value
                if isinstance(cell.value, str) and looks_like_formula(cell.value) and not live:
                    assert cell.data_type in {"s", "inlineStr"}


@pytest.mark.parametrize(("_name", "form"), FORMS)
@settings(max_examples=25, deadline=None)
@given(text=TEXTS_OF_ANY_KIND)
def test_no_cell_of_a_csv_begins_like_a_formula(_name, form, text):
    content = saved(delimited, poisoned(form(), text)).read().decode("utf-8-sig")
    for line in csv.reader(io.StringIO(content)):
        for cell in line:
            assert not looks_like_formula(cell), cell


@pytest.mark.parametrize(("_name", "form"), FORMS)
@settings(max_examples=15, deadline=None)
@given(text=TEXTS_OF_ANY_KIND)
@example(text="</w:t></w:r><w:fldSimple/>&amp;")
def test_word_prints_the_text_itself(_name, form, text):
    made = docx.Document(saved(document, poisoned(form(), text)))
    shown = [cell.text for cell in made.tables[-1].rows[1].cells]
    assert shown[1] == printable(text)


@settings(max_examples=15, deadline=None)
@given(text=TEXTS_OF_ANY_KIND)
@example(text='#panic()$x$*b*_i_[c]\\ "quoted" {page}')
@example(text='#include "form.typ"')
def test_typst_takes_no_text_for_markup(text):
    assert saved(pdf, poisoned(forms.tasks(), text)).read().startswith(b"%PDF-")


def test_typed_signs_are_quoted_so_that_editing_keeps_them_text():
    page = openpyxl.load_workbook(saved(workbook, poisoned(forms.tasks(), "=1+1"))).worksheets[0]
    cells = [*page[3], *page[5]]
    hidden = {page.cell(5, 7).coordinate, page.cell(5, 8).coordinate}
    quoted = [cell for cell in cells if cell.value == "=1+1" and cell.coordinate not in hidden]
    assert len(quoted) == 9
    assert all(cell.quotePrefix for cell in quoted)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\x1fc\ufffe\ud800", "a b c  "),
        ("字" * 40_000, "字" * 32_766 + "…"),
        ("😀" * 20_000, "😀" * 16_383 + "…"),
        ("x" + "😀" * 20_000, "x" + "😀" * 16_382 + "…"),
        ("😀" * 16_383, "😀" * 16_383),
        ("<r>x</r>", "<r>x</r> "),
    ],
)
def test_a_cell_holds_what_excel_can_hold(text, kept):
    assert cell_text(text) == kept


def test_a_very_long_text_is_written_everywhere():
    filled = poisoned(forms.tasks(), "很长" * 30_000)
    book = openpyxl.load_workbook(saved(workbook, filled))
    assert len(book.worksheets[0]["A5"].value) == 32_767
    assert len(docx.Document(saved(document, filled)).tables[-1].rows[1].cells[1].text) == 60_000
