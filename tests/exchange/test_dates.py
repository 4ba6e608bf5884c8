"""Dates, instants and months: read or refused, never misread."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsloop.exchange.column_values import date_order, read_datetimes, read_days, read_periods
from opsloop.exchange.dates import DateReading, parse_date, parse_datetime, parse_period
from opsloop.exchange.problems import Fault

SHANGHAI = DateReading(default_year=2024, timezone="Asia/Shanghai")
EPOCH = datetime(1970, 1, 1)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024年6月5日", datetime(2024, 6, 5)),
        ("2024.6.5", datetime(2024, 6, 5)),
        ("2024/6/30", datetime(2024, 6, 30)),
        ("6月5日", datetime(2024, 6, 5)),
        ("6 月 5 日", datetime(2024, 6, 5)),
        ("2024 年 6 月 5 日", datetime(2024, 6, 5)),
        ("２０２４－０６－０５", datetime(2024, 6, 5)),
        ("20240605", datetime(2024, 6, 5)),
        ("20240605123001", datetime(2024, 6, 5, 12, 30, 1)),
        ("2024年6月5日 14时30分", datetime(2024, 6, 5, 14, 30)),
        ("2024年6月5日14点", datetime(2024, 6, 5, 14)),
        ("2024年6月5日下午2:30", datetime(2024, 6, 5, 14, 30)),
        ("2024年6月5日上午12:30", datetime(2024, 6, 5, 0, 30)),
        ("2024-06-05（星期三）", datetime(2024, 6, 5)),
        ("2024-06-05 24:00", datetime(2024, 6, 6)),
        ("2024-06-05 9:5:3", datetime(2024, 6, 5, 9, 5, 3)),
        ("2014/10/22 11:15:41.000", datetime(2014, 10, 22, 11, 15, 41)),
        ("2024-06-05 10:00:00.123456789", datetime(2024, 6, 5, 10, 0, 0, 123456)),
        ("2011-01-01T12:37:00+02:00", datetime(2011, 1, 1, 18, 37)),
        ("2025-10-01T15:22:55.068-0400", datetime(2025, 10, 2, 3, 22, 55, 68000)),
        ("2024-06-05T10:00Z", datetime(2024, 6, 5, 18)),
        ("2024-06-05T10:00:00+08", datetime(2024, 6, 5, 10)),
        ("3/14/2025 1:20", datetime(2025, 3, 14, 1, 20)),
        ("14.3.2025", datetime(2025, 3, 14)),
        ("5/5/2025", datetime(2025, 5, 5)),
        ("3/14/2025 1:20 PM", datetime(2025, 3, 14, 13, 20)),
        ("5-Jun-2024", datetime(2024, 6, 5)),
        ("Jun 5, 2024 1:20 PM", datetime(2024, 6, 5, 13, 20)),
        ("45448.5", datetime(2024, 6, 5, 12)),
    ],
)
def test_an_instant_is_read(text, instant):
    assert parse_datetime(text, SHANGHAI) == instant


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024Q3", "date_is_quarter"),
        ("2024年第三季度", "date_is_quarter"),
        ("Q3 2024", "date_is_quarter"),
        ("3/4/2025", "date_ambiguous"),
        ("2024-02-30", "not_a_date"),
        ("2024-6/5", "not_a_date"),
        ("2024-06-05 25:00", "not_a_date"),
        ("2024-06", "not_a_date"),
        ("12", "not_a_date"),
        ("9999999", "not_a_date"),
        ("下周", "not_a_date"),
    ],
)
def test_what_is_no_day_is_a_named_fault(text, code):
    assert parse_datetime(text, SHANGHAI) == Fault(code)


def test_readings_settle_what_a_text_leaves_open():
    assert parse_datetime("6月5日") == Fault("date_needs_year")
    assert parse_date("3/4/2025", DateReading(order="month_first")) == date(2025, 3, 4)
    assert parse_date("3/4/2025", DateReading(order="day_first")) == date(2025, 4, 3)
    assert parse_date("43986", DateReading(epoch=1904)) == date(2024, 6, 5)
    assert parse_date("45448", DateReading(epoch=None)) == Fault("not_a_date")
    assert parse_date("无") is None
    as_written = parse_datetime("2011-01-01T12:37:00+02:00", DateReading(timezone=None))
    assert as_written == datetime(2011, 1, 1, 12, 37)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024年6月", 202406),
        ("2024-06", 202406),
        ("2024.6", 202406),
        ("2024年06期", 202406),
        ("202406", 202406),
        ("20240630", 202406),
        ("2024-06-30", 202406),
        ("6月", 202406),
        ("无", None),
        ("2024-13", Fault("not_a_period")),
        ("13月", Fault("not_a_period")),
        ("2024", Fault("not_a_period")),
        ("x", Fault("not_a_period")),
        ("2024Q2", Fault("date_is_quarter")),
    ],
)
def test_a_month_is_read(text, period):
    assert parse_period(text, SHANGHAI) == period


def test_a_bare_month_needs_a_year():
    assert parse_period("6月") == Fault("date_needs_year")


FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S+02:00", "%Y-%m-%dT%H:%M:%SZ", "%m/%d/%Y %H:%M", "%d.%m.%Y",
    "%Y年%m月%d日", "%Y年%m月%d日 %H:%M", "%Y%m%d", "%d-%b-%Y",
)  # fmt: skip
INSTANTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1))
DATE_LIKE = st.text("0123456789-/.: T年月日+Z", max_size=20)


@given(
    st.lists(st.builds(lambda at, form: at.strftime(form), INSTANTS, st.sampled_from(FORMATS)) | DATE_LIKE | st.none(), max_size=8),
    st.sampled_from(["month_first", "day_first", None]),
    st.sampled_from(["Asia/Shanghai", "America/New_York", None]),
    st.sampled_from([1900, 1904, None]),
)  # fmt: skip
def test_a_column_reads_every_text_as_the_scalar_parser_does(texts, order, timezone, epoch):
    reading = DateReading(order=order, timezone=timezone, epoch=epoch)
    series = pl.Series(texts, dtype=pl.String)
    instants, days = read_datetimes(series, reading), read_days(series, reading)
    for at, text in enumerate(texts):
        expected = None if text is None else parse_datetime(text, reading)
        if isinstance(expected, Fault):
            assert instants.faults[text] == days.faults[text] == expected
        elif expected is None:
            assert instants.values[at] is None
        else:
            assert EPOCH + timedelta(microseconds=instants.values[at]) == expected
            assert EPOCH.date() + timedelta(days=days.values[at]) == expected.date()


def test_a_column_of_months_keeps_its_faults():
    parsed = read_periods(pl.Series(["2024-06", "x", None]), DateReading())
    assert parsed.values.to_list() == [202406, None, None]
    assert parsed.faults == {"x": Fault("not_a_period")}


def test_a_column_of_day_counts_is_read_to_the_millisecond():
    serials = pl.Series(["45448.5", "45448", "45448.000011574"])
    parsed = read_datetimes(serials, DateReading())
    expected = [parse_datetime(text) for text in serials]
    assert [EPOCH + timedelta(microseconds=value) for value in parsed.values] == expected


def test_columns_in_chinese_and_in_other_zones_are_read_fast_and_right():
    for texts in (
        ["2024年6月5日 14:30", "2024年06月05日 14:30", "2024年6月5日下午2:30"],
        ["2024-06-05T06:30:00Z", "2024-06-05T08:30:00+02:00", "2024-06-05T14:30:00+0800"],
    ):
        parsed = read_datetimes(pl.Series(texts), SHANGHAI)
        assert parsed.values.to_list() == [1_717_597_800_000_000] * 3


@pytest.mark.parametrize(
    "text", ["2024-06-05 12:30 pm", "2024-06-05 14:30 pm", "2024-06-05 1:30 am"]
)
def test_halves_of_the_day_count_from_noon_and_midnight(text):
    hour = {"12": 12, "14": 14, "1:": 1}[text[11:13]]
    assert parse_datetime(text) == datetime(2024, 6, 5, hour, 30)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["3/14/2025 1:20", "3/4/2025"], "month_first"),
        (["14/3/2025", "3/4/2025"], "day_first"),
        (["3/4/2025"], None),
        (["3/14/2025", "14/3/2025"], None),
        (["2024-06-05"], None),
    ],
)
def test_days_above_twelve_tell_the_order_of_a_column(texts, order):
    assert date_order(pl.Series(texts)) == order
