"""What the pages benchmark asks for is there to be asked, and its books are right."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from benchmarks import books, fill_pages, pages, redmine
from opsloop.loop.models import Cause, Deviation
from tests.loop.conftest import Story

ROOT = Path(redmine.__file__).parent


def everything():
    return Deviation.objects.unscoped("a test reads everything")


@pytest.fixture
def asked(cast, settings):
    """A story's deviation copied until a hundred are there."""
    from opsloop.metrics import register

    settings.METRIC_SOURCES = ["tests.loop.figures"]
    register.sources.cache_clear()
    cast.operations_manager.username = "yunying"
    cast.operations_manager.save()
    story = Story(cast)
    story.raised()
    fill_pages.fill(99)
    yield fill_pages.asked_for(100)
    register.sources.cache_clear()


@pytest.mark.django_db
def test_the_copies_differ_in_name_time_and_grade(asked):
    rows = everything()
    assert rows.count() == 100
    assert rows.values("dimension").distinct().count() == 100
    assert rows.filter(severity="critical").count() == 1
    newest = rows.order_by("-raised_at")
    assert newest[0].raised_at - newest[99].raised_at == timedelta(seconds=99)


@pytest.mark.django_db
def test_every_page_of_ours_answers_and_a_record_is_written(asked, client):
    """The very requests the benchmark sends, in its order."""
    ours = pages.ours(asked, os.getpid())
    client.cookies["sessionid"] = asked["cookie"]
    for name in pages.PAGES[:-1]:
        assert client.get(ours.pages[name](0).path).status_code == 200, name
    written = ours.pages["create"](0)
    answer = client.post(written.path, written.body, content_type=pages.FORM)
    assert answer["Location"] == reverse("loop:detail", args=[asked["spare"]])
    assert Cause.objects.get().text == pages.CAUSE["text"]


@pytest.mark.django_db
def test_a_later_run_writes_below_what_an_earlier_one_wrote(asked, cast):
    spare = everything().get(pk=asked["spare"])
    Cause.objects.create(
        deviation=spare, text="x", category="method", written_by=cast.employee,
        written_at=spare.raised_at,
    )  # fmt: skip
    assert fill_pages.asked_for(100)["spare"] == spare.pk - 1


def test_the_books_know_a_process_and_those_below_it():
    code = "import subprocess, sys; sum(range(10**7)); subprocess.run([sys.executable, '-c', 'input()'])"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    try:
        while not books.children(process.pid):
            assert process.poll() is None
        assert len(books.children(process.pid)) == 1
        assert books.worked(process.pid) > 0
        assert books.a_worker(process.pid) > 1
    finally:
        process.communicate(b"\n")


def test_redmine_is_installed_by_a_script_or_said_to_be_missing():
    said = redmine.missing()
    assert not said or "benchmarks/install_redmine" in said
    assert os.access(ROOT / "install_redmine", os.X_OK)


def test_redmines_form_token_is_read_from_its_page():
    page = '<meta name="csrf-param" content="x" /><meta name="csrf-token" content="a+b/c==" />'
    assert redmine.token_of(page) == "a+b/c=="
    with pytest.raises(RuntimeError):
        redmine.token_of("<html></html>")
