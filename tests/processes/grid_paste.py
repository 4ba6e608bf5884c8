"""A form pasted as the grid takes it: its title block, then its rows."""

from opsloop.exchange.returned import ReturnedForm, pasted, read
from opsloop.org.models import Person
from opsloop.processes.grid import StepGrid
from opsloop.processes.models import Process, Step
from opsloop.processes.sheet import PROCESS_REVIEW
from tests.conftest import NOW
from tests.processes.conftest import FORM


def read_form(text: str) -> ReturnedForm:
    return read(pasted(text), PROCESS_REVIEW)


def paste_form(process: Process, by: Person, text: str = FORM) -> list[Step]:
    """The steps of the table afterwards; the process keeps its name."""
    found, grid = read_form(text), StepGrid()
    title = {key: value for key, value in found.header.items() if key != "name"}
    grid.change_header(process, title, by=by, now=NOW)
    grid.insert(process, [row.values for row in found.rows], after="", by=by, now=NOW)
    return list(process.as_is.steps.all())
