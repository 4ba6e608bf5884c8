"""Two step tables side by side: what went, what came, what changed (P-A17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from opsloop.processes.models import Step

Kind = Literal["same", "changed", "new", "deleted"]
COMPARED: Final = (
    "name", "role", "inputs", "outputs", "form_or_system", "minutes", "is_optional",
    "parallel_group", "may_return_to", "from_amount", "accountable", "consulted", "informed",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One row: the step before, the step after, and the cells that differ; `moved` in the order."""

    kind: Kind
    before: Step | None
    after: Step | None
    cells: frozenset[str] = frozenset()
    moved: bool = False

    @property
    def name(self) -> str:
        step = self.after or self.before
        assert step is not None
        return step.name


def differences(before: Sequence[Step], after: Sequence[Step]) -> tuple[Difference, ...]:
    """In the new order; a deleted step stands where it stood."""
    origin = {step.origin_id: step for step in after if step.origin_id is not None}
    kept = [step.pk for step in before if step.pk in origin]
    order = [step.origin_id for step in after if step.origin_id in set(kept)]
    in_place = _longest_common(kept, order)
    by_pk = {step.pk: step for step in before}
    rows = [_difference(by_pk.get(step.origin_id or 0), step, in_place) for step in after]
    for place, step in enumerate(before):
        if step.pk not in origin:
            rows.insert(_place(rows, before[:place]), Difference("deleted", step, None))
    return tuple(rows)


def _difference(before: Step | None, after: Step, in_place: set[int]) -> Difference:
    if before is None:
        return Difference("new", None, after)
    cells = frozenset(name for name in COMPARED if getattr(before, name) != getattr(after, name))
    moved = before.pk not in in_place
    return Difference("changed" if cells or moved else "same", before, after, cells, moved)


def _place(rows: Sequence[Difference], earlier: Sequence[Step]) -> int:
    """Behind the last row that shows a step which stood before it."""
    wanted = {step.pk for step in earlier}
    shown = [
        at for at, row in enumerate(rows) if row.before is not None and row.before.pk in wanted
    ]
    return shown[-1] + 1 if shown else 0


def _longest_common(one: Sequence[int], other: Sequence[int | None]) -> set[int]:
    """Members of the longest run both orders agree on: the others were moved."""
    place = {key: at for at, key in enumerate(one)}
    best: list[tuple[int, ...]] = []
    for key in other:
        if key is None or key not in place:
            continue
        behind: tuple[int, ...] = ()
        for run in best:
            if place[run[-1]] < place[key] and len(run) > len(behind):
                behind = run
        best.append((*behind, key))
    longest: tuple[int, ...] = ()
    for run in best:
        longest = run if len(run) > len(longest) else longest
    return set(longest)
