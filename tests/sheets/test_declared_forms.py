"""Every tool declares its company form: exact headings in their order, filling one sheet of A4."""

import pytest

from opsloop.kpis.sheet import KPI_MONITOR
from opsloop.projects.sheet import TASK_TRACKING
from opsloop.quality.sheet import SERVICE_INSPECTION

FORMS = (TASK_TRACKING, SERVICE_INSPECTION, KPI_MONITOR)
every_form = pytest.mark.parametrize("sheet", FORMS, ids=lambda sheet: sheet.key)


@every_form
def test_the_printed_columns_fill_the_usable_width_of_a4_landscape(sheet):
    assert sum(column.print_width for column in sheet.printed_columns) == 277


@every_form
def test_every_column_is_known_by_a_chinese_heading(sheet):
    assert [c.key for c in (*sheet.header, *sheet.columns) if not c.printed] == []


@every_form
def test_every_stored_value_of_a_choice_is_written_in_a_word_that_reads_back(sheet):
    lost = [
        (column.key, value)
        for column in (*sheet.header, *sheet.columns)
        for value, _label in column.choices
        if column.choice(column.word(value)) != value
    ]
    assert lost == []


@every_form
def test_a_formula_speaks_of_columns_of_its_own_sheet(sheet):
    keys = {column.key for column in sheet.columns}
    assert [
        column.key for column in sheet.columns
        if column.formula is not None and not set(column.formula.of) <= keys
    ] == []  # fmt: skip


@every_form
def test_what_is_computed_is_not_typed(sheet):
    assert [column.key for column in sheet.columns if column.computed and column.editable] == []
