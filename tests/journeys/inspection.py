"""What every page owes its reader, looked at in the browser: wide, narrow, and by keyboard."""

import re

from playwright.sync_api import Page

from tests.browser import HEIGHTS, Visit

WIDE, NARROW = 1440, 390
FARTHEST = 60  # key presses to the first primary action

# Elements that stick out of the page and do not lie in a box that scrolls by itself.
_OVERFLOW = """() => {
  const root = document.documentElement
  if (root.scrollWidth <= root.clientWidth) return []
  const scrolls = (node) => node && node !== document.body &&
    (['auto', 'scroll', 'hidden'].includes(getComputedStyle(node).overflowX) ||
     scrolls(node.parentElement))
  return [...document.querySelectorAll('body *')]
    .filter((node) => node.getBoundingClientRect().right > root.clientWidth + 1 &&
      !scrolls(node.parentElement))
    .map((node) => node.outerHTML.slice(0, 120)).slice(0, 3)
    .concat(`${root.scrollWidth} > ${root.clientWidth}`)
}"""
# A box that is still sliding hides what lies under it from every check.
_SETTLED = "() => Promise.all(document.getAnimations().map((one) => one.finished))"
_IS_FOCUSED = "(node) => node === document.activeElement"


def inspect(window: Visit, path: str) -> list[str]:
    """Open a page and return what is wrong with it; what the console says the window collects."""
    page = window.go(path)
    found = _keyboard(page)
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.evaluate(_SETTLED)
        found += [f"{width} px: sticks out: {text}" for text in page.evaluate(_OVERFLOW)]
        try:
            window.axe()
        except AssertionError as error:
            found.append(f"{width} px: {error}")
    page.set_viewport_size({"width": WIDE, "height": HEIGHTS[WIDE]})
    return [f"{path}: {text}" for text in found]


def inspect_around(window: Visit, path: str) -> list[str]:
    """The page and every page one link away in its content, each kind of page once."""
    links = window.go(path).eval_on_selector_all(
        "main a[href^='/']", "links => links.map((link) => link.getAttribute('href'))"
    )
    kinds = {_kind(path): path}
    for link in links:
        if link.partition("?")[0].endswith("/"):
            kinds.setdefault(_kind(link), link)
    return [problem for link in kinds.values() for problem in inspect(window, link)]


def _kind(link: str) -> str:
    return re.sub(r"\d+", "0", link.partition("?")[0])


def _keyboard(page: Page) -> list[str]:
    """The skip link comes first and leads to the content; from there Tab reaches what to do."""
    skip = page.locator("a.ol-skip")
    if skip.count() == 0:
        return ["no skip link"]
    page.keyboard.press("Tab")
    if not skip.evaluate(_IS_FOCUSED):
        return ["Tab does not reach the skip link first"]
    page.keyboard.press("Enter")
    if not page.locator("#content").evaluate(_IS_FOCUSED):
        return ["the skip link does not lead to the content"]
    action = page.locator("main .btn-primary:visible:not([disabled])").first
    if action.count() == 0:
        return []
    for _press in range(FARTHEST):
        page.keyboard.press("Tab")
        if action.evaluate(_IS_FOCUSED):
            return []
    return ["Tab does not reach the first primary action"]
