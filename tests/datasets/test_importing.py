"""One import service: receive, check, commit, undo, correct."""

import io

import polars as pl
import pytest

from opsloop.audit.models import AuditEvent
from opsloop.audit.queries import verify_chain
from opsloop.datasets import actions, download, preview, queries, tables
from opsloop.datasets.models import BatchState, Dataset, Door
from opsloop.datasets.refusals import Refused
from opsloop.exchange.mapping import FIELDS
from opsloop.org.permissions import NotPermitted
from tests.conftest import NOW
from tests.datasets.conftest import FAULTY_LOG, LEDGER, LOG, bring, check, create, receive

pytestmark = pytest.mark.django_db


def rows_in_force(dataset: Dataset) -> int:
    return queries.fact_set(dataset).rows


def test_a_file_becomes_facts_in_three_steps(log):
    batch = receive(log, LOG)
    assert batch.state == BatchState.UPLOADED
    batch = actions.check(batch=batch, by=None, now=NOW)
    assert (batch.state, batch.rows, batch.bad_rows) == (BatchState.CHECKED, 5, 0)
    assert rows_in_force(log) == 0
    batch = actions.commit(batch=batch, by=None, now=NOW)
    facts = queries.fact_set(log)
    assert (facts.rows, facts.batch_ids, facts.has_start) == (5, (batch.pk,), True)
    assert set(facts.names["activity"]) == {"提交申请", "部门审批"}
    assert batch.findings["measures"] == {"cases": 2, "activities": 2, "ties": 0}


def test_the_mapping_is_proposed_and_remembered_once_confirmed(log):
    own = LOG.replace("节点名称", "甲").replace("处理人", "乙")
    batch = check(log, own)
    assert batch.findings["missing"] == ["activity"]
    assert not preview.of(batch).may_commit
    mapping = {**batch.mapping, "activity": "甲"}
    actions.change_reading(batch=batch, reading={"mapping": mapping}, by=None, now=NOW)
    batch = actions.check(batch=batch, by=None, now=NOW)
    actions.commit(batch=batch, by=None, now=NOW)
    again = check(log, own.replace("A-1", "B-1"), "july.csv")
    assert again.mapping == mapping
    assert again.findings["missing"] == []


def test_faulty_rows_are_named_with_row_column_value_and_reason(log):
    batch = check(log, FAULTY_LOG)
    assert (batch.rows, batch.bad_rows) == (8, 3)
    lines = preview.problem_lines(batch, most=9)
    assert len(lines) == 3
    assert any("7" in line and "完成时间" in line and "昨天" in line for line in lines)


def test_a_file_with_faulty_rows_is_not_committed_unless_told_so(log):
    batch = check(log, FAULTY_LOG)
    with pytest.raises(actions.HasBadRows):
        actions.commit(batch=batch, by=None, now=NOW)
    batch = actions.commit(batch=batch, by=None, now=NOW, skip_bad_rows=True)
    assert (rows_in_force(log), batch.unresolved_rows) == (5, 3)


def test_corrected_rows_replace_the_batch_and_resolve_it(log):
    batch = bring(log, FAULTY_LOG)
    workbook = download.correction_workbook(batch).getvalue()
    sheet = pl.read_excel(io.BytesIO(workbook), infer_schema_length=0)
    assert sheet.height == 3
    fixed = sheet.with_columns(
        pl.Series("单据编号", ["A-3", "A-3", "A-4"]),
        pl.Series("完成时间", ["2024-06-05 10:00", "2024-06-06 09:00", "2024-06-08 09:00"]),
    )
    file = io.BytesIO()
    fixed.write_excel(file)
    new = actions.correct(
        batch=batch, file_name="fixed.xlsx", chunks=[file.getvalue()], by=None, now=NOW
    )
    new = actions.check(batch=new, by=None, now=NOW)
    assert (new.rows, new.bad_rows) == (8, 0)
    actions.commit(batch=new, by=None, now=NOW)
    batch.refresh_from_db()
    assert batch.state == BatchState.RETIRED
    assert rows_in_force(log) == 8
    assert queries.source_frame(new, [7])["单据编号"].to_list() == ["A-3"]


