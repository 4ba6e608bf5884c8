"""The organisation as a sheet: in as a whole or not at all; out and in again changes nothing."""

import pytest

from opsloop.audit.models import AuditEvent
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
    return tree_sheet.bring_in(text, by=None, now=NOW)


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

    text = tree_sheet.written_out(give(boss, Role.EXECUTIVE))
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


def test_files_saved_by_excel_are_read():
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        assert tree_sheet.decoded(SHEET.encode(encoding)).startswith("部门编码")


def test_no_cell_becomes_a_formula(db):
    bring("department_code,department\n=1+1,@SUM(A1)\n")
    from tests.org.conftest import give, person

    text = tree_sheet.written_out(give(person("boss"), Role.EXECUTIVE))
    assert "'=1+1,'@SUM(A1)" in text
    assert bring(text).departments == 0


def test_only_who_edits_people_and_departments_imports(company):
    with pytest.raises(NotPermitted):
        tree_sheet.bring_in(SHEET, by=company.somebody(Role.OPERATIONS_MANAGER), now=NOW)
