"""The import in a real browser: drop, preview, decide, look at the rows; wide and narrow."""

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload

from opsloop.datasets.models import BatchState
from tests.datasets.conftest import FAULTY_LOG, LOG, bring, check

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_a_person_brings_a_file_in_and_opens_its_rows(visit, cast, log, width, theme):
    content = ("2024年6月采购审批导出\n" + FAULTY_LOG).encode()
    file: FilePayload = {"name": "采购审批六月.csv", "mimeType": "text/csv", "buffer": content}
    window = visit(cast.department_head, width=width, theme=theme)

    def look(name: str) -> None:
        window.shot(f"datasets-{name}-{width}-{theme}")
        window.axe()

    page = window.go(f"{reverse('datasets:upload')}?dataset={log.pk}")
    look("upload")
    page.set_input_files("input[type=file]", file)
    page.click("form button.btn-primary")
    page.wait_for_selector("#reading")
    look("preview")
    with page.expect_download() as download:
        page.click(f"a[href='{reverse('datasets:bad_rows', args=[log.batches.get().pk])}']")
    assert download.value.suggested_filename.endswith(".xlsx")
    page.click("form[action$='/commit/'] button")
    page.wait_for_selector("form[action$='/retire/']")
    batch = log.batches.get()
    assert (batch.state, batch.fact_rows) == (BatchState.COMMITTED, 5)
    look("batch")
    window.go(reverse("datasets:rows", args=[batch.pk]))
    look("rows")
    window.go(reverse("datasets:detail", args=[log.pk]))
    look("detail")
    window.go(reverse("datasets:list"))
    look("list")
    window.go(reverse("datasets:create"))
    look("create")


def test_a_refused_file_is_one_sentence_on_its_page(visit, cast, log):
    bring(log, LOG)
    batch = check(log, b"PK\x03\x04 broken", "损坏.xlsx")
    window = visit(cast.department_head)
    page = window.go(reverse("datasets:batch", args=[batch.pk]))
    assert page.locator("[role=alert]").count() == 1
    window.axe()
    window.shot("datasets-refused-1440-light")
