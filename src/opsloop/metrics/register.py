"""The closed register of what the product can measure: each tool's `metrics.py` lists its sources.

A source is the only bridge from a stored definition to a number. The loop measures a second time
through this register, so it never has to know the tool that raised a deviation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal

from django.conf import settings
from django.utils.functional import Promise

from opsloop.analysis.period import Period
from opsloop.analysis.samples import (
    Counts,
    Direction,
    Durations,
    Money,
    Proportion,
    Sample,
    SampleKind,
    Series,
)
from opsloop.org.permissions import Permission

__all__ = [
    "Counts", "Direction", "Durations", "EvidenceRows", "MeasureRequest", "Measurement",
    "MetricSource", "Money", "Option", "Proportion", "Sample", "SampleKind", "Series", "UnknownSource",
    "source", "sources",
]  # fmt: skip

Additivity = Literal["flow", "stock", "average", "ratio", "distinct", "external"]
EVIDENCE_LIMIT: Final = 1000


class UnknownSource(LookupError):
    """No tool offers a source of this key."""


@dataclass(frozen=True)
class MeasureRequest:
    """Which number is wanted. `definition` is the metric version's JSON (object id, step, item …).

    `measure` answers for `period` alone; `sample` answers for the window `period` … `last`.
    `batch_ids` pins the import batches, so that a stored number can be computed again as it was.
    """

    definition: Mapping[str, Any]
    dimension: str
    period: Period
    as_of: datetime
    last: Period | None = None
    batch_ids: tuple[int, ...] | None = None
    with_evidence: bool = False

    @property
    def start(self) -> date:
        return self.period.start

    @property
    def end(self) -> date:
        """The first day after the period or window."""
        return (self.last or self.period).end


@dataclass(frozen=True)
class EvidenceRows:
    """Rows of one import batch a number came from: the first ≤ 1,000 row numbers, and how many."""

    batch_id: int
    rows: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class Measurement:
    """A number with what it was made of; `value` is None when there was nothing to measure.

    `evidence` is filled only when the request asks `with_evidence`.
    """

    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    n: int = 0
    batch_ids: tuple[int, ...] = ()
    evidence: tuple[EvidenceRows, ...] = ()


@dataclass(frozen=True)
class Option:
    """A part of a definition people may switch: its key in the JSON and the values it takes."""

    key: str
    label: str | Promise
    choices: tuple[tuple[str, str | Promise], ...]


@dataclass(frozen=True)
class MetricSource:
    """One kind of number a tool offers. `better` names the good direction.

    `unit` is a code: hours, rate, yuan, count, points or another short word shown as it is. The two
    permissions say who sees the numbers of this source (one of `metrics.models.VIEWS`) and who may
    define or revise them.
    """

    key: str
    tool: str
    label: str | Promise
    unit: str
    better: Direction
    additivity: Additivity
    sample_kind: SampleKind
    measure: Callable[[MeasureRequest], Measurement] = field(repr=False)
    sample: Callable[[MeasureRequest], Sample] = field(repr=False)
    options: tuple[Option, ...] = ()
    view_permission: Permission = Permission.METRIC_VIEW
    edit_permission: Permission = Permission.METRIC_EDIT


@cache
def sources() -> Mapping[str, MetricSource]:
    """Every source by key, in the order of `settings.METRIC_SOURCES`; read once, on first use."""
    found: dict[str, MetricSource] = {}
    for module in settings.METRIC_SOURCES:
        for entry in import_module(module).SOURCES:
            if entry.key in found:
                raise ValueError(f"two metric sources are called {entry.key}")
            found[entry.key] = entry
    return found


def source(key: str) -> MetricSource:
    """The source of this key; raises `UnknownSource`."""
    try:
        return sources()[key]
    except KeyError:
        raise UnknownSource(key) from None
