"""What Excel and WPS put on the clipboard, and what nobody should."""

import time

import pytest

from opsloop.exchange import returned
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.table import Area, Limits

EXCEL = """<html xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><meta name=ProgId content=Excel.Sheet><style><!--table {mso-displayed-decimal-separator:"\\.";}
td {mso-number-format:General;}--></style></head>
<body><table border=0 cellpadding=0 style='border-collapse:collapse;width:216pt'>
<!--StartFragment-->
 <col width=72 span=3>
 <tr height=19><td rowspan=2 class=xl65>原材料</td><td class=xl66 x:num="500000">500,000</td>
  <td class=xl67 x:str="">A材料<br style='mso-data-placement:same-cell;'/>
  采购</td></tr>
 <tr height=19><td x:fmla="=IF(A1&gt;B1,1,2)">+30%</td><td data-sheets-value='{"1":2}'>&nbsp;</td></tr>
 <tr height=19><td colspan=2>合计</td><td>a   b
   c</td></tr>
<!--EndFragment-->
</table></body></html>"""


def test_an_excel_table_keeps_its_merged_cells_and_line_breaks():
    table = returned.clipboard(EXCEL)
    assert table.rows == (
        ("原材料", "500,000", "A材料\n采购"),
        ("", "+30%", ""),
        ("合计", "", "a b c"),
    )
    assert table.merged == (Area(0, 0, 1, 0), Area(2, 0, 2, 1))
    assert table.filled()[1][0] == "原材料"
    assert table.filled()[2][:2] == ("合计", "合计")


def test_where_text_and_html_differ_in_blanks_the_text_is_exact():
    text = '原材料\t500,000\t"A材料\n采购"\r\n\t+30%\t\r\n合计\t\ta   b c\r\n'
    assert returned.clipboard(EXCEL, text).rows[2] == ("合计", "", "a   b c")


def test_text_of_other_rows_is_not_believed():
    assert returned.clipboard(EXCEL, "x\ty").rows[0][0] == "原材料"


def test_rows_without_a_row_and_cells_without_an_end_are_cells():
    assert returned.clipboard("<table><td>a<td>b<tr><th>c</table><table><td>z").rows == (
        ("a", "b"),
        ("c", ""),
    )
    assert returned.clipboard("<table><tr><td>a<b").rows == (("a",),)
    assert returned.clipboard("<table><tr><td>a<br>b</td>x</tr>").rows == (("a\nb",),)


def test_a_table_in_a_cell_is_text_and_scripts_are_nothing():
    html = (
        "<table><tr><td>a<table><tr><td>b</td></tr></table></td>"
        "<td><script>alert(1)<td>x</td></script><style>c</style>d</td></tr></table>"
    )
    assert returned.clipboard(html).rows == (("ab", "d"),)


@pytest.mark.parametrize("span", ["x", "-3", "0", "", "99999999999"])
def test_senseless_spans_are_cut_to_the_table(span):
    rows = returned.clipboard(f"<table><tr><td rowspan='{span}'>a</td><td>b</td></tr></table>").rows
    assert rows == (("a", "b"),)


def test_no_table_is_the_text_alone():
    assert returned.clipboard("<p>x</p>", "a\tb").rows == (("a", "b"),)
    assert returned.clipboard("", "").rows == ()


def test_text_is_tabs_or_commas_and_a_stray_quote_is_a_quote():
    assert returned.pasted('"a\nb"\tc\r\n').rows == (("a\nb", "c"),)
    assert returned.pasted("a,b\nc").rows == (("a", "b"), ("c", ""))
    assert returned.pasted('5" disk\tx\n"open\ty').rows == (('5" disk', "x"), ('"open', "y"))


def test_too_many_columns_are_refused():
    for paste in (
        lambda: returned.pasted("\t" * 20, limits=Limits(columns=10)),
        lambda: returned.clipboard("<table><td colspan=99999>a</table>"),
    ):
        with pytest.raises(RefusedFile) as refusal:
            paste()
        assert refusal.value.code == "too_many_columns"


@pytest.mark.parametrize(
    "hostile",
    [
        "<table>" + "<!--" * 500_000,
        "<table>" + "<td " * 500_000,
        "<table>" + "<a " * 300_000 + ">",
        "<table>" + '<td x="' * 300_000 + ">",
        "<table>" + "<?" * 500_000,
        "<table>" + "<![CDATA[" * 300_000,
        "<table>" + "&" * 1_000_000,
        "<table>" + "<script>" * 200_000,
        "<table>" + "</" * 500_000 + ">",
        "<table>" + "<table>" * 200_000,
        "<table>" + "<tr><td rowspan=60000 colspan=1500>" * 3_000,
        "<table>" + "x" * 6_000_000,
    ],
)
def test_hostile_html_ends_soon(hostile):
    began = time.process_time()
    try:
        returned.clipboard(hostile)
    except RefusedFile as refusal:
        assert refusal.code == "too_many_columns"
    assert time.process_time() - began < 10
