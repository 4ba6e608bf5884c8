"""A random sequence of edits, then every inverse in turn: the form is what it was."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsloop.exchange.values import is_empty
from opsloop.processes import actions
from opsloop.processes.models import Process
from tests.conftest import NOW
from tests.processes.grid_paste import paste_form

pytestmark = pytest.mark.django_db

WORDS = st.text("甲乙丙丁戊=+-@0 1\n", min_size=1, max_size=8).filter(
    lambda word: not is_empty(word)
)
HOURS = st.sampled_from(["", "1.5", "20分钟", "3天", "0", "100"])
PLACE = st.integers(0, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), PLACE, st.fixed_dictionaries({"role": WORDS, "hours": HOURS})),
        st.tuples(st.just("insert"), PLACE, st.lists(WORDS, min_size=1, max_size=3)),
        st.tuples(st.just("delete"), PLACE, st.integers(1, 3)),
        st.tuples(st.just("move"), PLACE, PLACE),
        st.tuples(st.just("title"), st.dates(date(2000, 1, 1)), st.none()),
    ),
    max_size=6,
)


class Editor:
    """Does edits and remembers how to take each back, as the browser's undo does.

    A row that comes back has a new id: later inverses name it by its old one.
    """

    def __init__(self, grid: Any) -> None:
        self.grid = grid
        self.undo: list[Callable[[], Any]] = []
        self.renamed: dict[str, str] = {}

    def now(self, row: str) -> str:
        while row in self.renamed:
            row = self.renamed[row]
        return row

    def edit(self, at: int, cells: dict[str, str]) -> None:
        rows = self.grid.rows()
        if rows:
            old = rows[at % len(rows)]
            answer = self.grid.edit(old, **cells)
            assert answer.status_code == 200, answer.content
            back = answer.json()["inverse"]
            self.undo.append(lambda: self.take_back(back))

    def take_back(self, back: list[dict[str, Any]]) -> None:
        changes = []
        for one in back:
            row = self.now(one["row"])
            version = next(r["version"] for r in self.grid.rows() if r["id"] == row)
            changes.append({**one, "row": row, "version": version})
        assert self.grid.post("changes", changes=changes).status_code == 200

    def insert(self, at: int, names: list[str]) -> None:
        rows = self.grid.rows()
        after = rows[at % len(rows)]["id"] if rows else ""
        answer = self.grid.post("rows/insert", after=after, rows=[{"name": one} for one in names])
        assert answer.status_code == 200, answer.content
        ids = answer.json()["ids"]
        self.undo.append(lambda: self.remove([self.now(row) for row in ids]))

    def remove(self, ids: list[str]) -> dict[str, Any]:
        rows = [
            {"id": r["id"], "version": r["version"]} for r in self.grid.rows() if r["id"] in ids
        ]
        answer = self.grid.post("rows/delete", rows=rows)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()["inverse"]
        return found

    def delete(self, at: int, count: int) -> None:
        ids = [row["id"] for row in self.grid.rows()][at : at + count]
        if ids:
            back = self.remove(ids)
            self.undo.append(lambda: self.put_back(ids, back))

    def put_back(self, ids: list[str], back: dict[str, Any]) -> None:
        body = {**back, "after": self.now(back["after"])}
        made = self.grid.post("rows/insert", **body).json()["ids"]
        self.renamed |= dict(zip(ids, made, strict=True))

    def move(self, at: int, below: int) -> None:
        ids = [row["id"] for row in self.grid.rows()]
        if ids:
            row, after = ids[at % len(ids)], ids[below % len(ids)]
            above = "" if ids[0] == row else ids[ids.index(row) - 1]
            self.grid.post("rows/move", row=row, after=after)
            back = lambda: self.grid.post("rows/move", row=self.now(row), after=self.now(above))  # noqa: E731
            self.undo.append(back)

    def title(self, day: date, _nothing: None) -> None:
        data = self.grid.data()
        before = {"recorded_on": data["header"]["recorded_on"]}

        def write(cells: dict[str, str]) -> None:
            version = self.grid.data()["headerVersion"]
            assert self.grid.post("header", version=version, cells=cells).status_code == 200

        write({"recorded_on": day.isoformat()})
        self.undo.append(lambda: write(before))


@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps_taken=STEPS)
def test_edits_and_all_their_inverses_restore_the_form(steps_taken, cast, grid):
    process = actions.define_process(
        name=f"流程 {Process.objects.unscoped('counting').count()}",
        department=cast.purchasing, by=cast.department_head, now=NOW,
    )  # fmt: skip
    paste_form(process, cast.department_head)
    form = grid(cast.department_head, process)
    before = form.data()
    editor = Editor(form)
    for kind, first, second in steps_taken:
        getattr(editor, kind)(first, second)
    for back in reversed(editor.undo):
        back()
    after = form.data()
    assert [row["values"] for row in after["rows"]] == [row["values"] for row in before["rows"]]
    assert [row["version"] for row in after["rows"]] == [row["version"] for row in before["rows"]]
    assert (after["header"], after["totals"]) == (before["header"], before["totals"])
