"""What the commands say: the site's own catalogue without the site, and one-sentence refusals."""

import gettext as standard
import os
import sys
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from rich.console import Console

import opsloop

if TYPE_CHECKING:
    from opsloop.exchange.problems import RefusedFile
    from opsloop.exchange.typed import Typed

_CATALOGUE = Path(opsloop.__path__[0]) / "locale/zh_Hans/LC_MESSAGES/django.mo"


@cache
def _translations() -> standard.NullTranslations:
    """Chinese unless `OPSLOOP_LANGUAGE`, else the locale of the terminal, says English."""
    asked = next(
        (
            os.environ[name]
            for name in ("OPSLOOP_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
            if os.environ.get(name)
        ),
        "",
    )
    if asked.lower().startswith("en") or not _CATALOGUE.exists():
        return standard.NullTranslations()
    with _CATALOGUE.open("rb") as file:
        return standard.GNUTranslations(file)


def gettext(text: str) -> str:
    """The sentence in the reader's language; the extractor finds it under this name."""
    return _translations().gettext(text)


class Refusal(click.ClickException):
    """The command cannot do this; one sentence on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), file=file or sys.stderr)


def stderr() -> Console:
    """Where progress and remarks go, so that standard output holds the answer alone."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def remark(text: str) -> None:
    """A sentence beside the answer, such as rows left out."""
    click.echo(text, err=True)


def refused(path: Path, error: "RefusedFile") -> Refusal:
    """A file that cannot be read, as the command's one sentence."""
    return Refusal(f"{path.name}: {gettext(error.sentence) % error.params}")


def remark_problems(path: Path, typed: "Typed") -> None:
    """Rows left out are remarked, never hidden: one sentence per kind of problem.

    Raises `Refusal` when no row is left.
    """
    for code, count in typed.counts.items():
        first = typed.first(code)
        sentence = gettext(first.sentence) % {"value": first.value, **first.params}
        remark(
            gettext("%(file)s: %(count)d rows, first row %(row)s, column “%(column)s”: %(sentence)s")
            % {"file": path.name, "count": count, "row": first.row,
               "column": first.column, "sentence": sentence}
        )  # fmt: skip
    if not typed.frame.height:
        raise Refusal(gettext("%(file)s: no row could be read.") % {"file": path.name})
