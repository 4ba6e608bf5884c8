"""A filled form as PDF: Typst lays it out, the values go in as data and are never markup."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import typst

from opsloop.exchange.cell_text import printable
from opsloop.exchange.columns import FilledSheet
from opsloop.exchange.printing import formulas, paper, shown
from opsloop.exchange.printing.paper import Paper
from opsloop.exchange.printing.texts import Layout, PrintTexts

_HERE: Final = Path(__file__).parent
# Filled by the build of the front end (frontend/build.mjs); without it the system's fonts serve.
FONTS: Final = _HERE / "fonts"
_FAMILIES: Final = ("Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei",
                    "PingFang SC", "SimSun")  # fmt: skip
_SIZE: Final = 10.0
# Tags let a screen reader walk the table; for thousands of rows they make the file ten times larger.
_TAGGED: Final = 500
# A word nobody could break fits no cell: it may be broken everywhere after so many signs.
_LONG_WORD = re.compile(r"[!-~]{12}(?=[!-~])")


def write(
    filled: FilledSheet,
    target: Path | BinaryIO,
    *,
    texts: PrintTexts,
    layout: Layout = "company",
    made_at: datetime | None = None,
) -> None:
    """Write a form as PDF on A4 landscape, its font embedded.

    A character no font of the machine knows prints as a box. `made_at` is the file's date; with it
    the same form makes the same file.
    """
    page = paper.laid_out(filled, texts, layout)
    content = typst.compile(
        str(_HERE / "form.typ"),
        root=str(_HERE),
        font_paths=[str(FONTS)] if FONTS.is_dir() else [],
        sys_inputs={"form": json.dumps(_data(filled, page, texts), ensure_ascii=False)},
        format="pdf",
        pdf_tags=len(filled.rows) <= _TAGGED,
        timestamp=made_at and made_at.replace(tzinfo=UTC),
    )
    assert isinstance(content, bytes)
    if isinstance(target, Path):
        target.write_bytes(content)
    else:
        target.write(content)


def _data(filled: FilledSheet, page: Paper, texts: PrintTexts) -> dict[str, Any]:
    """All the template prints, as texts."""
    rows = []
    for line in paper.lines(filled):
        cells = [shown.shown(c, formulas.value_of(c, line.row), texts) for c in page.columns]
        if cells:
            cells[0] = line.number + cells[0]
        rows.append({"cells": [_text(cell) for cell in cells], "depth": line.depth})
    return {
        "title": _text(page.title),
        "fonts": _FAMILIES,
        "size": _SIZE * page.scale,
        "blocks": [
            [
                {
                    "heading": _text(field.heading),
                    "value": _text(shown.shown(field.column, field.value, texts)),
                    "width": sum(page.widths[field.first : field.last + 1]) * page.scale,
                }
                for field in fields
            ]
            for fields in page.blocks
        ],
        "unit_note": _text(page.unit_note),
        "headings": [_text(heading) for heading in page.headings],
        "widths": [width * page.scale for width in page.widths],
        "align": [shown.align(column) for column in page.columns],
        "rows": rows,
        "totals": _totals(filled, page, texts),
        "signatures": [_text(signature) for signature in page.signatures],
        "page": _text(texts.page),
    }


def _totals(filled: FilledSheet, page: Paper, texts: PrintTexts) -> list[str]:
    return [_text(cell) for cell in formulas.total_cells(filled, page.columns, texts)]


def _text(text: str) -> str:
    return _LONG_WORD.sub("\\g<0>\u200b", printable(text))
