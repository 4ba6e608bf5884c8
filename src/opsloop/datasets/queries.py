"""Reads of data sets: lists, the facts in force, and the way back from a figure to its rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals.stable.v2 as nw
import polars as pl
from django.conf import settings
from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from opsloop.analysis.period import Period
from opsloop.datasets.models import OPEN_STATES, BatchState, Dataset, ImportBatch
from opsloop.facts.lineage import original_rows, row_references
from opsloop.facts.store import FactFile, FactStore
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.org.scoping import ScopedQuerySet

ROWS_A_PAGE: Final = 100
# A figure may stand on millions of rows; a page and an address name at most so many of them.
MOST_REFERENCES: Final = 2000


@dataclass(frozen=True)
class FactSet:
    """The facts of a data set in force, as one lazy frame.

    `frame` has the columns of the kind (`facts.schema`) and `batch_no`, an index into `batch_ids`.
    `names` are the dictionaries its numbers point into.
    """

    frame: "nw.LazyFrame[Any]"
    names: dict[str, tuple[str, ...]]
    batch_ids: tuple[int, ...]
    rows: int
    has_start: bool
    files: tuple[FactFile, ...]

    def texts(self, identity: str, numbers: Sequence[int]) -> dict[int, str]:
        """The texts behind identity numbers, such as the case ids on one page."""
        return _store().identity_texts(self.files, identity, numbers)

    def references(self, frame: "nw.LazyFrame[Any]", *, limit: int) -> list[tuple[int, int]]:
        """(batch id, source row) of the facts in a filtered `frame`, at most `limit`."""
        found = row_references(frame, limit=limit)
        return [(self.batch_ids[batch_no], row) for batch_no, row in found]


def fact_set(dataset: Dataset, *, batch_ids: Sequence[int] | None = None) -> FactSet:
    """The facts of the batches in force, or of the named batches whatever their state now.

    Naming batches reproduces an old figure. Raises facts.store.DamagedFactsError.
    """
    rows = dataset.batches.exclude(fact_digest="").order_by("id")
    chosen = (
        rows.filter(state=BatchState.COMMITTED)
        if batch_ids is None
        else rows.filter(pk__in=batch_ids)
    )
    batches, store = list(chosen), _store()
    files = [store.open(dataset.kind, batch.fact_digest) for batch in batches]
    scan = store.scan(dataset.kind, files)
    has_start = any("start_time" in batch.mapping for batch in batches)
    return FactSet(
        scan.frame, scan.names, tuple(batch.pk for batch in batches), scan.rows, has_start,
        tuple(files),
    )  # fmt: skip


def _store() -> FactStore:
    return FactStore(settings.FACTS_ROOT)


def lines(person: Person) -> ScopedQuerySet[Any]:
    """Data sets with what is in force in each: rows, days covered, rows nobody corrected yet."""
    in_force = Q(batches__state=BatchState.COMMITTED)
    return (
        Dataset.objects.visible_to(person)
        .select_related("department")
        .annotate(
            fact_rows=Coalesce(Sum("batches__fact_rows", filter=in_force), 0),
            unresolved=Coalesce(Sum("batches__bad_rows", filter=in_force), 0),
            first_day=Min("batches__first_day", filter=in_force),
            last_day=Max("batches__last_day", filter=in_force),
            last_import=Max("batches__committed_at", filter=in_force),
            waiting=Count("batches", filter=Q(batches__state__in=OPEN_STATES)),
        )
    )


def imports(dataset: Dataset) -> ScopedQuerySet[ImportBatch]:
    """Every batch of a data set, newest first."""
    return dataset.batches.select_related("received_by", "replaces", "dataset", "job")


@dataclass(frozen=True)
class Covered:
    """One month and the rows in force that fall into it."""

    key: str
    rows: int


def coverage(dataset: Dataset, *, most: int = 36) -> list[Covered]:
    """The latest months from the first to the last record; a month without rows shows a gap."""
    total: Counter[str] = Counter()
    for batch in dataset.batches.filter(state=BatchState.COMMITTED):
        total.update(batch.findings.get("coverage", {}))
    if not total:
        return []
    month, last = Period.parse(min(total)), Period.parse(max(total))
    months = []
    while month <= last:
        months.append(Covered(month.key, total[month.key]))
        month = month.next()
    return months[-most:]


@dataclass(frozen=True)
class SourceTable:
    """Rows as they stand in the file: `rows` are (row number, cells), `next` the page after."""

    labels: tuple[str, ...]
    rows: list[tuple[int, tuple[str | None, ...]]]
    next: str
    is_first: bool


def source_frame(batch: ImportBatch, rows: Sequence[int] | None) -> pl.DataFrame:
    """Original rows of a batch with facts: all (None) or the named ones, as text columns."""
    file = _store().open(batch.dataset.kind, batch.fact_digest)
    if rows is None:
        return pl.read_parquet(file.source)
    return original_rows(file, rows)


def source_rows(
    dataset: Dataset, batch_id: int, rows: Sequence[int] | None, *, after: str | None = None
) -> SourceTable:
    """One page of original rows, following the row number `after`. Raises Batch.DoesNotExist."""
    batch = dataset.batches.exclude(fact_digest="").get(pk=batch_id)
    start = int(after) if after and after.isdecimal() else 0
    frame = source_frame(batch, rows)
    page = frame.filter(frame["source_row"] > start).head(ROWS_A_PAGE + 1)
    more = page.height > ROWS_A_PAGE
    shown = [(int(row[0]), tuple(row[1:])) for row in page.head(ROWS_A_PAGE).iter_rows()]
    return SourceTable(
        tuple(frame.columns[1:]), shown, str(shown[-1][0]) if more else "", is_first=not start
    )


def parse_rows(text: str) -> list[int] | None:
    """`3-5,9` → [3, 4, 5, 9], at most `MOST_REFERENCES`; None for an empty or malformed text."""
    found: list[int] = []
    for part in text.split(",")[:MOST_REFERENCES]:
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            return None
        end = min(int(last or first), int(first) + MOST_REFERENCES)
        found.extend(range(int(first), end + 1))
    return found[:MOST_REFERENCES]


def format_rows(rows: Sequence[int]) -> str:
    """The short form that `parse_rows` reads back; the address of a figure's rows."""
    spans: list[list[int]] = []
    for row in sorted(set(rows))[:MOST_REFERENCES]:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return ",".join(f"{a}-{b}" if b > a else str(a) for a, b in spans)


