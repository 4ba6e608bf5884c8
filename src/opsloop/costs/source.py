"""Import batches as what they contain: the key under which figures are remembered."""

from collections.abc import Iterable
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


def source(dataset: Dataset, batch_ids: Iterable[int] | None = None) -> Source:
    """The named batches of a data set, or those in force now."""
    ids = in_force(dataset) if batch_ids is None else tuple(batch_ids)
    digests = dict(
        ImportBatch.objects.unscoped("figures are scoped line by line")
        .filter(pk__in=ids)
        .values_list("pk", "fact_digest")
    )
    return Source(tuple(digests[pk] for pk in ids), dataset, ids)


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


def homes() -> dict[str, Department]:
    """Department by the names ledgers use for it; of two of one name, the higher one."""
    found: dict[str, Department] = {}
    for department in Department.objects.order_by("-path"):
        found[department.code] = found[department.name] = department
    return found
