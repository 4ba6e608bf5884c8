"""The room's pages in a browser: no violation, no error, nothing sticking out, wide and narrow.

The grid has journeys of its own.
"""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from tests.journeys.inspection import inspect
from tests.journeys.steps import Visits

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
EXAMPLES = Path(__file__).parents[1] / "example_forms"


def test_every_page_of_the_forms_is_sound(visit: Visits, cast, steps):
    client = steps.client
    client.post(steps.base + "snapshots", {"name": "评审前"})
    steps.edit(steps.rows()[0], hours="9")
    text = "流程步骤,涉及角色,耗时(小时)\n1.填写申请表,采购员,很久\n2.登记,秘书,1\n"
    upload = SimpleUploadedFile("表.csv", text.encode())
    pages = [f"{steps.base}print/", f"{steps.base}snapshots/1/", "/sheets/"]
    pages.append(client.post(steps.base + "import", {"file": upload})["Location"])
    for key in ("cost_analysis", "kpi_monitor"):
        address = f"/sheets/{key}/check/"
        file = SimpleUploadedFile(f"{key}.csv", (EXAMPLES / f"{key}.csv").read_bytes())
        pages += [address, client.post(address, {"file": file})["Location"]]
    window = visit(cast.department_head)
    problems = [problem for page in pages for problem in inspect(window, page)]
    assert problems == [], "\n".join(problems)


def test_what_prints_is_the_company_form_whichever_page_shows_it(visit: Visits, cast, steps):
    window = visit(cast.department_head)
    process = steps.base.rstrip("/").rpartition("/")[2]
    for address in (f"/processes/{process}/", steps.base):
        page = window.go(address)
        expect(page.locator(".sh-on-paper")).to_have_count(0)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        paper = page.locator(".sh-on-paper")
        expect(paper).to_be_visible()
        expect(page.locator("#content")).to_be_hidden()
        text = paper.inner_text()
        assert "现有流程梳理与优化表" in text and "批准" in text
        assert text.count("合计") == 1
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        expect(paper).to_have_count(0)
        page.emulate_media(media="screen")
    assert window.complaints == []