def test_a_workbook_of_other_rows_is_no_correction(log):
    batch = bring(log, FAULTY_LOG)
    other = actions.correct(
        batch=batch, file_name="other.csv", chunks=[LOG.encode()], by=None, now=NOW
    )
    other = actions.check(batch=other, by=None, now=NOW)
    assert (other.state, other.failure_code) == (BatchState.FAILED, "other_rows")
    assert batch.file_name in preview.of(other).failure


def test_undo_gives_the_former_figures_back(log):
    bring(log, LOG)
    before = queries.fact_set(log).frame.collect().to_native()
    second = bring(log, LOG.replace("A-", "B-"), "july.csv")
    assert rows_in_force(log) == 10
    actions.retire(batch=second, by=None, now=NOW)
    assert queries.fact_set(log).frame.collect().to_native().equals(before)
    with pytest.raises(actions.NotPossible):
        actions.retire(batch=second, by=None, now=NOW)


def test_undoing_a_replacement_puts_the_replaced_batch_in_force_again(log):
    old = bring(log, LOG)
    new = bring(log, LOG + "A-9,提交申请,,2024-06-09 09:00,,,\n", replaces=old)
    assert queries.in_force(log) == (new.pk,)
    actions.retire(batch=new, by=None, now=NOW)
    assert queries.in_force(log) == (old.pk,)


def test_an_old_figure_can_be_computed_again_from_its_batches(log):
    old = bring(log, LOG)
    actions.retire(batch=old, by=None, now=NOW)
    assert queries.fact_set(log, batch_ids=[old.pk]).rows == 5
    assert queries.fact_set(log).rows == 0


def test_the_same_file_is_not_taken_twice(log):
    first = bring(log, LOG)
    with pytest.raises(actions.SameFile) as refusal:
        receive(log, LOG, "renamed.csv")
    assert refusal.value.batch == first
    actions.retire(batch=first, by=None, now=NOW)
    assert bring(log, LOG).pk != first.pk


def test_the_same_file_waiting_is_the_same_batch(log):
    assert receive(log, LOG).pk == receive(log, LOG).pk


def test_an_idempotency_key_answers_with_its_batch(log):
    first = receive(log, LOG, idempotency_key="k1")
    assert receive(log, LEDGER, idempotency_key="k1") == first
    assert log.batches.count() == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("单据编号,节点名称,完成时间\n", "no_rows"),
        ("\n\n\n", "empty_file"),
        (b"\x00\x01\x02" * 50, "not_text"),
        (b"PK\x03\x04broken", "damaged_file"),
        (b"%PDF-1.7 nothing", "unknown_format"),
    ],
)
def test_a_file_that_cannot_be_read_ends_in_one_sentence(log, content, code):
    batch = check(log, content)
    assert (batch.state, batch.failure_code) == (BatchState.FAILED, code)
    assert preview.of(batch).failure
    assert check(log, LOG).state == BatchState.CHECKED


def test_an_empty_upload_leaves_nothing_behind(log, settings, tmp_path):
    with pytest.raises(Refused) as refusal:
        receive(log, b"")
    assert refusal.value.code == "empty_file"
    assert not log.batches.exists()
    assert list((tmp_path / "uploads").iterdir()) == []


def test_an_upload_beyond_the_limit_leaves_nothing_behind(log, settings, tmp_path):
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    with pytest.raises(Refused) as refusal:
        actions.receive(
            dataset=log, file_name="big.csv", chunks=[b"x" * 600_000] * 2, door=Door.API,
            by=None, now=NOW,
        )  # fmt: skip
    assert refusal.value.code == "upload_too_large"
    assert "1 MB" in refusal.value.text
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_file_without_one_good_row_cannot_be_committed(log):
    batch = check(log, "单据编号,节点名称,完成时间\n,提交,2024-06-05 09:00\n")
    assert not preview.of(batch).may_commit
    with pytest.raises(Refused) as refusal:
        actions.commit(batch=batch, by=None, now=NOW, skip_bad_rows=True)
    assert refusal.value.code == "no_good_rows"


def test_a_file_without_a_required_column_cannot_be_committed(log):
    batch = check(log, "单据编号,节点名称\nA,提交\n")
    with pytest.raises(Refused) as refusal:
        actions.commit(batch=batch, by=None, now=NOW)
    assert refusal.value.code == "missing_column"
    assert "end_time" not in refusal.value.text


