"""The pages of data sets: a person's way from a file to facts and back, in the browser's terms."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from opsloop.datasets import queries, work
from opsloop.datasets.models import BatchState, Dataset, ImportBatch
from opsloop.jobs import worker
from opsloop.jobs.models import Job, JobState
from opsloop.org import clock
from tests.datasets.conftest import FAULTY_LOG, LOG, bring, check

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(client_for, cast):
    return client_for(cast.department_head)


def upload(client, dataset: Dataset, content: str, name: str = "log.csv"):
    file = SimpleUploadedFile(name, content.encode())
    data = {"dataset": dataset.pk, "file": file, "text": ""}
    return client.post(reverse("datasets:upload"), data, follow=True)


def newest(dataset: Dataset) -> ImportBatch:
    return dataset.batches.order_by("-id")[0]


def page(client, name: str, *args: object) -> str:
    response = client.get(reverse(f"datasets:{name}", args=args))
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


def job_of(dataset: Dataset) -> Job:
    job = newest(dataset).job
    assert job is not None
    return job


def test_an_empty_site_says_what_to_do_first(head):
    assert reverse("datasets:upload") in page(head, "list")


def test_from_a_new_data_set_to_facts_and_back(head, cast):
    form = {
        "name": "付款审批", "kind": "event_log", "department": cast.purchasing.pk, "source": "OA",
        "timezone": "Asia/Shanghai", "calendar_kind": "working_time", "description": "",
    }  # fmt: skip
    response = head.post(reverse("datasets:create"), form)
    dataset = Dataset.objects.unscoped("test").get()
    assert response.url == f"{reverse('datasets:upload')}?dataset={dataset.pk}"
    shown = upload(head, dataset, LOG).content.decode()
    for word in ("提交申请", "2024-06-03 09:10:00", "节点名称", "确认导入 5 行"):
        assert word in shown
    batch = newest(dataset)
    head.post(reverse("datasets:commit", args=[batch.pk]))
    assert queries.fact_set(dataset).rows == 5
    assert "已生效" in page(head, "detail", dataset.pk)
    assert "付款审批" in page(head, "list")
    head.post(reverse("datasets:retire", args=[batch.pk]))
    assert queries.fact_set(dataset).rows == 0


def test_pasted_rows_come_in_like_a_file(head, log):
    text = LOG.replace(",", "\t")
    head.post(reverse("datasets:upload"), {"dataset": log.pk, "text": text})
    assert (newest(log).rows, newest(log).door) == (5, "paste")


def test_nothing_chosen_is_said_beside_the_form(head, log):
    response = head.post(reverse("datasets:upload"), {"dataset": log.pk, "text": " "})
    assert "请选择文件" in response.content.decode()


def test_the_preview_names_problems_and_offers_both_ways(head, log):
    shown = upload(head, log, FAULTY_LOG).content.decode()
    assert "昨天" in shown
    assert "第 7 行" in shown
    assert reverse("datasets:bad_rows", args=[newest(log).pk]) in shown
    head.post(reverse("datasets:commit", args=[newest(log).pk]))
    assert newest(log).state == BatchState.CHECKED
    head.post(reverse("datasets:commit", args=[newest(log).pk]), {"skip": "1"})
    assert newest(log).fact_rows == 5


def test_a_person_may_say_what_a_column_means(head, log):
    batch = check(log, LOG)
    labels = batch.findings["labels"]
    fields = {label: field for field, label in batch.mapping.items()}
    posted = {f"column-{i}": fields.get(label, "") for i, label in enumerate(labels)}
    posted[f"column-{labels.index('处理人')}"] = ""
    head.post(reverse("datasets:read_again", args=[batch.pk]), posted)
    assert "resource" not in newest(log).mapping
    posted[f"column-{labels.index('处理人')}"] = "activity"
    response = head.post(reverse("datasets:read_again", args=[batch.pk]), posted, follow=True)
    assert "有两列都被指定为“步骤”" in response.content.decode()


def test_a_person_may_choose_another_header_row(head, log):
    batch = check(log, "2024年6月\n" + LOG)
    posted = {"head": "1", "header": ["3"]}
    head.post(reverse("datasets:read_again", args=[batch.pk]), posted)
    assert newest(log).findings["header_rows"] == [3]


def test_a_file_beyond_the_limit_is_refused_in_one_sentence(head, log, settings):
    settings.UPLOAD_LIMIT_BYTES = 1000 * 1024
    shown = upload(head, log, "x" * 1_100_000).content.decode()
    assert "上限" in shown
    assert not log.batches.exists()


def test_the_rows_behind_a_figure_are_shown_and_taken_away(head, log):
    batch = bring(log, LOG)
    url = queries.rows_url(batch.pk, [2, 3])
    shown = head.get(url).content.decode()
    assert "2024-06-03 09:10" in shown
    assert "2024-06-06 15:00" not in shown
    response = head.get(reverse("datasets:rows_file", args=[batch.pk, "csv"]))
    text = response.content.decode("utf-8-sig")
    assert text.splitlines()[1:] == [
        f"{n},{line}" for n, line in enumerate(LOG.splitlines()[1:], 2)
    ]
    assert response["Content-Disposition"].startswith("attachment")
    assert head.get(reverse("datasets:rows_file", args=[batch.pk, "xlsx"])).status_code == 200
    assert head.get(reverse("datasets:rows_file", args=[batch.pk, "exe"])).status_code == 404


def test_text_that_begins_like_a_formula_stays_text(head, log):
    batch = bring(log, LOG + '"=1+1",提交申请,,2024-06-09 09:00,@x,,\n')
    text = head.get(reverse("datasets:rows_file", args=[batch.pk, "csv"])).content.decode()
    assert "'=1+1" in text
    assert "'@x" in text


def test_another_department_sees_nothing_of_it(client_for, cast, log):
    batch = bring(log, LOG)
    stranger = client_for(cast.outsider)
    for name, args in (("detail", [log.pk]), ("batch", [batch.pk]), ("rows", [batch.pk])):
        assert stranger.get(reverse(f"datasets:{name}", args=args)).status_code in {403, 404}
    reader = client_for(cast.executive)
    assert reader.post(reverse("datasets:retire", args=[batch.pk])).status_code == 403
    assert newest(log).state == BatchState.COMMITTED


def test_a_large_file_is_checked_and_committed_as_jobs(head, log, monkeypatch):
    monkeypatch.setattr(work, "INLINE_BYTES", 0)
    shown = upload(head, log, LOG).content.decode()
    batch = newest(log)
    assert batch.busy
    assert reverse("jobs:progress", args=[job_of(log).pk]) in shown
    assert worker.drain(clock.now()) == 1
    assert newest(log).state == BatchState.CHECKED
    head.post(reverse("datasets:commit", args=[batch.pk]))
    assert worker.drain(clock.now()) == 1
    assert newest(log).state == BatchState.COMMITTED
    assert Job.objects.unscoped("test").filter(state=JobState.SUCCEEDED).count() == 2
    assert "查看结果" in head.get(reverse("jobs:list")).content.decode()


def test_a_job_page_can_be_cancelled_and_tried_again(head, log, monkeypatch, client_for, cast):
    monkeypatch.setattr(work, "INLINE_BYTES", 0)
    upload(head, log, LOG)
    job = job_of(log)
    assert client_for(cast.employee).get(reverse("jobs:detail", args=[job.pk])).status_code == 404
    head.post(reverse("jobs:cancel", args=[job.pk]))
    assert worker.drain(clock.now()) == 0
    assert "重试" in head.get(reverse("jobs:detail", args=[job.pk])).content.decode()
    head.post(reverse("jobs:retry", args=[job.pk]))
    assert worker.drain(clock.now()) == 1
    assert newest(log).state == BatchState.CHECKED


def test_search_finds_data_sets_and_files_within_reach(cast, log):
    bring(log, LOG, "六月审批.csv")
    assert [hit.label for hit in queries.search(cast.department_head, "审批", 8)] == [
        "采购审批日志", "六月审批.csv",
    ]  # fmt: skip
    assert queries.search(cast.outsider, "审批", 8) == []


@pytest.mark.parametrize("kind", ["event_log", "ledger", "budget"])
def test_a_template_workbook_can_be_taken_away(head, kind):
    response = head.get(reverse("datasets:template", args=[kind]))
    assert response.status_code == 200
    assert head.get(reverse("datasets:template", args=["other"])).status_code == 404
