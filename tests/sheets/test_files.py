"""Forms as files and back: downloads, the printed page, differences, what is taken over."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from opsloop.audit.models import AuditEvent
from opsloop.sheets.models import ReturnedForm

pytestmark = pytest.mark.django_db
MAGIC = {"xlsx": b"PK", "docx": b"PK", "pdf": b"%PDF", "csv": b"\xef\xbb\xbf"}


def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


def workbook(grid, query: str = "?layout=full"):
    """The exported workbook and the place of each heading."""
    book = openpyxl.load_workbook(
        io.BytesIO(content(grid.client.get(f"{grid.base}file/xlsx{query}")))
    )
    page = book.worksheets[0]
    for row in page.iter_rows():
        if "opsloop:id" in [cell.value for cell in row]:
            return book, page, row[0].row, {cell.value: cell.column for cell in row}
    raise AssertionError("no row of headings")


def send_back(grid, book):
    """Send a workbook back and look at the page of differences."""
    file = io.BytesIO()
    book.save(file)
    upload = SimpleUploadedFile("表.xlsx", file.getvalue())
    answer = grid.client.post(grid.base + "import", {"file": upload})
    assert answer.status_code == 302, answer
    return answer["Location"], grid.client.get(answer["Location"])


def take(grid, address, page, *tokens):
    seen = page.context["compared"].seen
    return grid.client.post(f"{address}apply", {"seen": seen, "take": tokens}, follow=True)


def tokens(page):
    return [choice.token for row in page.context["rows"] for choice in row.choices]


@pytest.mark.parametrize("kind", MAGIC)
def test_the_form_is_taken_away_in_every_format(cast, steps, grid, month, kind):
    for form in (steps, grid(cast.finance_reviewer, month)):
        answer = form.client.get(f"{form.base}file/{kind}")
        assert answer.status_code == 200
        assert content(answer).startswith(MAGIC[kind])
        assert "attachment" in answer["Content-Disposition"]


def test_other_formats_are_not_found(steps):
    assert steps.client.get(f"{steps.base}file/exe").status_code == 404


def test_the_printed_page_has_the_company_headings_and_the_signatures(steps):
    page = steps.client.get(f"{steps.base}print/").content.decode()
    for text in (
        "现有流程梳理与优化表",
        "耗时(小时)",
        "1.填写申请表",
        "97",
        "编制",
        "审核",
        "批准",
    ):
        assert text in page
    assert "步骤在日志" not in page


def test_an_unedited_workbook_changes_nothing(steps):
    before = steps.rows()
    book, *_rest = workbook(steps)
    address, page = send_back(steps, book)
    assert page.context["compared"].is_empty
    assert "没有差异" in page.content.decode()
    lines = AuditEvent.objects.exclude(action__startswith="sheets.").count()
    take(steps, address, page)
    assert AuditEvent.objects.exclude(action__startswith="sheets.").count() == lines
    assert steps.rows() == before


def test_a_workbook_changed_offline_shows_its_differences_and_updates_by_id(steps):
    book, page, heading, place = workbook(steps)
    page.cell(heading + 1, place["耗时(小时)"]).value = 0.5
    page.cell(heading + 2, place["涉及角色"]).value = "采购经理"
    page.delete_rows(heading + 3)
    address, shown = send_back(steps, book)
    text = shown.content.decode()
    assert "采购经理" in text
    assert shown.context["counts"] == {
        "changed": 2, "added": 0, "gone": 0, "removed": 1, "left_out": 0, "conflicts": 0,
    }  # fmt: skip
    taken = [one for one in tokens(shown) if not one.startswith("r:")]
    take(steps, address, shown, *taken)
    assert steps.column("hours")[0] == "0.5"
    assert steps.column("role")[1] == "采购经理"
    assert len(steps.rows()) == 5
    again = take(steps, address, shown, *taken)
    assert again.status_code == 200
    assert ReturnedForm.objects.get().state == "applied"


def test_rows_are_added_below_their_neighbours_and_removed_only_when_chosen(steps):
    book, page, heading, place = workbook(steps)
    page.insert_rows(heading + 2)
    page.cell(heading + 2, place["流程步骤"]).value = "登记"
    page.cell(heading + 2, place["耗时(小时)"]).value = 2
    page.delete_rows(heading + 6)
    address, shown = send_back(steps, book)
    assert (shown.context["counts"]["added"], shown.context["counts"]["removed"]) == (1, 1)
    take(steps, address, shown, *tokens(shown))
    assert steps.column("name") == [
        "填写申请表",
        "登记",
        "部门经理审批",
        "采购部审核",
        "财务部复核",
    ]


def test_a_cell_changed_on_both_sides_is_a_conflict_and_not_taken_unasked(
    cast, grid, process, steps
):
    book, page, heading, place = workbook(steps)
    page.cell(heading + 1, place["耗时(小时)"]).value = 3
    page.cell(heading + 1, place["涉及角色"]).value = "文件里的"
    grid(cast.operations_manager, process).edit(steps.rows()[0], hours="2")
    address, shown = send_back(steps, book)
    (row,) = [row for row in shown.context["rows"] if row.kind == "changed"]
    by_label = {choice.label: choice for choice in row.choices}
    assert by_label["耗时(小时)"].is_conflict
    assert not by_label["耗时(小时)"].is_taken
    assert by_label["涉及角色"].is_taken
    assert "双方均有修改" in shown.content.decode()
    take(steps, address, shown, *[one.token for one in row.choices if one.is_taken])
    assert steps.column("hours")[0] == "2"
    assert steps.column("role")[0] == "文件里的"


def test_what_changed_after_the_differences_were_shown_is_shown_again(cast, grid, process, steps):
    book, page, heading, place = workbook(steps)
    page.cell(heading + 1, place["涉及角色"]).value = "文件里的"
    address, shown = send_back(steps, book)
    grid(cast.operations_manager, process).edit(steps.rows()[0], role="别人的")
    take(steps, address, shown, *tokens(shown))
    assert steps.column("role")[0] == "别人的"


def test_faulty_rows_come_back_as_a_workbook(steps):
    book, page, heading, place = workbook(steps)
    page.cell(heading + 1, place["耗时(小时)"]).value = "很久"
    address, shown = send_back(steps, book)
    assert "很久" in shown.content.decode()
    faulty = openpyxl.load_workbook(io.BytesIO(content(steps.client.get(f"{address}faulty.xlsx"))))
    cells = [cell.value for row in faulty.worksheets[0].iter_rows() for cell in row]
    assert any("很久" in str(value) for value in cells)


def test_a_workbook_of_another_record_or_no_form_is_refused(cast, grid, steps, month):
    book, *_rest = workbook(grid(cast.finance_reviewer, month), "")
    file = io.BytesIO()
    book.save(file)
    for name, body in [
        ("表.xlsx", file.getvalue()),
        ("a.csv", b"a,b\n1,2\n"),
        ("a.exe", b"MZ"),
        ("x.xlsx", b"no"),
    ]:
        answer = steps.client.post(
            steps.base + "import", {"file": SimpleUploadedFile(name, body)}, follow=True
        )
        assert answer.redirect_chain[-1][0] == steps.base
        assert list(answer.context["messages"]), name
    assert not ReturnedForm.objects.exists()
    empty = steps.client.post(steps.base + "import", {}, follow=True)
    assert list(empty.context["messages"])


def test_returned_files_are_their_senders_own(cast, grid, process, steps):
    book, *_rest = workbook(steps)
    address, _page = send_back(steps, book)
    assert grid(cast.operations_manager, process).client.get(address).status_code == 404
    reader = grid(cast.employee, process)
    assert reader.client.post(reader.base + "import", {}).status_code == 403


def test_the_page_of_a_form_holds_the_grid_and_its_files(cast, grid, process, steps):
    page = steps.client.get(steps.base).content.decode()
    assert f'data-grid="{steps.base}"' in page
    assert f"{steps.base}file/docx" in page
    assert f"{steps.base}import" in page
    reader = grid(cast.employee, process)
    assert f"{steps.base}import" not in reader.client.get(steps.base).content.decode()
    assert grid(cast.outsider, process).client.get(steps.base).status_code == 404
