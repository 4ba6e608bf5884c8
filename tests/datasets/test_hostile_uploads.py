"""F-06 through the page: a hostile upload ends in one sentence and the site goes on serving."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from opsloop.datasets.models import BatchState
from opsloop.jobs import worker
from opsloop.org import clock
from tests.datasets.conftest import LOG
from tests.exchange import files

MAKERS = {
    "far cells": ("a.xlsx", files.far_cells),
    "a string bomb": ("a.xlsx", files.string_bomb),
    "a billion laughs": ("a.xlsx", lambda path: files.workbook(path, "", before=files.LAUGHS)),
    "a gzip bomb": ("a.csv.gz", files.gz_bomb),
    "a climbing part": ("a.xlsx", files.climbing_entry),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", MAKERS)
def test_a_hostile_upload_ends_in_one_sentence(client_for, cast, log, tmp_path, case):
    name, make = MAKERS[case]
    content = make(tmp_path / name).read_bytes()
    head = client_for(cast.department_head)

    def send(data: bytes, file_name: str):
        posted = {"dataset": log.pk, "file": SimpleUploadedFile(file_name, data), "text": ""}
        return head.post(reverse("datasets:upload"), posted, follow=True)

    send(content, name)
    worker.drain(clock.now())  # the largest of them are read in the background
    batch = log.batches.get()
    response = head.get(reverse("datasets:batch", args=[batch.pk]))
    assert response.status_code == 200
    assert batch.state == BatchState.FAILED
    assert response.content.decode().count('role="alert"') == 1
    assert "Traceback" not in response.content.decode()
    assert send(LOG.encode(), "log.csv").status_code == 200
    assert log.batches.filter(state=BatchState.CHECKED).count() == 1
