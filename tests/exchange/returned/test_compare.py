"""What a returned form would change, and what it must not."""

from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.exchange.problems import Problem
from opsloop.exchange.returned import difference, write_faulty
from opsloop.exchange.returned.compare import same
from opsloop.exchange.returned.model import MatchedColumn, ReturnedForm, ReturnedRow
from opsloop.exchange.returned.reading import read
from tests.exchange.returned.forms import FORM, SMALL

D = Decimal


def filled(*rows, **header):
    return FilledSheet(SMALL, header, tuple(SheetRow(*row) for row in rows))


def came(*rows, has_ids=True, exported=True, kind="xlsx", **header):
    made = tuple(
        ReturnedRow(
            row=at, id=identity, version=version, values=values,
            texts={key: str(value or "") for key, value in values.items()},
        )
        for at, (identity, version, values) in enumerate(rows, start=2)
    )  # fmt: skip
    keys = dict.fromkeys(key for row in made for key in row.values)
    columns = tuple(MatchedColumn(at, key, key, "key") for at, key in enumerate(keys))
    return ReturnedForm(
        header, made, columns, has_ids=has_ids, exported=exported, format=kind
    )  # fmt: skip


A = ("1", {"name": "a", "amount": D(5)}, "v1")
B = ("2", {"name": "b", "amount": None}, "v1")


def test_an_unedited_file_changes_nothing():
    found = difference(
        filled(A, B, name="x"),
        came(
            ("1", "v1", {"name": "a", "amount": D("5.00")}), ("2", "v1", {"name": "b"}), name="x "
        ),
    )
    assert found.is_empty
    assert [row.id for row in found.unchanged] == ["1", "2"]


def test_every_kind_of_change_is_told():
    found = difference(
        filled(A, B, ("3", {"name": "c"}, "v1"), name="x"),
        came(
            ("1", "v1", {"name": "a", "amount": D(7)}),
            ("", "", {"name": "new"}),
            ("2", "v1", {"name": "b"}),
            ("2", "v1", {"name": "copy of b"}),
            ("9", "v1", {"name": "deleted"}),
            name="y",
        ),
    )
    (change,) = found.changed
    assert [(cell.key, cell.before, cell.after) for cell in change.cells] == [
        ("amount", D(5), D(7))
    ]
    assert not change.conflicts
    assert [row.values["name"] for row in found.added] == ["new", "copy of b"]
    assert [row.id for row in found.removed] == ["3"]
    assert [row.id for row in found.gone] == ["9"]
    assert [(cell.before, cell.after) for cell in found.header] == [("x", "y")]
    assert not found.is_empty
    assert found.conflicts == ()


def test_a_part_of_the_rows_removes_none():
    rows = [("1", "v1", {"name": "a", "amount": D(6)})]
    assert difference(filled(A, B), came(*rows, exported=False)).removed == ()


def test_rows_without_ids_are_known_by_what_names_them():
    found = difference(
        filled(A, B),
        came(
            ("", "", {"name": " Ａ ", "amount": D(6)}),
            ("", "", {"name": "a", "amount": D(1)}),
            has_ids=False,
            exported=False,
        ),
    )
    assert [row.id for row in found.changed] == ["1"]
    assert len(found.added) == 1
    assert found.removed == ()


def test_a_file_without_the_naming_column_is_known_by_its_first():
    rows = [("", "", {"amount": D(5)})]
    found = difference(filled(A), came(*rows, has_ids=False, exported=False))
    assert [row.id for row in found.unchanged] == ["1"]


def test_what_both_changed_is_a_conflict():
    now = ("1", {"name": "a", "amount": D(8)}, "v2")
    file = came(("1", "v1", {"name": "a", "amount": D(7)}))
    (change,) = difference(filled(now), file).conflicts
    assert [cell.key for cell in change.conflicts] == ["amount"]
    assert difference(filled(now), came(("1", "v1", {"amount": D(8)}))).is_empty


def test_the_older_state_tells_who_changed_a_cell():
    now = ("1", {"name": "a", "amount": D(8)}, "v2")
    file = came(("1", "v1", {"name": "a2", "amount": D(7)}))

    def told(**base):
        found = difference(filled(now), file, base={("1", "v1"): MappingProxyType(base)})
        return [(cell.key, cell.is_conflict) for row in found.changed for cell in row.cells]

    assert told(name="a", amount=D(7)) == [("name", False)]
    assert told(name="a", amount=D(5)) == [("name", False), ("amount", True)]


def test_cells_nobody_may_change_stay_and_are_told():
    current = FilledSheet(
        FORM, {}, (SheetRow("1", {"task": "a", "actual": D(1), "variance": D(3)}, "v"),)
    )
    row = {"task": "a", "actual": D(2), "variance": D(9)}
    found = difference(current, came(("1", "v", row)))
    assert found.is_empty
    assert [[cell.key for cell in row.cells] for row in found.locked] == [["actual"]]


def test_a_rounded_figure_on_paper_is_the_figure():
    current = FilledSheet(
        FORM, {}, (SheetRow("1", {"effort": D("0.166667"), "share": D("0.12345")}),)
    )

    def changed(effort, share, kind="csv"):
        row = ReturnedRow(
            2, {"effort": D(effort), "share": D(share)},
            {"effort": effort, "share": f"{D(share) * 100:.1f}%"}, id="1",
        )  # fmt: skip
        columns = (MatchedColumn(0, "", "effort", "key"),)
        form = ReturnedForm({}, (row,), columns, has_ids=True, format=kind)
        return not difference(current, form).is_empty

    assert not changed("0.17", "0.123")
    assert changed("0.18", "0.123")
    assert changed("1", "0.123")
    assert changed("0.17", "0.123", kind="xlsx")


def test_values_are_one_whatever_their_form():
    number, day, moment, text = (FORM.column(key) for key in ("count", "due_on", "seen_at", "task"))
    assert same(number, D("1.0"), 1)
    assert same(number, D(1) / 3, D("0.333333333333333"))
    assert not same(number, None, D(0))
    assert same(day, date(2024, 6, 1), datetime(2024, 6, 1, 8))
    assert same(moment, datetime(2024, 6, 1, 8, 5, 9), datetime(2024, 6, 1, 8, 5))
    assert same(text, "a\r\nb ", "a\nb")
    assert same(text, "", None)
    assert same(FORM.column("urgent"), True, True)
    assert not same(FORM.column("urgent"), True, None)


def test_faulty_rows_come_back_as_a_workbook_that_can_be_sent_again(tmp_path):
    form = ReturnedForm(
        header={},
        rows=(
            ReturnedRow(2, {"name": "a"}, {"name": "a", "amount": "5"}),
            ReturnedRow(
                3, {"name": "=b"}, {"name": "=b", "amount": "x"}, id="7", version="v1",
                problems={"amount": Problem(3, "金额(元)", "not_a_number", "x")},
                unknown={"备注": "急"},
            ),
        ),
        columns=(MatchedColumn(0, "事项", "name", "printed"), MatchedColumn(1, "金额(元)", "amount", "printed")),
        unknown=("备注",),
        has_ids=True,
    )  # fmt: skip
    path = tmp_path / "faulty.xlsx"
    assert write_faulty(path, form, say=str, row_label="行号", problem_label="问题") == 1
    again = read(path, SMALL)
    (row,) = again.rows
    assert (row.id, row.version, row.texts["name"]) == ("7", "v1", "=b")
    assert row.unknown == {"备注": "急", "问题": "金额(元): “x” is not a number."}
    assert again.has_ids
    assert not again.exported