def test_every_value_survives_import_and_export(ledger):
    batch = bring(ledger, LEDGER, "ledger.csv")
    frame = queries.source_frame(batch, None)
    assert frame["source_row"].to_list() == [2, 3, 4]
    assert frame["金额"].to_list() == ["650,000.00", "11.5万", "￥598000"]
    facts = queries.fact_set(ledger).frame.collect().to_native().sort("source_row")
    assert facts["amount_fen"].to_list() == [65_000_000, 11_500_000, 59_800_000]
    assert [month.key for month in queries.coverage(ledger)] == ["2024-06", "2024-07"]


def test_only_who_may_import_for_the_department_brings_records_in(cast, log):
    with pytest.raises(NotPermitted):
        actions.receive(
            dataset=log, file_name="x.csv", chunks=[LOG.encode()], door=Door.BROWSER,
            by=cast.employee, now=NOW,
        )  # fmt: skip
    batch = check(log, LOG)
    for action in (actions.check, actions.commit, actions.discard, actions.retire):
        with pytest.raises(NotPermitted):
            action(batch=batch, by=cast.outsider, now=NOW)
    assert log.batches.get().state == BatchState.CHECKED


def test_a_name_is_taken_once_a_department(cast, log):
    with pytest.raises(actions.NameTaken):
        create(cast, "采购审批日志", "ledger")


def test_every_step_leaves_one_audit_line(log):
    batch = bring(log, LOG)
    actions.retire(batch=batch, by=None, now=NOW)
    lines = AuditEvent.objects.filter(subject_type="datasets.importbatch").order_by("id")
    assert [line.action for line in lines] == [
        "datasets.receive", "datasets.check", "datasets.commit", "datasets.retire",
    ]  # fmt: skip
    assert verify_chain().whole


def test_a_discarded_import_cannot_be_decided_again(log):
    batch = actions.discard(batch=check(log, LOG), by=None, now=NOW)
    for action in (actions.check, actions.commit, actions.discard):
        with pytest.raises(actions.NotPossible):
            action(batch=batch, by=None, now=NOW)


def test_another_header_row_gives_another_guess(log):
    titled = "2024年6月采购审批\n" + LOG
    batch = check(log, titled)
    assert batch.findings["header_rows"] == [2]
    actions.change_reading(batch=batch, reading={"header_rows": [3]}, by=None, now=NOW)
    batch = actions.check(batch=batch, by=None, now=NOW)
    assert batch.findings["labels"][0] == "A-1"
    assert batch.findings["missing"]


def test_a_file_over_a_covered_period_is_pointed_out(log):
    bring(log, LOG)
    again = check(log, LOG.replace("A-", "B-"), "again.csv")
    assert "log.csv" in preview.of(again).overlaps


def test_rows_behind_a_figure_are_found_and_written_in_short(log):
    batch = bring(log, LOG)
    facts = queries.fact_set(log)
    found = facts.references(facts.frame, limit=3)
    assert {batch_id for batch_id, _row in found} == {batch.pk}
    assert queries.format_rows([9, 3, 4, 5]) == "3-5,9"
    assert queries.parse_rows("3-5,9") == [3, 4, 5, 9]
    assert queries.parse_rows("") is None
    assert queries.parse_rows("5-x") is None


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_workbook_is_understood_without_help(cast, kind, language, settings):
    from django.utils import translation

    with translation.override(language):
        content = download.template_workbook(kind).getvalue()
    header = pl.read_excel(io.BytesIO(content), has_header=False).row(0)
    assert any(label.endswith("*") for label in header)
    values = {
        "end_time": "2024-06-05 14:30", "start_time": "2024-06-05 13:30", "period": "2024-06",
        "date": "2024-06-05", "amount": "12.50", "quantity": "3", "unit_price": "4.5",
        "outcome": "approved", "lifecycle": "start",
    }  # fmt: skip
    row = [values.get(name, f"x{index}") for index, name in enumerate(FIELDS[kind])]
    text = "\t".join(header) + "\n" + "\t".join(row) + "\n" + "\t".join(row) + "\n"
    batch = check(create(cast, kind, kind), text, "template.tsv")
    assert dict(zip(batch.mapping, batch.mapping.values(), strict=True)) == dict(
        zip(FIELDS[kind], (label.rstrip("*") for label in header), strict=True)
    )


