"""The import from the command line: find or create the data set, then the same three steps."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from opsloop.datasets import actions, preview
from opsloop.datasets.models import BatchState, Dataset, Door, ImportBatch
from opsloop.datasets.refusals import Refused, sentence
from opsloop.org import clock
from opsloop.org.models import Department

IMPORTED: Final = 0
REFUSED: Final = 1
HAS_PROBLEMS: Final = 3


@dataclass(frozen=True)
class Outcome:
    """How an import ended: an exit code, one sentence, and up to twenty problems."""

    exit_code: int
    text: str
    batch_id: int | None = None
    state: str = ""
    rows: int = 0
    bad_rows: int = 0
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def import_from_command(
    file_name: str,
    chunks: Iterable[bytes],
    *,
    name: str,
    kind: str | None,
    department: str | None,
    timezone: str | None,
    mapping: Iterable[str],
    skip_bad_rows: bool,
    replace: bool,
) -> Outcome:
    """Import a file into the data set of a name; with `kind` it is created when absent."""
    try:
        dataset = _dataset(name, kind, department, timezone)
        batch = actions.receive(
            dataset=dataset, file_name=file_name, chunks=chunks, door=Door.COMMAND, by=None,
            now=clock.now(), replaces=_of_name(dataset, file_name) if replace else None,
        )  # fmt: skip
        return _through(
            batch, dict(part.split("=", 1) for part in mapping), skip_bad_rows=skip_bad_rows
        )
    except actions.SameFile as same:
        return _outcome(IMPORTED, same.text, same.batch)
    except Refused as refusal:
        return Outcome(REFUSED, refusal.text)


def _through(batch: ImportBatch, mapping: dict[str, str], *, skip_bad_rows: bool) -> Outcome:
    now = clock.now()
    if mapping:
        batch = actions.change_reading(batch=batch, reading={"mapping": mapping}, by=None, now=now)
    batch = actions.check(batch=batch, by=None, now=now)
    if batch.state == BatchState.FAILED:
        return _outcome(REFUSED, sentence(batch.failure_code, batch.failure_params), batch)
    if batch.bad_rows and not skip_bad_rows:
        text = sentence("bad_rows", {"count": str(batch.bad_rows)})
        return _outcome(HAS_PROBLEMS, text, batch)
    batch = actions.commit(batch=batch, by=None, now=now, skip_bad_rows=skip_bad_rows)
    text = _("%(count)s rows imported.") % {"count": batch.fact_rows}
    return _outcome(IMPORTED, text, batch)


def _outcome(exit_code: int, text: str, batch: ImportBatch) -> Outcome:
    problems = tuple(preview.problem_lines(batch, most=20))
    return Outcome(
        exit_code, text, batch.pk, batch.state, batch.fact_rows, batch.bad_rows, problems
    )


def _dataset(name: str, kind: str | None, code: str | None, timezone: str | None) -> Dataset:
    named = Dataset.objects.unscoped("the command line serves whoever runs the site")
    named = named.filter(name=name).select_related("department")
    found = list(named.filter(department__code=code) if code else named)
    if len(found) == 1:
        return found[0]
    if found or kind is None:
        raise Refused("no_dataset", {"name": name})
    departments = Department.objects.filter(code=code) if code else Department.objects.all()
    home = departments.filter(is_active=True).order_by("path").first()
    if home is None:
        raise Refused("no_department", {"name": code or ""})
    return actions.create_dataset(
        name=name, kind=kind, department=home, timezone=timezone or settings.TIME_ZONE,
        by=None, now=clock.now(),
    )  # fmt: skip


def _of_name(dataset: Dataset, file_name: str) -> ImportBatch | None:
    in_force = dataset.batches.filter(state=BatchState.COMMITTED, file_name=file_name)
    return in_force.order_by("-id").first()
