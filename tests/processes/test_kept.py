"""Answers kept on disk: the same as computed, of these facts and settings only, never trusted."""

from pathlib import Path

import pytest
from django.core.cache import cache

from opsloop.analysis.case_filter import CaseFilter
from opsloop.datasets import actions as imports
from opsloop.jobs import worker
from opsloop.jobs.models import Job
from opsloop.processes import actions, conformity, figures, kept, provenance, studies, studying
from opsloop.processes.models import HoursBasis, Process
from tests.conftest import NOW
from tests.processes.conftest import bring, rows


@pytest.fixture(autouse=True)
def _new_server():
    cache.clear()


def answers(process: Process) -> tuple[object, ...]:
    """Everything that is kept of a process."""
    found = figures.findings(process)
    assert found is not None
    return (
        found.log, found.stage_hours, found.roles, found.steps, found.variant_count,
        found.covered_cases, found.bottleneck, found.details, found.causes,
        studies.stated(process), provenance.parties(process), studies.flows(process),
        conformity.conformity(process),
    )  # fmt: skip


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of what is computed and kept from now on."""
    written: list[str] = []
    write = kept.write

    def noted(key: str, answer: object) -> None:
        written.append(key)
        write(key, answer)

    monkeypatch.setattr(kept, "write", noted)
    return written


def files(settings) -> list[Path]:
    return sorted(Path(settings.ANSWERS_ROOT).iterdir())


def test_a_new_server_reads_the_same_answers_and_computes_nothing(logged, monkeypatch):
    actions.fill_from_log(process=logged, by=logged.owner, now=NOW)
    computed = answers(logged)
    written = counting(monkeypatch)
    cache.clear()
    assert answers(logged) == computed
    assert written == []


def test_other_facts_are_studied_anew_and_the_old_ones_found_again(logged, monkeypatch):
    before = answers(logged)
    batch = bring(logged.dataset, rows(6, 20, returned=5))
    written = counting(monkeypatch)
    after = answers(logged)
    assert after != before
    assert len(written) == 5  # the form has no steps: nothing is held against it
    imports.retire(batch=batch, by=None, now=NOW)
    cache.clear()
    assert answers(logged) == before
    assert len(written) == 5


def test_other_hours_and_other_ends_are_studied_anew(logged, cast, monkeypatch):
    answers(logged)
    written = counting(monkeypatch)
    for change in ({"hours_basis": HoursBasis.WORKING}, {"last_activity": "部门经理审批"}):
        logged = actions.change_process(process=logged, by=cast.department_head, now=NOW, **change)
        cache.clear()
        answers(logged)
    assert len(set(written)) == 10


def test_an_altered_step_table_is_held_against_the_log_anew(logged, monkeypatch):
    actions.fill_from_log(process=logged, by=logged.owner, now=NOW)
    answers(logged)
    written = counting(monkeypatch)
    logged.as_is.steps.filter(position=2).update(is_optional=True)
    answers(logged)
    assert len(written) == 1


@pytest.mark.parametrize("damage", [
    lambda text: "", lambda text: text[: len(text) // 2], lambda text: text.replace("1", "2"),
    lambda text: "\x00" * 100,
])  # fmt: skip
def test_a_damaged_file_is_computed_again_and_mended(logged, settings, damage, monkeypatch):
    computed = answers(logged)
    whole = [path.read_text(encoding="utf-8") for path in files(settings)]
    for path, text in zip(files(settings), whole, strict=True):
        path.write_text(damage(text), encoding="utf-8")
    cache.clear()
    written = counting(monkeypatch)
    assert answers(logged) == computed
    assert len(written) == len(whole)
    assert [path.read_text(encoding="utf-8") for path in files(settings)] == whole


def test_an_answer_of_another_shape_is_computed_again(logged, settings):
    computed = answers(logged)
    for path in files(settings):
        kept.write(path.stem, ["something", {"else": None}])
    cache.clear()
    assert answers(logged) == computed


def test_a_disk_that_takes_no_file_costs_no_answer(logged, settings, tmp_path):
    (tmp_path / "blocked").write_text("", encoding="utf-8")
    settings.ANSWERS_ROOT = tmp_path / "blocked"
    assert answers(logged)


def test_answers_about_some_cases_stay_in_memory(logged, settings):
    answers(logged)
    count = len(files(settings))
    found = figures.findings(logged, CaseFilter(outcomes=(1,)))
    assert found is not None
    assert found.bottleneck.steps
    assert len(files(settings)) == count


def test_what_was_not_asked_for_the_longest_goes_first(settings, monkeypatch):
    monkeypatch.setattr(kept, "MOST_BYTES", 400)
    for name in ("first", "second", "third"):
        kept.write(name, ["x" * 60])
        assert kept.stands(name)
        kept.read("first", tuple[str, ...])
    for number in range(2):
        kept.write(f"more{number}", ["x" * 60])
    assert not kept.stands("second")
    assert sum(path.stat().st_size for path in files(settings)) <= 400


def test_an_import_and_its_undoing_are_studied_before_anybody_looks(logged, monkeypatch):
    assert studying.order_due(now=NOW) == 1
    assert studying.order_due(now=NOW) == 0
    worker.drain(NOW)
    (job,) = Job.objects.unscoped("a test sees every job").filter(kind=studying.KIND)
    assert job.state == "succeeded", job.error_text
    cache.clear()
    written = counting(monkeypatch)
    found = figures.findings(logged)
    assert found is not None
    assert found.causes
    assert figures.waits_are_near(logged)
    assert written == []
    batch = bring(logged.dataset, rows(6, 5, returned=1))
    assert studying.order_due(now=NOW) == 1
    worker.drain(NOW)
    imports.retire(batch=batch, by=None, now=NOW)
    assert studying.order_due(now=NOW) == 0


def test_a_failed_study_is_not_ordered_again(logged):
    studying.order_due(now=NOW)
    Job.objects.unscoped("a test").filter(kind=studying.KIND).update(state="failed")
    assert studying.order_due(now=NOW) == 0


def test_a_long_study_is_announced_and_then_shown(logged, cast, client_for, monkeypatch):
    monkeypatch.setattr(figures, "_AT_ONCE", 10)
    client = client_for(cast.employee)
    address = f"/processes/{logged.pk}/bottleneck/"
    soon = client.get(address).content.decode()
    assert 'hx-get="?now=1"' in soon
    assert "部门经理审批" in soon
    whole = client.get(f"{address}?now=1").content.decode()
    assert 'id="bottleneck"' in whole
    assert "hx-get" not in whole.split('id="bottleneck"')[1].split("</main>")[0]
    assert client.get(address).content.decode().count('id="causes"') == 1