def test_the_kept_table_is_read_again_only_when_asked_otherwise(log):
    batch = check(log, LOG)
    changed = tables.kept(batch).frame.with_columns(pl.lit("X-1").alias("单据编号"))
    tables.keep(batch, tables.ROWS, changed.insert_column(0, tables.kept(batch).row_numbers))
    assert actions.check(batch=batch, by=None, now=NOW).findings["measures"]["cases"] == 1
    (batch.place / tables.ROWS).unlink()
    assert actions.check(batch=batch, by=None, now=NOW).findings["measures"]["cases"] == 2


WIDE = """2024年部门预算,,,,,
成本类别,子项名称,1月,2月,3月,合计
原材料,A材料,500,600,六百,1700
原材料,B材料,100,100,,200
"""


def test_a_budget_with_months_side_by_side_is_turned_and_corrected(cast):
    budget = create(cast, "预算", "budget")
    batch = check(budget, WIDE, "预算.csv")
    assert (batch.rows, batch.bad_rows) == (5, 1)
    shown = preview.of(batch)
    assert (shown.wide, shown.wide_sums, shown.missing) == ("3", "合计", "")
    assert batch.findings["coverage"] == {"2024-01": 2, "2024-02": 2}
    labels = "原文件行号,成本类别,子项名称,月份,金额,问题\n"
    fixed = labels + "3,原材料,A材料,2024-03,600,\n"
    again = check(budget, fixed, "改.csv", replaces=batch, is_correction=True)
    assert (again.rows, again.bad_rows) == (5, 0)
    assert again.findings["coverage"]["2024-03"] == 1


DOUBLED = """期间,成本类别,子项名称,部门,金额
2024-06,原材料,,采购部,650
2024-06,原材料,A材料,采购部,400
2024-06,原材料,B材料,采购部,250
2024-06,人工,计件,采购部,100
2024-06,人工,小计,采购部,100
2024-06,其他,甲,采购部,30
2024-06,其他,乙,采购部,10
2024-06,其他,丙,采购部,20
"""


def test_lines_that_repeat_others_are_named_but_not_left_out(ledger):
    """X-21: 原材料 carries the sum of its parts, 甲 equals 乙 and 丙 together; 小计 says so."""
    batch = check(ledger, DOUBLED, "账.csv")
    found = {
        (one["code"], one["examples"][0]["row"]): one["examples"][0]
        for one in batch.findings["problems"]
    }
    assert set(found) == {("sums_up_others", 2), ("sums_up_others", 7)}
    assert found["sums_up_others", 2]["params"] == {"rows": "3, 4"}
    assert found["sums_up_others", 7]["params"] == {"rows": "8, 9"}
    assert batch.bad_rows == 0
    assert "原材料" in " ".join(group.text for group in preview.of(batch).groups)


def test_rows_called_subtotals_are_left_out_unless_a_person_counts_them(ledger):
    batch = check(ledger, DOUBLED, "账.csv")
    assert (batch.rows, preview.of(batch).sums) == (7, "6")
    assert batch.findings["measures"]["total_fen"] == 146_000
    reading = preview.reading_of(batch, {"keep_sums": "1"}, [])
    actions.change_reading(batch=batch, reading=reading | {"mapping": {}}, by=None, now=NOW)
    batch = actions.check(batch=batch, by=None, now=NOW)
    assert (batch.rows, preview.of(batch).sums, preview.of(batch).keeps_sums) == (8, "", True)
    assert batch.findings["measures"]["total_fen"] == 156_000
    assert ("looks_like_total", 6) in {
        (one["code"], one["examples"][0]["row"]) for one in batch.findings["problems"]
    }


def test_amounts_are_in_the_unit_said_above_the_header(ledger):
    batch = check(ledger, "2024年6月费用\n单位：万元\n" + DOUBLED, "账.csv")
    assert preview.of(batch).unit == "万元"
    assert batch.findings["measures"]["total_fen"] == 1_460_000_00 * 10
    batch = actions.commit(batch=batch, by=None, now=NOW)
    frame = queries.fact_set(ledger).frame.collect()
    assert frame["amount_fen"].sum() == 1_460_000_00 * 10
