"""The raw exports of the demo company: always the same, and with causes an analysis finds again."""

from datetime import date

import polars as pl
import pytest

from opsloop.demo import records, samples

TODAY = date(2024, 12, 3)


def test_the_same_month_always_gives_the_same_records():
    first = records.ledgers(TODAY)
    again = records.ledgers(date(2024, 12, 28))
    assert list(first) == ["2024-06", "2024-07", "2024-08", "2024-09", "2024-10", "2024-11"]
    assert all(first[month].equals(again[month]) for month in first)
    assert records.budget(TODAY).equals(records.budget(date(2024, 12, 28)))


@pytest.mark.parametrize("process", ["purchasing", "expense"])
def test_each_export_holds_the_steps_finished_in_its_month(process):
    headers = records.company()["processes"][process]["headers"]
    for month, frame in records.approval_logs(process, TODAY).items():
        assert frame.columns == headers
        assert frame[headers[6]].str.starts_with(month).all()
        assert frame.height > 300


def test_price_and_quantity_of_material_a_are_where_they_were_planted():
    """A材料: price +20 %, quantity +10 % against the budget in the second month."""
    ledger = records.ledgers(TODAY)["2024-07"].filter(pl.col("子项名称") == "A材料采购")
    quantity = float(ledger["数量"].cast(pl.Float64).sum())
    amount = float(ledger["金额"].cast(pl.Float64).sum())
    assert quantity == pytest.approx(1100, rel=0.04)
    assert amount / quantity == pytest.approx(600, rel=0.01)


def test_returns_fall_after_the_third_month():
    def share(month: str) -> float:
        frame = records.approval_logs("purchasing", TODAY)[month]
        return float((frame["审批结果"] == "退回").sum() / frame["流程编号"].n_unique())

    assert min(share(month) for month in ("2024-07", "2024-08")) > 0.08
    assert max(share(month) for month in ("2024-09", "2024-10", "2024-11")) < 0.05


def test_the_director_signs_on_tuesdays_and_fridays_only():
    log = pl.concat(records.approval_logs("purchasing", TODAY).values())
    signed = log.filter(pl.col("节点名称") == "总经理审批")["开始时间"].str.to_datetime()
    assert set(signed.dt.weekday().unique()) == {2, 5}


def test_sample_files_open_in_a_spreadsheet():
    assert set(samples.FILES) == {"purchasing-log", "expense-log", "cost-ledger", "cost-budget"}
    for sample in samples.FILES.values():
        content = sample.content(TODAY)
        assert content.startswith(samples.BOM)
        assert content.decode("utf-8-sig").count("\n") > 50
