"""Texts that go into cells: kept text, kept whole, kept printable."""

import re

_FORMULA = re.compile(r"\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20\u2212]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BAD_IN_NAME = re.compile(r"[\[\]:*?/\\']")
# Excel's own limits.
_CELL_LENGTH, _NAME_LENGTH = 32_767, 31


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet might take a text for a formula, full-width signs included."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """A text for a CSV cell: an apostrophe keeps it from being taken for a formula.

    A text that has such an apostrophe of its own gets another, so that one can be taken off again.
    """
    return "'" + text if looks_like_formula(text.lstrip("'")) else text


def without_guard(text: str) -> str:
    """A text of a CSV file as it was before it was `guarded`."""
    return text[1:] if text[:1] == "'" and looks_like_formula(text.lstrip("'")) else text


def printable(text: str) -> str:
    """A text any file can hold: one kind of line end, no control characters, no half characters."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def fitting(text: str) -> str:
    """A text a cell can hold: printable, at most Excel's length (counted in UTF-16, as Excel does).

    What is cut ends in “…”.
    """
    clean = printable(text)
    if len(clean) * 2 > _CELL_LENGTH and len(clean.encode("utf-16-le")) // 2 > _CELL_LENGTH:
        kept = clean.encode("utf-16-le")[: 2 * (_CELL_LENGTH - 1)]
        clean = kept.decode("utf-16-le", "ignore") + "\u2026"
    return clean


def cell_text(text: str) -> str:
    """A fitting text for XlsxWriter, which takes some texts for markup of its own."""
    marked = text.startswith("<r>") and text.endswith("</r>")
    return fitting(text + " " if marked else text)


def sheet_name(name: str, suffix: str = "") -> str:
    """A name a worksheet may have, cut to what Excel takes, with a suffix that tells copies apart."""
    return (_BAD_IN_NAME.sub(" ", name).strip() or "Sheet1")[: _NAME_LENGTH - len(suffix)] + suffix