def rows_url(batch_id: int, rows: Sequence[int] = ()) -> str:
    """The page that shows rows of a batch: where a figure's lineage leads."""
    url = reverse("datasets:rows", args=[batch_id])
    return f"{url}?rows={format_rows(rows)}" if rows else url


def latest_day(dataset: Dataset) -> date | None:
    """The last day any record in force falls on: measures of later periods are not complete."""
    found = dataset.batches.filter(state=BatchState.COMMITTED).aggregate(day=Max("last_day"))
    day: date | None = found["day"]
    return day


def in_force(dataset: Dataset) -> tuple[int, ...]:
    """The batches a figure computed now would stand on; equal tuples mean equal facts."""
    rows = dataset.batches.filter(state=BatchState.COMMITTED).order_by("id")
    return tuple(rows.values_list("pk", flat=True))


@dataclass(frozen=True)
class Hit:
    label: str
    url: str
    hint: str


def search(person: Person, text: str, limit: int) -> list[Hit]:
    """Data sets and files whose name contains a text, within what the person may see."""
    sets = Dataset.objects.visible_to(person).filter(
        Q(name__icontains=text) | Q(source__icontains=text)
    )
    hits = [
        Hit(found.name, reverse("datasets:detail", args=[found.pk]), found.get_kind_display())
        for found in sets[:limit]
    ]
    batches = ImportBatch.objects.visible_to(person).filter(file_name__icontains=text)
    for found in batches.select_related("dataset")[: limit - len(hits)]:
        url = reverse("datasets:batch", args=[found.pk])
        hits.append(Hit(found.file_name, url, found.dataset.name))
    return hits


def importable(person: Person) -> ScopedQuerySet[Dataset]:
    """The data sets this person may bring records into."""
    return Dataset.objects.visible_to(person, Permission.DATASET_IMPORT)
