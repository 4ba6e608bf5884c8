"""The pages in Chromium: drawn without script errors, no accessibility violation, no sideways scroll."""

import pytest

from opsloop.datasets import actions as imports
from opsloop.datasets.models import Door
from opsloop.processes import actions
from opsloop.processes.models import Process
from tests.conftest import NOW, Cast
from tests.event_logs import reference
from tests.processes.grid_paste import paste_form

pytestmark = pytest.mark.journey

TABS = [
    "",
    "map/",
    "variants/",
    "bottleneck/",
    "cases/",
    "handover/",
    "segments/",
    "ecrs/",
    "fishbone/",
    "designs/",
    "voice/",
    "edit/",
    "steps/add/",
]
WINDOWS = [(1440, "light"), (390, "dark")]


@pytest.fixture
def purchasing(process: Process, cast: Cast) -> Process:
    """A real log of 9,119 executions behind the form."""
    log = imports.create_dataset(
        name="采购日志", kind="event_log", department=cast.purchasing, timezone="Asia/Shanghai",
        by=cast.department_head, now=NOW,
    )  # fmt: skip
    path = reference("purchasing_example.csv.gz")
    batch = imports.receive(
        dataset=log, file_name=path.name, chunks=[path.read_bytes()], door=Door.BROWSER,
        by=None, now=NOW,
    )  # fmt: skip
    imports.check(batch=batch, by=None, now=NOW)
    batch.refresh_from_db()
    imports.commit(batch=batch, by=None, now=NOW, skip_bad_rows=True)
    actions.change_process(process=process, by=None, now=NOW, dataset=log, hours_basis="working")
    actions.fill_from_log(process=process, by=None, now=NOW)
    return process


@pytest.mark.parametrize(("width", "theme"), WINDOWS)
def test_the_pages_of_a_real_log(purchasing, cast, visit, width, theme):
    window = visit(cast.department_head, width=width, theme=theme)
    for tab in TABS:
        page = window.go(f"/processes/{purchasing.pk}/{tab}")
        if tab in ("map/", "bottleneck/"):
            page.wait_for_selector(".ol-map svg, .ol-chart svg, .ol-chart canvas")
        window.shot(f"process-{tab.replace('/', '-')}{width}-{theme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        window.axe()
    page = window.go(f"/processes/{purchasing.pk}/cases/")
    page.click(".ol-table tbody a")
    page.wait_for_selector(".pr-line")
    window.shot(f"process-case-{width}-{theme}")
    window.axe()


@pytest.mark.parametrize(("width", "theme"), WINDOWS)
def test_the_pages_without_records(process, cast, visit, width, theme):
    window = visit(cast.department_head, width=width, theme=theme)
    for path in ("", f"{process.pk}/", f"{process.pk}/map/", f"{process.pk}/bottleneck/"):
        page = window.go(f"/processes/{path}")
        window.shot(f"process-empty-{path.replace('/', '-')}{width}-{theme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        window.axe()


def test_a_row_is_edited_in_place(process, cast, visit):
    paste_form(process, cast.department_head)
    window = visit(cast.department_head)
    page = window.go(f"/processes/{process.pk}/")
    page.click("#content tbody a:has-text('编辑')")
    page.fill("input[name=hours]", "2")
    window.shot("process-row-edit")
    window.axe()
    page.click("tbody button:has-text('保存')")
    page.wait_for_selector("tfoot >> text=98.0 小时")
    assert "S3" in page.content()
