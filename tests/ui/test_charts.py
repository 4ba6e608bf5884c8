"""Chart definitions are plain JSON that say what they show."""

import json
from decimal import Decimal

import pytest

from opsloop.ui import charts


def test_a_pareto_ranks_and_accumulates_to_the_whole():
    option = charts.pareto(labels=["a", "b", "c"], values=[1, 6, 3], name="n")
    assert option["xAxis"]["data"] == ["b", "c", "a"]
    assert option["series"][1]["data"] == [60.0, 90.0, 100.0]


def test_a_waterfall_ends_where_its_steps_lead():
    option = charts.waterfall(
        start=("budget", Decimal(500)),
        steps=[("price", Decimal(100)), ("quantity", Decimal(-30))],
        end="actual",
    )
    hidden, totals, rise, fall = (bar["data"] for bar in option["series"])
    assert totals == [500.0, None, None, 570.0]
    assert rise == [None, 100.0, None, None]
    assert fall == [None, None, 30.0, None]
    assert hidden == [0.0, 500.0, 570.0, 0.0]


def test_a_line_marks_its_target_limits_and_interventions():
    option = charts.line(
        labels=["1", "2"], values=[Decimal("1.5"), None], name="n", target=1, upper=2,
        interventions=[("2", "start")], outliers=[0],
    )  # fmt: skip
    marks = option["series"][0]["markLine"]["data"]
    assert [mark.get("yAxis", mark.get("xAxis")) for mark in marks] == [1.0, 2.0, "2"]
    assert option["series"][0]["data"][0]["symbol"] == "triangle"
    assert option["series"][0]["data"][1] is None


@pytest.mark.parametrize(
    "option",
    [
        charts.line(labels=["x"], values=[Decimal("1.5")], name="n"),
        charts.bars(labels=["x"], series={"n": [1]}, horizontal=True),
        charts.stacked_bars(labels=["x"], series={"n": [1]}),
        charts.pareto(labels=["x"], values=[Decimal(1)], name="n"),
        charts.waterfall(start=("x", 1), steps=[], end="y"),
    ],
)
def test_every_chart_is_json_and_described_in_words(option):
    assert "x" in json.loads(json.dumps(option))["aria"]["label"]["description"]
