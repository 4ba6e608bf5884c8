"""Files against the catalogue: what is missing, damaged, or left over from a crash."""

import hashlib
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from opsloop.datasets.models import BatchState, ImportBatch
from opsloop.facts.store import DamagedFactsError, FactStore
from opsloop.org.scoping import ScopedQuerySet

# Younger folders may belong to an import under way.
SPARED: Final = timedelta(days=1)
_NEEDED: Final = (BatchState.CHECKED, BatchState.COMMITTED, BatchState.RETIRED)


@dataclass(frozen=True)
class Findings:
    """`damaged` names batches whose files do not hold what was recorded; orphans are harmless."""

    batches: int
    damaged: tuple[str, ...]
    orphans: tuple[Path, ...]

    @property
    def sound(self) -> bool:
        return not self.damaged


def verify() -> Findings:
    """Read every file the catalogue refers to and compare it with its digest."""
    store = FactStore(settings.FACTS_ROOT)
    batches = _batches().filter(state__in=_NEEDED).select_related("dataset")
    damaged = [str(batch) for batch in batches if not _sound(store, batch)]
    return Findings(len(batches), tuple(damaged), tuple(_orphans()))


def _sound(store: FactStore, batch: ImportBatch) -> bool:
    upload = batch.place / batch.source_name
    try:
        with upload.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != batch.digest:
                return False
        if batch.fact_digest:
            store.verify(store.open(batch.dataset.kind, batch.fact_digest))
    except (OSError, DamagedFactsError):
        return False
    return True


def _orphans() -> list[Path]:
    folders = set(_batches().values_list("folder", flat=True))
    digests = set(_batches().exclude(fact_digest="").values_list("fact_digest", flat=True))
    facts = Path(settings.FACTS_ROOT)
    uploads = [path for path in Path(settings.UPLOADS_ROOT).glob("*") if path.name not in folders]
    stored = [path for path in facts.glob("*/??/*") if path.name not in digests]
    return sorted([*uploads, *stored, *facts.glob("tmp/*")])


def sweep(now: datetime) -> int:
    """Remove what crashes left behind and nothing refers to; returns how many folders went."""
    limit = (now - SPARED).timestamp()
    old = [path for path in _orphans() if path.stat().st_mtime < limit]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def _batches() -> ScopedQuerySet[ImportBatch]:
    return ImportBatch.objects.unscoped("the files of the whole site are compared")
