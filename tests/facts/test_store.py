"""Fact files: written once, found by content, whole or absent, one list of names on scan."""

import os
import shutil
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsloop.facts import engines, store
from opsloop.facts.engines import DUCKDB_ABOVE_ROWS, ENGINES, choose
from opsloop.facts.lineage import original_rows, row_references
from opsloop.facts.schema import SCHEMAS, schema_of
from opsloop.facts.store import DamagedFactsError, FactStore, WrongFactsError


def events(rows, **changes):
    """Rows of (case, activity, end) as a frame of the kind event_log."""
    frame = pl.DataFrame(
        {
            "case_no": [row[0] for row in rows],
            "activity_no": [row[1] for row in rows],
            "start_us": [row[3] if len(row) > 3 else None for row in rows],
            "end_us": [row[2] for row in rows],
            "seq": range(len(rows)),
            "source_row": range(2, 2 + len(rows)),
            "amount_fen": [None] * len(rows),
        },
        schema_overrides={"start_us": pl.Int64, "amount_fen": pl.Int64},
    )
    return frame.with_columns(
        resource_no=pl.lit(-1), department_no=pl.lit(-1), outcome_no=pl.lit(-1)
    ).with_columns(**changes)


def cases(*texts):
    return pl.DataFrame(
        {"number": range(len(texts)), "text": texts}, schema={"number": pl.Int64, "text": pl.String}
    )


NAMES = {"activity": ["申请", "审批"]}
ROWS = [(1, 0, 50), (0, 1, 20), (0, 0, 10), (1, 1, 50)]


@pytest.fixture
def facts(tmp_path):
    return FactStore(tmp_path / "facts")


def test_a_file_is_sorted_by_case_and_time_and_ties_keep_their_order(facts):
    file = facts.write("event_log", events(ROWS), names=NAMES, identities={"case": cases("a", "b")})
    frame = pl.read_parquet(file.facts)
    assert frame.select("case_no", "activity_no", "end_us").rows() == [
        (0, 0, 10), (0, 1, 20), (1, 0, 50), (1, 1, 50),
    ]  # fmt: skip
    assert dict(frame.schema) == schema_of("event_log").dtypes
    assert file.rows == 4
    assert file.names == {"activity": ("申请", "审批"), "resource": (), "department": ()}


def test_a_start_orders_before_an_end(facts):
    file = facts.write("event_log", events([(0, 0, 90, 80), (0, 1, 95, 10)]), names=NAMES)
    assert pl.read_parquet(file.facts)["activity_no"].to_list() == [1, 0]


def test_the_same_content_is_one_file_and_any_change_is_another(facts):
    first = facts.write("event_log", events(ROWS), names=NAMES, meta={"timezone": "Asia/Shanghai"})
    again = facts.write("event_log", events(ROWS), names=NAMES, meta={"timezone": "Asia/Shanghai"})
    assert again == first
    others = [
        facts.write("event_log", events(ROWS), names=NAMES, meta={"timezone": "UTC"}),
        facts.write("event_log", events(ROWS), names={"activity": ["审批", "申请"]}),
        facts.write("event_log", events(ROWS[:3]), names=NAMES),
        facts.write("event_log", events(ROWS), names=NAMES, identities={"case": cases("x")}),
    ]
    assert len({first.digest, *(other.digest for other in others)}) == 5
    assert not list((facts.root / "tmp").iterdir())


def test_a_file_is_found_by_its_digest_and_proves_its_content(facts):
    file = facts.write("event_log", events(ROWS), names=NAMES, identities={"case": cases("a")})
    found = facts.open("event_log", file.digest)
    assert found == file
    facts.verify(found)
    with pytest.raises(DamagedFactsError):
        facts.open("event_log", "00")
    pl.read_parquet(file.facts).with_columns(end_us=pl.lit(7)).write_parquet(file.facts)
    with pytest.raises(DamagedFactsError):
        facts.verify(found)
    file.facts.write_bytes(b"PAR1")
    with pytest.raises(DamagedFactsError):
        facts.verify(found)


@pytest.mark.parametrize(
    "frame",
    [
        events(ROWS).drop("seq"),
        events(ROWS, end_us=pl.lit(None, dtype=pl.Int64)),
        events(ROWS, activity_no=pl.lit(2)),
        events(ROWS, activity_no=pl.lit(-2)),
        events(ROWS, end_us=pl.lit("yesterday")),
    ],
)
def test_facts_that_do_not_fit_their_kind_are_refused(facts, frame):
    with pytest.raises(WrongFactsError):
        facts.write("event_log", frame, names=NAMES)


@pytest.mark.parametrize("frame", [cases("a").rename({"text": "t"}), pl.concat([cases("a")] * 2)])
def test_an_identity_is_one_text_per_number(facts, frame):
    with pytest.raises(WrongFactsError):
        facts.write("event_log", events(ROWS), names=NAMES, identities={"case": frame})


def test_two_writers_of_the_same_content_agree(facts, monkeypatch):
    """The second finds the folder in place at the moment of its rename."""
    file = facts.write("event_log", events(ROWS), names=NAMES)
    spare = facts.root / "spare"
    shutil.copytree(file.path, spare)
    store._move(spare, file.path)
    assert facts.open("event_log", file.digest) == file
    with pytest.raises(FileNotFoundError):
        store._move(facts.root / "nothing", facts.root / "nowhere")


