"""The faulty rows of a returned form as a workbook: to be put right and sent back."""

from collections.abc import Callable
from pathlib import Path

from opsloop.exchange.problems import Problem
from opsloop.exchange.returned.headings import ID, VERSION
from opsloop.exchange.returned.model import ReturnedForm, ReturnedRow
from opsloop.exchange.row_workbook import write_rows


def write_faulty(
    path: Path,
    form: ReturnedForm,
    *,
    say: Callable[[Problem], str],
    row_label: str,
    problem_label: str,
) -> int:
    """Write the rows that cannot be taken, as they were sent, each with its row and what is wrong.

    The headings are those of the file, ids and versions included where it has them, so that the
    workbook comes back as the same rows. `say` turns a problem into a sentence. Returns the number
    of rows written.
    """
    headings = [column.heading for column in form.columns]
    own = (ID, VERSION) if form.has_ids else ()
    labels = (*headings, *form.unknown, row_label, problem_label, *own)
    write_rows(path, labels, (_cells(form, row, say) for row in form.faulty))
    return len(form.faulty)


def _cells(
    form: ReturnedForm, row: ReturnedRow, say: Callable[[Problem], str]
) -> tuple[object, ...]:
    texts = [row.texts[column.key] for column in form.columns]
    unknown = [row.unknown.get(heading, "") for heading in form.unknown]
    wrong = [f"{problem.column}: {say(problem)}" for problem in row.problems.values()]
    own = (row.id, row.version) if form.has_ids else ()
    return (*texts, *unknown, row.row, "\n".join(wrong), *own)
