"""Import batches as what they contain: the key under which figures are remembered."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from opsloop.datasets.models import Dataset, ImportBatch, Kind
from opsloop.datasets.queries import fact_set, in_force
from opsloop.org.models import Department, Person
from opsloop.org.permissions import Permission


@dataclass(frozen=True)
class Source:
    """Import batches of one data set; two sources are equal when their facts are."""

    digests: tuple[str, ...]
    dataset: Dataset = field(compare=False)
    batch_ids: tuple[int, ...] = field(compare=False)
    # Which months (yyyymm) each batch has rows of; None where nobody counted.
    months: tuple[frozenset[int] | None, ...] = field(compare=False)

    def covering(self, wanted: Collection[int]) -> "Source":
        """The batches with rows of these months: the sums are the same, the files are fewer.

        So the figures of a month stay remembered while later months come in.
        """
        kept = [at for at, known in enumerate(self.months) if known is None or known & {*wanted}]
        # One file at least knows the names, though it has no rows of the month.
        places = kept or list(range(len(self.batch_ids)))[:1]
        return Source(
            tuple(self.digests[at] for at in places), self.dataset,
            tuple(self.batch_ids[at] for at in places), tuple(self.months[at] for at in places),
        )  # fmt: skip


def source(dataset: Dataset, batch_ids: Iterable[int] | None = None) -> Source:
    """The named batches of a data set, or those in force now."""
    ids = in_force(dataset) if batch_ids is None else tuple(batch_ids)
    rows = ImportBatch.objects.unscoped("figures are scoped line by line").filter(pk__in=ids)
    known = {
        pk: (digest, months)
        for pk, digest, months in rows.values_list("pk", "fact_digest", "findings__coverage")
    }
    return Source(
        tuple(known[pk][0] for pk in ids), dataset, ids,
        tuple(_months(known[pk][1]) for pk in ids),
    )  # fmt: skip


def _months(coverage: Mapping[str, int] | None) -> frozenset[int] | None:
    if not coverage:
        return None
    return frozenset(int(key.replace("-", "")) for key in coverage)


@lru_cache(maxsize=256)
def department_names(source: Source) -> frozenset[str]:
    """The departments the postings name; read from the dictionary, not from the rows."""
    return frozenset(fact_set(source.dataset, batch_ids=source.batch_ids).names["department"])


def ledgers_posting_to(person: Person, permission: Permission) -> list[int]:
    """Ledgers that name a department this person reaches: everybody sees their own lines (C-23)."""
    reached = person.departments_within(permission)
    mine = {text for pair in reached.values_list("name", "code") for text in pair}
    ledgers = Dataset.objects.unscoped("narrowed to the person's departments").filter(
        kind=Kind.LEDGER
    )
    return [ledger.pk for ledger in ledgers if mine & department_names(source(ledger))]


def opened(person: Person, batch_ids: Iterable[int]) -> frozenset[int]:
    """Those of these batches whose rows this person may open; a line is seen without them (C-23)."""
    batches = ImportBatch.objects.visible_to(person).filter(pk__in={*batch_ids})
    return frozenset(batches.values_list("pk", flat=True))


def homes() -> dict[str, Department]:
    """Department by the names ledgers use for it; of two of one name, the higher one."""
    found: dict[str, Department] = {}
    for department in Department.objects.order_by("-path"):
        found[department.code] = found[department.name] = department
    return found
