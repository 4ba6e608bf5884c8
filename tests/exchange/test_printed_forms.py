"""The company forms in their own words: what is printed, what copies call it, what cells mean."""

import csv
from pathlib import Path

import pytest

from opsloop.exchange.columns import Column, Sheet
from opsloop.exchange.printed_forms import dressed, printed_forms
from opsloop.exchange.values import plain

EXAMPLES = Path(__file__).parents[1] / "example_forms"
FORMS = ("process_review", "task_tracking", "cost_analysis", "service_inspection", "kpi_monitor")


def rows(name):
    with (EXAMPLES / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("key", FORMS)
def test_the_headings_are_exactly_those_of_the_company_form(key):
    form, table = printed_forms()[key], rows(key)
    printed = [
        [heading.printed for heading in part.values()] for part in (form.header, form.columns)
    ]
    at = 2 if form.header else 0
    assert printed == [table[0] if form.header else [], table[at]]


@pytest.mark.parametrize("key", FORMS)
@pytest.mark.parametrize("parts", [("header", "header_full"), ("columns", "full")])
def test_a_heading_names_one_column_only(key, parts):
    form = printed_forms()[key]
    named = [
        plain(text)
        for part in parts
        for heading in getattr(form, part).values()
        for text in {plain(heading.printed), *map(plain, heading.aliases)}
    ]
    assert sorted({text for text in named if named.count(text) > 1}) == []


@pytest.mark.parametrize("key", FORMS)
def test_a_word_means_one_value_only(key):
    for choices in printed_forms()[key].words.values():
        said = [plain(word) for words in choices.values() for word in words]
        assert len(said) == len(set(said))


def test_a_sheet_that_lacks_a_printed_column_is_no_company_form():
    with pytest.raises(ValueError, match="cost_analysis declares"):
        dressed(Sheet("cost_analysis", "Costs", (), ()))


def test_a_choice_is_read_by_its_printed_word_its_label_and_its_value():
    method = Column(
        "method", "Method", "choice", choices=(("spot_check", "Spot check"), ("other", "Other")),
        words=(("现场抽查", "spot_check"), ("抽查", "spot_check")),
    )  # fmt: skip
    assert [method.choice(text) for text in ("抽查", "spot  CHECK", "spot_check", "电话")] == [
        "spot_check", "spot_check", "spot_check", None,
    ]  # fmt: skip
    assert [method.word(value) for value in ("spot_check", "other", "unknown")] == [
        "现场抽查", "Other", "unknown",
    ]  # fmt: skip


def test_a_sheet_finds_its_columns_by_key():
    sheet = Sheet(
        "any", "Any", (Column("title", "Title", in_print=False),),
        (Column("name", "Name"), Column("sum", "Sum", computed=True, in_print=False)),
    )  # fmt: skip
    assert sheet.column("title").label == "Title"
    assert [column.key for column in sheet.editable] == ["name"]
    assert [column.key for column in sheet.printed_columns] == ["name"]
    assert sheet.printed_header == ()
    with pytest.raises(KeyError):
        sheet.column("nothing")