WRITER = """
import sys
from pathlib import Path
from opsloop.facts.store import FactStore
from tests.facts.test_store import NAMES, events
store = FactStore(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    rows = [(case, 0, number) for case in range(2000)]
    print(store.write("event_log", events(rows), names=NAMES).digest, flush=True)
"""


def test_a_killed_writer_leaves_whole_files_only(tmp_path):
    for round_no in range(5):
        root = tmp_path / f"facts{round_no}"
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=os.fspath(tmp_path),
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(0.013 * round_no)
        writer.send_signal(signal.SIGKILL)
        told = (first + writer.stdout.read()).decode().split()
        writer.wait()
        writer.stdout.close()
        written = FactStore(root)
        digests = [path.parent.name for path in root.glob("event_log/*/*/set.json")]
        assert set(told) <= set(digests)
        for digest in digests:
            written.verify(written.open("event_log", digest))


MONTHS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from("甲乙丙丁"), st.integers(0, 5)), max_size=8
    ),
    min_size=1,
    max_size=3,
)


@given(MONTHS)
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_scan_of_several_files_means_what_one_file_would(tmp_path_factory, engine, months):
    facts = FactStore(tmp_path_factory.mktemp("facts"))
    files, expected = [], []
    for batch, rows in enumerate(months):
        names = list(dict.fromkeys(name for _, name, _ in rows))
        numbered = [(case, names.index(name), end) for case, name, end in rows]
        files.append(facts.write("event_log", events(numbered), names={"activity": names}))
        expected += [(case, end, batch, seq, name) for seq, (case, name, end) in enumerate(rows)]
    scan = facts.scan("event_log", files, engine=engine)
    frame = scan.frame.collect(backend="polars").to_native()
    assert dict(frame.schema) == {**schema_of("event_log").dtypes, "batch_no": pl.Int32}
    found = [
        (case, end, batch, seq, scan.names["activity"][number])
        for case, end, batch, seq, number in frame.select(
            "case_no", "end_us", "batch_no", "seq", "activity_no"
        ).rows()
    ]
    if engine == "duckdb":
        found.sort()
    assert found == sorted(expected)
    ends = scan.frame.select("end_us").collect(backend="polars")["end_us"].to_list()
    assert sorted(ends) == sorted(row[1] for row in expected)
    assert scan.rows == len(expected)
    assert scan.engine == engine


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_scan_of_no_file_is_an_empty_frame_with_its_columns(facts, kind, engine):
    frame = facts.scan(kind, [], engine=engine).frame.collect(backend="polars")
    assert frame.shape == (0, len(schema_of(kind).columns) + 1)


def test_what_is_not_stated_stays_so_after_renumbering(facts):
    one = facts.write("event_log", events([(0, 0, 1)]), names=NAMES | {"resource": ["王"]})
    two = facts.write(
        "event_log",
        events([(0, 0, 2), (0, 1, 3)], resource_no=pl.Series([-1, 0])),
        names=NAMES | {"resource": ["李"]},
    )
    for engine in ENGINES:
        scan = facts.scan("event_log", [one, two], engine=engine)
        assert scan.names["resource"] == ("王", "李")
        frame = scan.frame.sort("end_us").collect(backend="polars")
        assert frame["resource_no"].to_list() == [-1, -1, 1]


def test_large_scans_leave_memory_alone(facts, monkeypatch):
    assert choose(DUCKDB_ABOVE_ROWS) == "polars"
    assert choose(DUCKDB_ABOVE_ROWS + 1) == "duckdb"
    assert choose(1, "duckdb") == "duckdb"
    monkeypatch.setattr(engines, "DUCKDB_ABOVE_ROWS", 3)
    file = facts.write("event_log", events(ROWS), names=NAMES)
    assert facts.scan("event_log", [file]).engine == "duckdb"


def test_the_out_of_core_engine_opens_no_other_file_and_keeps_its_limits(facts, tmp_path):
    file = facts.write("event_log", events(ROWS), names=NAMES)
    relation = facts.scan("event_log", [file], engine="duckdb").frame.to_native()
    other = tmp_path / "secret.csv"
    other.write_text("a\n1\n")
    with pytest.raises(Exception, match="Permission Error"):
        relation.query("facts", f"SELECT * FROM read_csv('{other}')")
    with pytest.raises(Exception, match="locked"):
        relation.query("facts", "SET memory_limit='1TB'")


def test_an_identifier_is_looked_up_only_when_asked_for(facts):
    one = facts.write("event_log", events(ROWS), names=NAMES, identities={"case": cases("a", "b")})
    two = facts.write(
        "event_log", events([]), names=NAMES, identities={"case": cases("a", "b", "c")}
    )
    assert facts.identity_texts([one, two], "case", [1, 2, 9]) == {1: "b", 2: "c"}


def test_a_figure_leads_to_its_rows_and_to_the_upload(facts):
    source = pl.DataFrame({"source_row": [2, 3, 4, 5], "单号": ["b", "a", "a", "b"]})
    file = facts.write("event_log", events(ROWS), names=NAMES, source=source)
    bare = facts.write("event_log", events([]), names=NAMES)
    import narwhals.stable.v2 as nw

    for engine in ENGINES:
        scan = facts.scan("event_log", [file], engine=engine)
        late = scan.frame.filter(nw.col("end_us") > 15)
        assert row_references(late, limit=2) == [(0, 2), (0, 3)]
    assert original_rows(file, [5, 3]).rows() == [(3, "a"), (5, "b")]
    assert original_rows(bare, [5]).height == 0
