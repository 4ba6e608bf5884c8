"""Files of large forms: queued, written by a worker, kept for whoever asked and nobody else."""

import io

import openpyxl
import pytest

from opsloop.jobs.models import Job
from opsloop.sheets import work
from tests.sheets.test_size import month_of

pytestmark = pytest.mark.django_db


class Running:
    """What a worker hands to a handler."""

    def __init__(self, job: Job) -> None:
        self.job, self.now = job, job.created_at
        self.told: list[tuple[int, int, str]] = []

    def progress(self, done: int, total: int, text: str = "") -> None:
        self.told.append((done, total, text))


@pytest.fixture
def form(cast, grid, monkeypatch, settings, tmp_path):
    """A form of 30 lines where 20 are many."""
    monkeypatch.setattr(work, "INLINE_ROWS", 20)
    settings.HOME = tmp_path
    return grid(cast.finance_reviewer, month_of(cast.company, 30))


def ordered(form, kind="xlsx", **query):
    answer = form.get(f"file/{kind}", **query)
    job = Job.objects.unscoped("a test looks").latest("id")
    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{job.pk}/")
    return job


def carried_out(job):
    """What the worker does with it, and what it then keeps of it."""
    running = Running(job)
    result = work.write_file(running, **job.arguments)
    Job.objects.unscoped("a test acts as worker").filter(pk=job.pk).update(
        state="succeeded", result=result
    )
    return result, running.told


def test_a_large_form_is_written_in_the_background_and_taken_from_its_link(form):
    result, told = carried_out(ordered(form))
    assert told == [(0, 2, "Reading the form"), (1, 2, "Writing the file")]
    answer = form.client.get(result["link"])
    assert answer.status_code == 200
    assert "2024-06.xlsx" in result["name"]
    page = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    assert [page.cell(row, 2).value for row in (4, 32)] == ["项目00000", "项目00028"]


def test_small_forms_and_csv_come_at_once(form, cast, grid):
    assert form.get("file/csv").status_code == 200
    small = grid(cast.finance_reviewer, month_of(cast.sales, 5))
    assert small.get("file/xlsx").status_code == 200
    assert not Job.objects.unscoped("a test looks").exists()


def test_a_written_file_is_for_whoever_asked_alone(form, cast, client_for):
    result, _told = carried_out(ordered(form))
    for person in (cast.operations_manager, cast.outsider):
        assert client_for(person).get(result["link"]).status_code == 404
    elsewhere = result["link"].replace("cost_analysis", "process_review")
    assert form.client.get(elsewhere).status_code == 404


def test_a_file_that_is_gone_or_not_written_yet_is_no_page(form):
    job = ordered(form)
    waiting = f"{form.base}made/{job.pk}"
    assert form.client.get(waiting).status_code == 404
    result, _told = carried_out(job)
    work._path(job, "xlsx").unlink()
    assert form.client.get(result["link"]).status_code == 404
