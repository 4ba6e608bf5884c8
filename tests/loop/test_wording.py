"""Numbers in their units, verdicts in words, records by their names."""

from types import SimpleNamespace

import pytest

from opsloop.loop import actions
from opsloop.loop.models import (
    CountermeasureRevision,
    Deviation,
    Reminder,
    Verification,
    VerificationPlan,
)
from opsloop.loop.reminders import send_due
from opsloop.loop.templatetags.loop import comparison_line, effect_of, interval_of, rule_name
from opsloop.loop.wording import in_unit, on_scale, reason_text, unit_label, window
from opsloop.metrics.models import Metric
from tests.loop import figures


@pytest.mark.parametrize(
    ("value", "unit", "is_change", "text"),
    [
        (None, "rate", False, "—"),
        (0.15, "rate", False, "15.0%"),
        (-0.074, "rate", True, "−7.4 个百分点"),
        (26.5, "hours", False, "26.5 小时"),
        (650000, "yuan", False, "65.00 万元"),
        (1234.5, "count", False, "1,234.5"),
        (12, "days", False, "12 天"),
        (3, "件", False, "3 件"),
    ],
)
def test_a_number_is_written_in_its_unit(value, unit, is_change, text):
    assert in_unit(value, unit, is_change=is_change) == text


def test_units_have_words():
    assert [unit_label(unit) for unit in ("rate", "hours", "yuan", "count", "件")] == [
        "%", "小时", "元", "", "件",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [(None, "ratio", "—"), (0.5, "ratio", "× 0.50"), (-43.0, "difference", "−43.0 小时"),
     (1200, "yuan", "+1,200.00 元")],
)  # fmt: skip
def test_an_effect_is_written_on_its_scale(value, scale, text):
    assert on_scale(value, scale, "hours") == text


def _verdict(**changes):
    given = {
        "effect": 0.5, "low": 0.3, "high": 0.8, "params": {"scale": "ratio"}, "p_value": None,
        "test": "poisson_rate_ratio", "result_first": "2024-07", "result_last": "2024-08",
        "plan": SimpleNamespace(baseline_first="2024-02", baseline_last="2024-02"),
    }  # fmt: skip
    return SimpleNamespace(**{**given, **changes})


def test_an_interval_names_its_unit_once():
    assert effect_of(_verdict(), "rate") == "× 0.50"
    assert interval_of(_verdict(low=None, high=None), "rate") == "—"
    percent = _verdict(low=-0.121, high=-0.033, params={})
    assert interval_of(percent, "rate") == "−12.1 至 −3.3 个百分点"
    assert interval_of(_verdict(low=1.0, high=2.0, params={}), "count") == "+1 至 +2"


def test_the_line_of_the_test_names_windows_and_p():
    assert (
        comparison_line(_verdict()) == "泊松率比精确检验；基线期 2024-02，结果期 2024-07 – 2024-08"
    )
    assert comparison_line(_verdict(p_value=0.0052)).endswith("p = 0.0052")


def test_a_window_of_one_period_is_named_once():
    assert (window("2024-07", "2024-07"), window("2024-07", "2024-08")) == (
        "2024-07", "2024-07 – 2024-08",
    )  # fmt: skip


def test_rules_and_reasons_have_words_or_their_own_key():
    assert (rule_name("limit"), rule_name("variance")) == ("指标限值", "variance")
    assert reason_text(Verification(reason="too_few")) == "记录太少，无法区分效果与偶然波动。"
    assert reason_text(Verification(reason="new_code")) == "new_code"


def test_every_record_of_the_loop_has_a_name_for_the_audit_trail(story):
    figures.record(story.dimension, "2024-02", (15, 100), (15, 100), (15, 100))
    measure = story.approved()
    head = story.cast.department_head
    actions.edit_countermeasure(
        measure, terms=story.terms(measure.deviation, what="分两步"),
        expected_version=measure.version, reason="人手", by=head, now=story.now,
    )  # fmt: skip
    send_due(now=story.later(days=23))
    deviation = measure.deviation
    names = [
        str(deviation.breaches.get()), str(deviation.breaches.get().evidence.get()),
        str(deviation.transitions.first()), str(CountermeasureRevision.objects.get()),
        str(VerificationPlan.objects.get()), str(Reminder.objects.first()),
    ]  # fmt: skip
    assert all(names)
    assert len(set(names)) == len(names)


def test_other_columns_than_the_state_may_be_updated_in_bulk(story):
    deviation = story.raised()
    Deviation.objects.unscoped("a test").filter(pk=deviation.pk).update(dimension_label="复核")
    assert story.fresh(deviation).dimension_label == "复核"


@pytest.mark.parametrize(
    ("metric", "label", "title"),
    [
        ("采购审批 · 步骤耗时", "采购审批 · 财务复核", "采购审批 · 步骤耗时 · 财务复核"),
        ("采购审批 · 整单退回率", "采购审批", "采购审批 · 整单退回率"),
        ("差异率", "原材料 · 钢材 · 生产部", "差异率 · 原材料 · 钢材 · 生产部"),
    ],
)
def test_a_title_says_what_metric_and_object_share_once(metric, label, title):
    deviation = Deviation(metric=Metric(name=metric), dimension_label=label, period="2024-05")
    assert (deviation.title, str(deviation)) == (title, f"{title} · 2024-05")
