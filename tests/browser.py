"""Chromium for the journeys: one browser a run, one clean window a person."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import Morsel
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

HEIGHTS = {1440: 900, 390: 844}
PATIENCE = 15_000  # milliseconds; two cores may be busy
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; a machine without it fails here by name rather than skipping."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("chromium is missing: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Visit:
    """One person's window on the site."""

    base: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    axe_source: str = ""
    shots: Path = Path()

    @classmethod
    def open(
        cls,
        browser: Browser,
        base: str,
        cookies: Mapping[str, Morsel[str]],
        *,
        width: int,
        theme: str,
    ) -> "Visit":
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            color_scheme="dark" if theme == "dark" else "light",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
        )
        context.add_cookies(
            [{"name": name, "value": morsel.value, "url": base} for name, morsel in cookies.items()]
        )
        context.set_default_timeout(PATIENCE)
        visit = cls(base, context, context.new_page())
        visit.page.on("console", visit._heard)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on(
            "request",
            lambda request: (
                visit.complaints.append(f"policy report: {request.post_data}")
                if request.url.endswith("/csp-report")
                else None
            ),
        )
        return visit

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{self.page.url}: {message.text}")

    def go(self, path: str) -> Page:
        """Open an address of the site and wait until its scripts have drawn."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def axe(self) -> None:
        """The page as it stands has no accessibility violation."""
        self.page.evaluate(self.axe_source)
        found = self.page.evaluate("axe.run().then((result) => result.violations)")
        said = [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]
        assert not said, "\n".join([self.page.url, *said])

    def shot(self, name: str) -> Path:
        """A screenshot of the whole page, for eyes; set OPSLOOP_SHOTS to keep it."""
        path = self.shots / f"{name}.png"
        self.page.screenshot(path=str(path), full_page=True)
        return path

    def close(self) -> None:
        self.context.close()
