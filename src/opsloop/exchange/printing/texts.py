"""The words of the paper that no sheet declares, in the reader's language."""

from dataclasses import dataclass
from typing import Literal

from opsloop.exchange.columns import Sheet

# company: the columns the company form prints; full: every column of the sheet.
Layout = Literal["company", "full"]


@dataclass(frozen=True)
class PrintTexts:
    """What the caller says in the reader's language; this ring knows no translations.

    `page` holds `{page}` and `{pages}`, `signature` holds `{role}`; `signatures` are the roles of
    forms that name none of their own. Without `company_words` titles, headings and choices are the
    labels in the reader's language instead of the company form's own words.
    """

    page: str
    total: str
    yes: str
    no: str
    signatures: tuple[str, ...]
    signature: str = "{role}: "
    company_words: bool = True

    def title(self, sheet: Sheet) -> str:
        """The title of a form: as the company prints it, else its label."""
        return (self.company_words and sheet.printed_title) or str(sheet.title)

    def signature_line(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        """One text per role, before the place where its holder signs."""
        return tuple(self.signature.replace("{role}", role) for role in roles)
