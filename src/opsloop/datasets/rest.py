"""Records in over HTTP: list data sets, push a file, read its problems, put it in force."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status

from opsloop.datasets import actions, queries, work
from opsloop.datasets.models import BatchState, Dataset, Door, ImportBatch
from opsloop.datasets.refusals import sentence
from opsloop.org import clock
from opsloop.org.models import Person
from opsloop.org.permissions import Permission
from opsloop.ui.rest import MATCHED, After, Limit, Paged, page_of, require_match, show_tag, tag

router = Router(tags=["datasets"])
ACCESS: Final[dict[str, Permission]] = {
    "datasets": Permission.DATASET_VIEW,
    "dataset_imports": Permission.DATASET_IMPORT,
    "import": Permission.DATASET_VIEW,
    "import_commit": Permission.DATASET_IMPORT,
}
CHUNK: Final = 1024 * 1024
FileName = Annotated[str, Query(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f/\\]+$")]


class DatasetOut(Schema):
    id: int
    name: str
    kind: str
    department: str
    rows: int
    first_day: date | None
    last_day: date | None


class DatasetsPage(Paged):
    items: list[DatasetOut]


class BatchOut(Schema):
    """`problems` are groups: column, code, how many rows. `failure` says why it was refused."""

    id: int
    dataset: int
    state: str
    file_name: str
    rows: int
    bad_rows: int
    first_day: date | None
    last_day: date | None
    missing: list[str]
    problems: list[dict[str, Any]]
    failure: str
    received_at: datetime


class CommitIn(Schema):
    skip_bad_rows: bool = False


def _person(request: HttpRequest) -> Person:
    # The access middleware lets nobody in without a person.
    assert isinstance(request.user, Person)
    return request.user


def _dataset_out(line: Any) -> dict[str, Any]:
    return {
        "id": line.pk, "name": line.name, "kind": line.kind, "department": line.department.name,
        "rows": line.fact_rows, "first_day": line.first_day, "last_day": line.last_day,
    }  # fmt: skip


def _batch_out(batch: ImportBatch) -> dict[str, Any]:
    failure = sentence(batch.failure_code, batch.failure_params) if batch.failure_code else ""
    return {
        "id": batch.pk, "dataset": batch.dataset_id, "state": batch.state,
        "file_name": batch.file_name, "rows": batch.rows, "bad_rows": batch.bad_rows,
        "first_day": batch.first_day, "last_day": batch.last_day, "failure": failure,
        "missing": batch.findings.get("missing", []),
        "problems": batch.findings.get("problems", []), "received_at": batch.received_at,
    }  # fmt: skip


def _tag(batch: ImportBatch) -> str:
    return tag(batch.state, batch.rows, batch.bad_rows)


@router.get("/datasets", response=DatasetsPage, url_name="datasets", summary="List data sets")
def list_datasets(request: HttpRequest, after: After = "", limit: Limit = 50) -> Any:
    lines = queries.lines(_person(request))
    return page_of(lines, _dataset_out, after=after, limit=limit, order="id")


@router.post(
    "/datasets/{int:pk}/imports", response={201: BatchOut}, url_name="dataset_imports",
    summary="Push a file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)  # fmt: skip
def push(request: HttpRequest, response: HttpResponse, pk: int, file_name: FileName) -> Any:
    """The body is the file itself. It is checked, at once or as a job, but not yet in force.

    A known `Idempotency-Key` answers with the batch it made before.
    """
    person = _person(request)
    dataset = Dataset.objects.visible_to(person).filter(pk=pk).first()
    if dataset is None:
        raise Http404
    key = request.headers.get("Idempotency-Key", "")[:120]
    batch = actions.receive(
        dataset=dataset, file_name=file_name, chunks=_chunks(request), door=Door.API,
        by=person, now=clock.now(), idempotency_key=key,
    )  # fmt: skip
    if batch.state == BatchState.UPLOADED and not batch.busy:
        batch = work.check(batch, person)
    show_tag(response, _tag(batch))
    return Status(201, _batch_out(batch))


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    """The body as it streams in; nothing of it is held in memory."""
    while chunk := request.read(CHUNK):
        yield chunk


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    found = ImportBatch.objects.visible_to(_person(request)).filter(pk=pk)
    batch = found.select_related("dataset__department", "job", "replaces").first()
    if batch is None:
        raise Http404
    return batch


@router.get("/imports/{int:pk}", response=BatchOut, url_name="import", summary="One import batch")
def read_import(request: HttpRequest, response: HttpResponse, pk: int) -> Any:
    """What the check found; ask again while `state` is `uploaded`."""
    batch = _batch(request, pk)
    show_tag(response, _tag(batch))
    return _batch_out(batch)


@router.post(
    "/imports/{int:pk}/commit", response=BatchOut, url_name="import_commit",
    summary="Put an import batch in force", openapi_extra=MATCHED,
)  # fmt: skip
def commit(request: HttpRequest, response: HttpResponse, pk: int, given: CommitIn) -> Any:
    """Needs `If-Match` with the entity tag of the batch. Bad rows are left out only when asked."""
    batch = _batch(request, pk)
    require_match(request, _tag(batch), BatchOut, lambda: _batch_out(batch))
    batch = work.commit(batch, _person(request), skip_bad_rows=given.skip_bad_rows)
    show_tag(response, _tag(batch))
    return _batch_out(batch)
