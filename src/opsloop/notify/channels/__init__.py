"""The channels outside the product: an explicit list, one module each.

A channel has a `NAME`, `reaches(person)` and `send(person, messages)`; several messages are one
digest. `send` raises `NotDelivered` with a sentence when the other side did not take it.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from opsloop.notify.channels import email
from opsloop.notify.channels.message import Message, NotDelivered
from opsloop.org.models import Person


class Channel(Protocol):
    """A module of this folder."""

    def reaches(self, person: Person) -> bool: ...

    def send(self, person: Person, messages: Sequence[Message]) -> None: ...


CHANNELS: Final[dict[str, Channel]] = {email.NAME: email}

__all__ = ["CHANNELS", "Channel", "Message", "NotDelivered"]
