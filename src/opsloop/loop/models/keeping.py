"""What the loop's records share: nothing is deleted, and a state is moved, never assigned."""

from typing import Any, NoReturn


class NeverDeleted(TypeError):
    """Deviations and countermeasures stay on record (L-13)."""


class StateIsMoved(TypeError):
    """`state` changes only through the transition table (L-02)."""


class Kept:
    """First base of a model, and of its queryset: neither deletes."""

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NeverDeleted(type(self).__name__)
