"""What every channel is handed, and how it says that it failed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """A notice as plain text; `link` is a full address or empty."""

    subject: str
    body: str
    link: str


class NotDelivered(Exception):
    """The other side did not take the message; worth another attempt."""
