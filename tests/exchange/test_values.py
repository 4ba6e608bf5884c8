"""Numbers: exact, or a named fault."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.exchange.column_values import read_choices, read_scaled, read_texts
from opsloop.exchange.problems import SENTENCES, Fault, Problem, RefusedFile
from opsloop.exchange.values import (
    is_empty,
    parse_money_fen,
    parse_number,
    parse_percent,
    parse_scaled,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50万", 500_000),
        ("1.2亿", 120_000_000),
        ("3千万元", 30_000_000),
        ("￥1,234.50", Decimal("1234.50")),
        ("¥ 1,234", 1234),
        ("12 元", 12),
        ("15%", Decimal("0.15")),
        ("５‰", Decimal("0.005")),
        ("+30%", Decimal("0.3")),
        ("(1,234)", -1234),
        ("（１，２３４）", -1234),
        ("1,234.50-", Decimal("-1234.50")),
        ("-￥5", -5),
        ("￥-5", -5),
        ("−5", -5),
        ("+150,000", 150_000),
        ("１２３", 123),
        ("1.2E+05", 120_000),
        (".5", Decimal("0.5")),
        ("5.", 5),
        ("22080.0", 22080),
        ("128430.14999999999", Decimal("128430.15")),
        ("0.1234567890123456", Decimal("0.1234567890123456")),
        ("330106199001011234", 330106199001011234),
    ],
)
def test_a_number_is_read_exactly(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", " ", "无", "-", "—", "N/A", "#N/A", "null", "　"])
def test_a_cell_that_says_nothing_is_empty(text):
    assert is_empty(text)
    assert parse_number(text) is None
    assert parse_money_fen(text) is None


@pytest.mark.parametrize(
    "text", ["abc", "1,23", "--5", "(5", "5)", "(-5)", "2024Q3", "1.2.3", "12345,678", "+", "￥"]
)
def test_what_is_no_number_is_a_fault_and_never_a_guess(text):
    assert parse_number(text) == Fault("not_a_number")


def test_money_is_fen_and_refuses_what_fen_cannot_hold():
    assert parse_money_fen("￥1,234.50") == 123450
    assert parse_money_fen("22080.0") == 2_208_000
    assert parse_money_fen("136.7415") == Fault("too_precise", {"places": "2"})
    assert parse_money_fen("136.745", "half_up") == 13675
    assert parse_money_fen("-136.745", "half_up") == -13675
    assert parse_scaled("136.7415", 4) == 1_367_415
    assert parse_money_fen("15%") == Fault("not_a_number")
    assert parse_money_fen("1000万亿") == Fault("out_of_range")
    assert parse_money_fen("x") == Fault("not_a_number")
    assert parse_percent("15%") == Decimal("0.15")


@given(st.integers(-(10**14), 10**14))
def test_every_amount_written_in_yuan_comes_back_in_fen(fen):
    yuan = Decimal(fen).scaleb(-2)
    for text in (f"{yuan}", f"{yuan:,.2f}", f"￥{yuan:.2f}元"):
        assert parse_money_fen(text) == fen


NUMBER_LIKE = st.text("0123456789.,-+()% 万亿元￥eE", max_size=14)


@given(st.lists(NUMBER_LIKE | st.floats(-1e9, 1e9).map(str) | st.none(), max_size=8))
def test_a_column_reads_every_text_as_the_scalar_parser_does(texts):
    for places in (2, 3, 4):
        parsed = read_scaled(pl.Series(texts, dtype=pl.String), places)
        for text, value in zip(texts, parsed.values.to_list(), strict=True):
            expected = None if text is None else parse_scaled(text, places)
            if isinstance(expected, Fault):
                assert value is None
                assert parsed.faults[text] == expected
            else:
                assert value == expected


@pytest.mark.parametrize(
    "text", ["5.0099999999999998", "-2414.8000000000002", "1.2345678901234567"]
)
def test_doubles_printed_in_full_read_alike_in_a_column(text):
    value = parse_scaled(text, 2)
    parsed = read_scaled(pl.Series([text]), 2)
    assert parsed.values.to_list() == [None if isinstance(value, Fault) else value]


def test_a_column_marks_its_wrong_rows():
    texts = pl.Series(["1", "x", None, "x"])
    parsed = read_scaled(texts, 2)
    assert parsed.wrong(texts).to_list() == [False, True, False, True]
    assert read_scaled(pl.Series(["1"]), 2).wrong(pl.Series(["1"])).to_list() == [False]


def test_names_lose_blanks_and_empty_words_but_na_may_be_an_identifier():
    texts = pl.Series([" 张三 ", "无", "NA", "-", None])
    assert read_texts(texts).to_list() == ["张三", None, None, None, None]
    assert read_texts(texts, identifiers=True).to_list() == ["张三", None, "NA", None, None]


def test_choices_are_numbers_and_an_unknown_word_is_a_fault():
    parsed = read_choices(pl.Series(["同意", "无", "改天"]), {"同意": 0}, "unknown_outcome")
    assert parsed.values.to_list() == [0, None, None]
    assert parsed.faults == {"改天": Fault("unknown_outcome")}


def test_a_problem_and_a_refusal_say_one_sentence():
    problem = Problem(3, "金额", "too_precise", "1.234", {"places": "2"})
    assert str(problem) == "“1.234” has more than 2 decimal places."
    assert str(RefusedFile("too_large", {"limit": "5"})) == "The file unpacks to more than 5 MB."
    assert all(sentence.endswith((".", "?", "s")) for sentence in SENTENCES.values())
