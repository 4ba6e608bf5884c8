"""A job is claimed once, ends once, and survives the death of its worker."""

import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from opsloop.jobs import actions, schedule, worker
from opsloop.jobs.models import Job, JobState, Lease
from tests.jobs import handlers

NOW = datetime(2024, 6, 5, 9, tzinfo=UTC)
DEAD = f"{socket.gethostname()}:999999999:0000"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registers(settings):
    settings.JOB_HANDLERS = {
        name: f"tests.jobs.handlers.{name}"
        for name in ("add", "refuse", "crash", "cancelled_meanwhile")
    }
    settings.PERIODIC_TASKS = ["tests.jobs.handlers.tick_badly", "tests.jobs.handlers.tick_well"]
    handlers.runs.clear()


def enqueue(kind: str, **arguments: int) -> Job:
    return actions.enqueue(kind=kind, arguments=arguments, by=None, now=NOW)


def test_an_unknown_kind_is_refused_before_anything_is_written():
    with pytest.raises(actions.UnknownKind):
        enqueue("shell")
    assert not Job.objects.unscoped("test").exists()


def test_a_job_runs_with_its_arguments_and_keeps_its_result():
    job = enqueue("add", left=2, right=3)
    assert worker.drain(NOW) == 1
    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED
    assert job.result["sum"] == 5
    assert job.link == "/data/"
    assert worker.drain(NOW) == 0


def test_a_job_is_claimed_by_one_worker_only():
    enqueue("add", left=1, right=1)
    first, second = worker.claim("a:1:x", NOW), worker.claim("b:2:y", NOW)
    assert first is not None
    assert second is None


def test_a_named_failure_ends_the_job_with_its_sentence():
    job = enqueue("refuse")
    worker.drain(NOW)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "no_rows")
    assert job.error_text == "The file holds no rows."


def test_a_fault_is_tried_again_later_and_given_up_in_the_end():
    job = enqueue("crash")
    waits = []
    for _ in range(job.max_attempts):
        claimed = worker.claim("a:1:x", NOW + timedelta(days=40_000))
        assert claimed is not None
        worker.perform(claimed, NOW)
        job.refresh_from_db()
        waits.append(job.run_after)
    assert waits[0] < waits[1]
    assert (job.state, job.error_code) == (JobState.FAILED, "unexpected")
    assert "Traceback" not in job.error_text


def test_progress_notices_a_request_to_cancel():
    job = enqueue("cancelled_meanwhile")
    worker.drain(NOW)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_waiting_job_is_cancelled_at_once_and_can_be_tried_again():
    job = enqueue("add", left=1, right=2)
    actions.cancel(job=job, by=None, now=NOW)
    assert worker.drain(NOW) == 0
    with pytest.raises(actions.NotPossible):
        actions.cancel(job=job, by=None, now=NOW)
    actions.retry(job=job, by=None, now=NOW)
    assert worker.drain(NOW) == 1
    with pytest.raises(actions.NotPossible):
        actions.retry(job=job, by=None, now=NOW)


def test_the_job_of_a_dead_worker_is_queued_again_at_once():
    job = enqueue("add", left=1, right=2)
    worker.claim(DEAD, NOW)
    assert worker.reap(NOW) == 1
    assert worker.drain(NOW) == 1
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)


def test_the_job_of_a_living_worker_is_left_alone_until_its_lease_ends():
    enqueue("add", left=1, right=2)
    worker.claim(worker.identity(), NOW)
    assert worker.reap(NOW) == 0
    assert worker.reap(NOW + worker.LEASE + timedelta(seconds=1)) == 1


def test_a_job_that_kills_its_worker_every_time_fails_in_the_end():
    job = enqueue("add", left=1, right=2)
    for _ in range(job.max_attempts):
        worker.claim(DEAD, NOW)
        worker.reap(NOW)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "worker_lost")


def test_a_cancelled_job_of_a_dead_worker_is_not_started_again():
    job = enqueue("add", left=1, right=2)
    worker.claim(DEAD, NOW)
    actions.cancel(job=job, by=None, now=NOW)
    worker.reap(NOW)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_worker_that_lost_its_lease_cannot_write_the_end():
    job = enqueue("add", left=1, right=2)
    late = worker.claim(DEAD, NOW)
    assert late is not None
    worker.reap(NOW)
    worker.claim("b:2:y", NOW)
    worker.perform(late, NOW)
    job.refresh_from_db()
    assert (job.state, job.worker) == (JobState.RUNNING, "b:2:y")


def test_one_worker_holds_the_schedule_until_it_falls_silent():
    assert schedule.take("periodic", "a", NOW)
    assert schedule.take("periodic", "a", NOW)
    assert not schedule.take("periodic", "b", NOW)
    assert schedule.take("periodic", "b", NOW + schedule.LEASE + timedelta(seconds=1))


def test_a_failing_task_does_not_silence_the_others():
    assert schedule.tick(NOW) == ["tests.jobs.handlers.tick_badly"]
    assert handlers.runs == [{"tick": NOW}]


@pytest.mark.django_db(transaction=True)
def test_the_worker_loop_runs_jobs_ticks_and_stops_when_told():
    enqueue("add", left=20, right=22)
    stop = threading.Event()
    loop = threading.Thread(target=worker.run, args=(stop,))
    loop.start()
    for _ in range(100):
        if Job.objects.unscoped("test").get().state == JobState.SUCCEEDED:
            break
        stop.wait(0.1)
    stop.set()
    loop.join(timeout=10)
    assert not loop.is_alive()
    assert Job.objects.unscoped("test").get().result["sum"] == 42
    assert any("tick" in run for run in handlers.runs)
    assert not Lease.objects.exists()
    connection.close()
