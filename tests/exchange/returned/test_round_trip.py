"""What is written is read again, value for value: every type, every file, awkward texts."""

import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from opsloop.exchange import returned
from opsloop.exchange.columns import FilledSheet, SheetRow
from opsloop.exchange.printing import delimited, document, workbook
from opsloop.exchange.problems import RefusedFile
from opsloop.exchange.returned.headings import WORDS, heading_key, split_label
from opsloop.exchange.values import EMPTY_IDENTIFIERS, plain
from tests.exchange.printing.forms import TEXTS
from tests.exchange.returned.forms import FORM, SMALL, read_here

AWKWARD = [
    "=1+1", "+86", "-", "@x", "无", "——", "N/A", "１２，５％", "＝A1", "a\nb", "a\n\n b", "1.5寸", "2.",
    "待定", '"引号"', "a,b;c\td", "<b>&amp;", "_x000D_", "合计1", "😀", "0012", "1e5", "TRUE",
    "2024-06-30", "%", "|", "*经理", "opsloop",
    "'=1+1", "''-2", "'无", "'\uff1dA1", "'",
]  # fmt: skip
SIGNS = st.characters(
    blacklist_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), blacklist_characters="\ufffe\uffff"
)
# A file keeps no blanks around a text.
texts = st.one_of(st.sampled_from(AWKWARD), st.text(SIGNS, min_size=1, max_size=12)).filter(
    lambda text: text == text.strip() != ""
)


def is_a_row(text: str) -> bool:
    """Not what only a row id tells from a total, a signature or a note."""
    words = (*WORDS["totals"], *WORDS["signatures"], *WORDS["notes"])
    return heading_key(split_label(text)[0]) not in words


names = texts.filter(lambda text: is_a_row(text) and plain(text) not in EMPTY_IDENTIFIERS)
cents = st.integers(-(10**13), 10**13).map(lambda n: Decimal(n).scaleb(-2))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "task": names,
    "note": st.none() | texts,
    "count": st.none() | st.integers(-(10**9), 10**9).map(lambda n: Decimal(n).scaleb(-3)),
    "budget": st.none() | cents,
    "actual": st.none() | cents,
    "share": st.none() | st.integers(-5000, 5000).map(lambda n: Decimal(n).scaleb(-3)),
    "effort": st.none() | st.integers(0, 10**6).map(lambda n: Decimal(n).scaleb(-2)),
    "due_on": st.none() | st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    "seen_at": st.none()
    | st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    "state": st.sampled_from([None, "open", "done"]),
    "owner": st.none() | texts,
    "department": names,
    "urgent": st.sampled_from([None, True, False]),
}
rows = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=4)
headers = st.fixed_dictionaries(
    {"project": names, "lead": st.none() | names, "started_on": VALUES["due_on"]}
)


def as_xlsx(filled, path):
    workbook.write(filled, path, texts=TEXTS, subject="42")


def as_xlsx_in_english(filled, path):
    workbook.write(filled, path, texts=TEXTS.__class__(**{**vars(TEXTS), "company_words": False}))


def as_docx(filled, path):
    document.write(filled, path, texts=TEXTS)


def as_csv(filled, path):
    delimited.write(filled, path, texts=TEXTS)


def as_full_csv(filled, path):
    delimited.write(filled, path, texts=TEXTS, layout="full")


def empty(value):
    """A text that says nothing is nothing in a file that may be the company's own."""
    if isinstance(value, str) and plain(value) in EMPTY_IDENTIFIERS:
        return None
    return value


# File name, writer, whether texts that say nothing stay, whether rows have ids.
WAYS = [
    ("a.xlsx", as_xlsx, True, True),
    ("a.xlsx", as_xlsx_in_english, True, True),
    ("a.docx", as_docx, False, False),
    ("a.csv", as_csv, False, False),
    ("a.csv", as_full_csv, True, True),
]


@pytest.mark.parametrize("way", WAYS)
@given(values=rows, header=headers)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read_again(way, values, header):
    name, write, keeps, has_ids = way
    # Of one row alone nobody can say whether the 1. before a digit or a sign is a number of its own.
    assume(has_ids or len(values) > 1 or values[0]["task"][0].isalpha())
    made = tuple(SheetRow(f"id{at}", row, version=f"v{at}") for at, row in enumerate(values))
    filled = FilledSheet(FORM, header, made)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(filled, path)
        (cells,) = read_here(path)
    form = returned.read(cells, FORM)
    assert form.problems == ()
    assert [dict(row.values) for row in form.rows] == [
        {key: value if keeps else empty(value) for key, value in row.items()} for row in values
    ]
    assert dict(form.header) == header
    assert [row.id for row in form.rows] == [row.id if has_ids else "" for row in made]
    found = returned.difference(filled, form)
    assert keeps <= found.is_empty
    assert found.locked == ()


def test_a_workbook_knows_what_it_was_exported_for(tmp_path):
    path = tmp_path / "a.xlsx"
    row = SheetRow("7", {"task": "a", "department": "b"}, version="v1")
    as_xlsx(FilledSheet(FORM, {"project": "x"}, (row,)), path)
    form = returned.read(path, FORM, subject="42")
    assert (form.exported, form.has_ids, form.subject, form.format) == (True, True, "42", "xlsx")
    assert [aside.kind for aside in form.asides] == ["signature"]
    with pytest.raises(RefusedFile) as refusal:
        returned.read(path, FORM, subject="43")
    assert refusal.value.code == "other_subject"
    with pytest.raises(RefusedFile) as refusal:
        returned.read(path, SMALL)
    assert refusal.value.code == "other_form"
