"""The organisation as a sheet: in as a whole or not at all; out and in again changes nothing."""

from io import BytesIO
from pathlib import Path

import pytest
from django.urls import reverse

from opsloop.audit.models import AuditEvent
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.workbook_out import write_rows
from opsloop.org import tree_sheet
from opsloop.org.models import Department, Person
from opsloop.org.permissions import NotPermitted, Role
from tests.org.conftest import NOW

SHEET = """部门编码,部门,上级部门编码,用户名,姓名,工号,岗位,上级(用户名)
hq,江南机械,,chen,陈总,001,总经理,
buy,采购部,hq,wang,王芳,002,经理,chen
buy,采购部,hq,li,李雷,003,采购员,wang
store,仓库,buy,,,,,
"""


def bring(text: str = SHEET) -> tree_sheet.Outcome:
    return tree_sheet.bring_in(tree_sheet.pasted_rows(text), by=None, now=NOW)


def from_file(path: Path, data: bytes) -> tree_sheet.Outcome:
    path.write_bytes(data)
    return tree_sheet.bring_in(tree_sheet.file_rows(path), by=None, now=NOW)


def test_a_sheet_becomes_the_tree_its_people_and_their_superiors(db):
    outcome = bring()
    assert (outcome.problems, outcome.departments, outcome.people) == ([], 3, 3)
    store = Department.objects.get(code="store")
    assert [Department.objects.get(pk=pk).code for pk in store.lineage] == ["hq", "buy", "store"]
    li = Person.objects.get(username="li")
    assert li.superior == Person.objects.get(username="wang")
    assert li.main_department == Department.objects.get(code="buy")


def test_what_went_out_comes_in_again_without_a_change(db):
    bring()
    boss = Person.objects.get(username="chen")
    boss.role_assignments.all().delete()
    from tests.org.conftest import give

    text = tree_sheet.csv_out(give(boss, Role.EXECUTIVE))
    before = AuditEvent.objects.count()
    outcome = bring(text)
    assert (outcome.problems, outcome.departments, outcome.people) == ([], 0, 0)
    assert AuditEvent.objects.count() == before


def test_a_changed_row_changes_only_its_person(db):
    bring()
    outcome = bring(SHEET.replace("李雷", "李蕾").replace("采购员", "采购专员"))
    assert (outcome.departments, outcome.people) == (0, 1)
    li = Person.objects.get(username="li")
    assert (li.name, li.memberships.get().position) == ("李蕾", "采购专员")


@pytest.mark.parametrize(
    ("line", "row", "column"),
    [
        (",销售部,hq,,,,,", 6, "department_code"),
        ("sell,,hq,,,,,", 6, "department"),
        ("sell,销售部,nowhere,,,,,", 6, "parent_code"),
        ("sell,销售部,hq,zhao,,,,", 6, "name"),
        ("sell,销售部,hq,li,李雷,,,", 6, "username"),
        ("sell,销售部,hq,zhao,赵,,,nobody", 6, "superior"),
    ],
)
def test_one_bad_row_keeps_everything_out(line, row, column, db):
    outcome = bring(SHEET + line + "\n")
    (problem,) = outcome.problems
    assert (problem.row, problem.column) == (row, tree_sheet.COLUMNS[column])
    assert not Person.objects.exists()
    assert not Department.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_circle_in_the_sheet_is_found(db):
    outcome = bring("department_code,department,parent_code\na,甲,b\nb,乙,a\n")
    assert len(outcome.problems) == 1
    assert not Department.objects.exists()


def test_text_pasted_from_a_spreadsheet_is_read(db):
    assert bring(SHEET.replace(",", "\t")).people == 3
    assert bring("").problems
    assert bring("完全,不是,表头\n1,2,3\n").problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_saved_by_excel_are_read(encoding, tmp_path, db):
    assert from_file(tmp_path / "tree.csv", SHEET.encode(encoding)).people == 3


def workbook(path: Path, text: str = SHEET, above: tuple[str, ...] = ()) -> Path:
    """The sheet as a workbook, perhaps with a title above its headings."""
    lines = [line.split(",") for line in text.splitlines()]
    if above:
        write_rows(path, (*above, *[""] * (len(lines[0]) - len(above))), lines)
    else:
        write_rows(path, lines[0], lines[1:])
    return path


def test_a_workbook_says_what_the_same_text_says(tmp_path):
    rows = tree_sheet.file_rows(workbook(tmp_path / "tree.xlsx"))
    assert rows == tree_sheet.pasted_rows(SHEET)


def test_a_title_above_the_headings_is_passed_over_and_rows_keep_their_numbers(tmp_path):
    rows = tree_sheet.file_rows(workbook(tmp_path / "tree.xlsx", above=("组织架构表",)))
    assert [number for number, _row in rows] == [3, 4, 5, 6]
    assert rows[0][1]["employee_no"] == "001"


def test_a_bad_row_of_a_workbook_is_named_by_its_row(tmp_path, db):
    path = workbook(tmp_path / "tree.xlsx", SHEET + "sell,销售部,nowhere,,,,,\n")
    outcome = tree_sheet.bring_in(tree_sheet.file_rows(path), by=None, now=NOW)
    assert [problem.row for problem in outcome.problems] == [6]
    assert not Department.objects.exists()


def test_a_workbook_that_went_out_comes_in_again_without_a_change(tmp_path, db):
    bring()
    from tests.org.conftest import give, person

    path = tmp_path / "out.xlsx"
    tree_sheet.workbook_out(give(person("boss"), Role.EXECUTIVE), path)
    outcome = tree_sheet.bring_in(tree_sheet.file_rows(path), by=None, now=NOW)
    assert (outcome.problems, outcome.departments, outcome.people) == ([], 0, 0)


def test_a_damaged_workbook_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "tree.xlsx"
    path.write_bytes(workbook(tmp_path / "whole.xlsx").read_bytes()[:900])
    with pytest.raises(RefusedFile):
        tree_sheet.file_rows(path)


def test_the_page_takes_a_workbook_and_gives_one_back(company, client, tmp_path):
    admin = company.somebody(Role.SYSTEM_ADMIN)
    client.force_login(admin)
    data = workbook(tmp_path / "tree.xlsx").read_bytes()
    file = BytesIO(data)
    file.name = "tree.xlsx"
    assert client.post(reverse("org:import"), {"file": file}).status_code == 302
    assert Department.objects.filter(code="store").exists()
    out = b"".join(client.get(reverse("org:export")).streaming_content)
    assert out.startswith(b"PK")
    text = b"".join(client.get(reverse("org:export"), {"form": "csv"}).streaming_content)
    assert "仓库" in text.decode("utf-8-sig")


def test_the_page_says_why_a_file_is_not_read(company, client):
    client.force_login(company.somebody(Role.SYSTEM_ADMIN))
    file = BytesIO(b"PK\x03\x04 broken")
    file.name = "tree.xlsx"
    answer = client.post(reverse("org:import"), {"file": file})
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]


def test_no_cell_becomes_a_formula(db):
    bring("department_code,department\n=1+1,@SUM(A1)\n")
    from tests.org.conftest import give, person

    text = tree_sheet.csv_out(give(person("boss"), Role.EXECUTIVE))
    assert "'=1+1,'@SUM(A1)" in text
    assert bring(text).departments == 0


def test_only_who_edits_people_and_departments_imports(company):
    with pytest.raises(NotPermitted):
        tree_sheet.bring_in(
            tree_sheet.pasted_rows(SHEET), by=company.somebody(Role.OPERATIONS_MANAGER), now=NOW
        )
