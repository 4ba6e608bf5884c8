"""Moves a person makes in the browser, named as that person would name them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page

from opsloop.org.models import Person
from tests.browser import Visit

Visits = Callable[..., Visit]


def fill(page: Page, **values: Any) -> None:
    """Fill the fields of these names; a list is chosen from by value."""
    for name, value in values.items():
        control = page.locator(f"main [name={name}]")
        if control.evaluate("control => control.tagName") == "SELECT":
            control.select_option(str(value))
        else:
            control.fill(str(value))


def press(page: Page, selector: str) -> None:
    """Click what leads to another page and wait until that one is drawn."""
    with page.expect_navigation():
        page.click(selector)


def save(page: Page, **values: Any) -> None:
    """Fill the page's form and send it; a form that comes back with errors fails by its text."""
    fill(page, **values)
    press(page, "main form[method=post] button.btn-primary")
    complaints = page.locator("main .ol-field-error, main .ol-message.ol-bad").all_inner_texts()
    assert complaints == []


@dataclass(frozen=True)
class Desk:
    """One person's window, and what they do to a deviation in it."""

    window: Visit
    deviation: int = 0

    @property
    def page(self) -> Page:
        return self.window.page

    def open(self) -> Page:
        return self.window.go(reverse("loop:detail", args=[self.deviation]))

    def next(self, verb: str, **values: Any) -> None:
        """Follow the page's one next step, which must be this."""
        self.open()
        href = self.page.locator(".lp-next a.btn-primary").get_attribute("href")
        assert href is not None and href.endswith(f"/{verb}/"), f"the next step is {href}"
        self._act(".lp-next a.btn-primary", values)

    def do(self, verb: str, **values: Any) -> None:
        """Follow the first link of the page to this."""
        self.open()
        self._act(f"main a[href$='/{verb}/'] >> nth=0", values)

    def _act(self, link: str, values: dict[str, Any]) -> None:
        press(self.page, link)
        save(self.page, **values)

    def stage(self) -> str:
        """Where the deviation stands, in the page's own word."""
        return self.open().locator(".lp-steps [aria-current=step]").inner_text()


@dataclass(frozen=True)
class Improvement:
    """What the people write into one deviation; numbers in the form's unit (per cent)."""

    symptom: str
    root: str
    category: str
    what: str
    expected_to: str
    expected_by: str
    promised_on: str
    method: str


def create_dataset(window: Visit, name: str, kind: str, department: int) -> int:
    """Make a data set on its page; returns its number."""
    page = window.go(reverse("datasets:create"))
    save(page, name=name, kind=kind, department=department)
    return int(page.url.rpartition("dataset=")[2])


def bring_in(window: Visit, dataset: int, name: str, content: bytes) -> Page:
    """Upload a file, read the preview, put it in force; ends on the page of the import."""
    page = window.go(f"{reverse('datasets:upload')}?dataset={dataset}")
    page.set_input_files(
        "input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    press(page, "main form button.btn-primary")
    assert page.locator("#reading").count() == 1, page.inner_text("main")
    press(page, "form[action$='/commit/'] button")
    assert page.locator("form[action$='/retire/']").count() == 1, page.inner_text("main")
    return page


def find_cause(owner: Desk, plan: Improvement) -> None:
    """The owner confirms, writes what is seen and asks why down to the root."""
    owner.next("confirm")
    owner.next(
        "cause", text=plan.symptom, category=plan.category, evidence_level="measured",
        evidence="见来源行",
    )  # fmt: skip
    owner.next(
        "why", text=plan.root, category=plan.category, evidence_level="observed",
        evidence="与经办人核对",
    )  # fmt: skip
    owner.do("root")
    owner.next("settle")


def carry_out(owner: Desk, approver: Desk, executor: Desk, who: Person, plan: Improvement) -> None:
    """Proposed by the owner, approved with its proof fixed, done by the person named."""
    owner.next(
        "propose", what=plan.what, owner=who.pk, promised_on=plan.promised_on,
        expected_to=plan.expected_to, expected_by=plan.expected_by, verification_method=plan.method,
    )  # fmt: skip
    approver.next("approve")
    executor.next("start")
    executor.next("finish", comment="已完成")
