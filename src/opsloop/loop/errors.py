"""What the loop refuses, and why; pages, API and commands turn these into their own words."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.functional import Promise

from opsloop.loop.states import Event, Guard, State


class LoopError(Exception):
    """Base of every refusal; `text` is a sentence for the person (lazily translated)."""

    def __init__(self, text: "str | Promise") -> None:
        super().__init__(text)
        self.text = text


class IllegalMove(LoopError):
    """The table has no such move from this state."""

    def __init__(self, event: Event, state: State, text: "str | Promise") -> None:
        super().__init__(text)
        self.event = event
        self.state = state


class GuardRefused(LoopError):
    """A condition of the move does not hold yet; the text says what is missing."""

    def __init__(self, guard: Guard, text: "str | Promise") -> None:
        super().__init__(text)
        self.guard = guard


class Refused(LoopError):
    """The request makes no sense for this record as it stands."""


class Conflict(LoopError):
    """Somebody else saved first: `mine` and `theirs` hold both values of every differing field."""

    def __init__(
        self,
        text: "str | Promise",
        subject: models.Model,
        mine: Mapping[str, Any],
        theirs: Mapping[str, Any],
    ) -> None:
        super().__init__(text)
        self.subject = subject
        self.mine = dict(mine)
        self.theirs = dict(theirs)
