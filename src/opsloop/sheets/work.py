"""Files of large forms as background work: no request waits half a minute for them."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from opsloop.exchange.printing.texts import Layout
from opsloop.jobs.actions import enqueue
from opsloop.jobs.models import Job, JobState
from opsloop.jobs.worker import Context, Failed
from opsloop.org import clock
from opsloop.sheets import files
from opsloop.sheets.queries import NoSuchForm, OpenForm, open_form

KIND: Final = "form_file"
# Up to so many rows a file is written while its reader waits.
INLINE_ROWS: Final = 2_000
_KEPT: Final = timedelta(days=1)


def is_long(printed: files.Printed, kind: str) -> bool:
    """Whether a file takes longer than a request should; CSV never does."""
    return kind != "csv" and len(printed.filled.rows) > INLINE_ROWS


def queue(opened: OpenForm, printed: files.Printed, kind: str) -> Job:
    """Ask for the file; its link stands on the page of the job."""
    arguments = {
        **opened.about, "kind": kind, "layout": printed.layout,
        "language": translation.get_language(),
    }  # fmt: skip
    title = _("Write “%(name)s”") % {"name": files.file_name(printed, kind)}
    return enqueue(
        kind=KIND, arguments=arguments, by=opened.person, now=clock.now(), title=title[:200]
    )


def write_file(
    context: Context, *, sheet: str, subject: str, kind: str, layout: str, language: str
) -> dict[str, Any]:
    """Job handler "form_file": the form as whoever asked for it may see it now."""
    person = context.job.requested_by
    assert person is not None, "a form is always asked for by somebody"
    chosen: Layout = "full" if layout == get_args(Layout)[1] else "company"
    with translation.override(language):
        context.progress(0, 2, gettext_noop("Reading the form"))
        try:
            opened = open_form(person, sheet, subject)
        except NoSuchForm as error:
            text = _("There is no such form, or it lies outside your departments.")
            raise Failed("no_form", text) from error
        printed = files.Printed(opened.named(), files.now_here(), opened.key, chosen)
        context.progress(1, 2, gettext_noop("Writing the file"))
        _keep(printed, kind, _path(context.job, kind))
        link = reverse("sheets:made", args=[sheet, subject, context.job.pk])
        return {"link": link, "name": files.file_name(printed, kind)}


def _keep(printed: files.Printed, kind: str, path: Path) -> None:
    """Write the file under its name only when it is whole; those of yesterday go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    oldest = (clock.now() - _KEPT).timestamp()
    for old in path.parent.iterdir():
        if old.stat().st_mtime < oldest:
            old.unlink(missing_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        files.write(printed, kind, file)
    partial.replace(path)


def made(opened: OpenForm, pk: int) -> tuple[Path, str] | None:
    """The file a job wrote for this person and its name; None when there is none (any more)."""
    jobs = Job.objects.visible_to(opened.person).filter(
        pk=pk, kind=KIND, state=JobState.SUCCEEDED, requested_by=opened.person
    )
    job = jobs.first()
    if job is None or opened.about != {name: job.arguments.get(name) for name in opened.about}:
        return None
    path = _path(job, job.arguments["kind"])
    return (path, job.result["name"]) if path.exists() else None


def _path(job: Job, kind: str) -> Path:
    return Path(settings.HOME) / "forms" / f"{job.pk}.{kind}"
