"""The other doors: the command line and the watched folder end in the same import service."""

import json
import os
import time
from typing import Any

import pytest
from click.testing import CliRunner

from opsloop.cli.importing import import_file
from opsloop.datasets import inbox, queries, verification
from opsloop.datasets.models import BatchState, Dataset, Door
from opsloop.org import clock
from tests.datasets.conftest import FAULTY_LOG, LOG, bring, check

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(import_file, [*map(str, arguments), "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG, encoding="utf-8")
    return path


def test_a_command_creates_the_data_set_and_imports(cast, file):
    code, said = run(file, "--dataset", "审批", "--kind", "event_log", "--department", "purchasing")
    assert (code, said["rows"], said["state"]) == (0, 5, "committed")
    dataset = Dataset.objects.unscoped("test").get()
    assert dataset.department == cast.purchasing
    assert run(file, "--dataset", "审批")[0] == 0
    assert queries.fact_set(dataset).rows == 5


def test_a_command_refuses_faulty_rows_unless_told_to_skip_them(log, tmp_path):
    path = tmp_path / "faulty.csv"
    path.write_text(FAULTY_LOG, encoding="utf-8")
    code, said = run(path, "--dataset", log.name)
    assert (code, said["bad_rows"], len(said["problems"])) == (3, 3, 3)
    code, said = run(path, "--dataset", log.name, "--skip-bad-rows")
    assert (code, said["rows"]) == (0, 5)


def test_a_command_replaces_the_batch_of_the_same_name(log, file):
    run(file, "--dataset", log.name)
    file.write_text(LOG + "A-9,提交申请,,2024-06-09 09:00,,,\n", encoding="utf-8")
    assert run(file, "--dataset", log.name, "--replace")[1]["rows"] == 6
    assert queries.fact_set(log).rows == 6


def test_a_command_may_say_which_column_gives_a_field(log, file):
    file.write_text(LOG.replace("节点名称", "甲"), encoding="utf-8")
    assert run(file, "--dataset", log.name, "--mapping", "activity=甲")[0] == 1
    mapping = ["case_id=单据编号", "activity=甲", "end_time=完成时间"]
    options = [part for pair in mapping for part in ("--mapping", pair)]
    assert run(file, "--dataset", log.name, *options)[0] == 0


def test_a_command_for_no_data_set_says_so(cast, file):
    assert run(file, "--dataset", "没有")[0] == 1
    assert "没有" in run(file, "--dataset", "没有")[1]["text"]


def test_a_damaged_file_is_refused_by_the_command(log, file):
    file.write_bytes(b"PK\x03\x04 broken")
    code, said = run(file, "--dataset", log.name)
    assert (code, said["state"]) == (1, "failed")
    assert said["text"]


@pytest.fixture
def dropped(log, settings, tmp_path):
    """Puts a settled file into the data set's watched folder."""
    settings.HOME = tmp_path
    folder = tmp_path / "inbox" / log.name
    folder.mkdir(parents=True)

    def drop(name: str, content: str, *, age: float = 60) -> None:
        (folder / name).write_text(content, encoding="utf-8")
        os.utime(folder / name, (time.time() - age,) * 2)

    return folder, drop


def names(folder, sub: str) -> list[str]:
    return sorted(path.name for path in (folder / sub).glob("*")) if (folder / sub).exists() else []


def test_a_file_dropped_into_the_folder_is_imported_once(log, dropped):
    folder, drop = dropped
    drop("june.csv", LOG)
    inbox.scan(now=clock.now())
    batch = log.batches.get()
    assert (batch.state, batch.door) == (BatchState.COMMITTED, Door.FOLDER)
    assert names(folder, "done")[0].endswith("june.csv")
    drop("june.csv", LOG)
    inbox.scan(now=clock.now())
    assert log.batches.count() == 1
    assert not (folder / "june.csv").exists()


def test_a_file_the_folder_cannot_take_lies_beside_its_reason(log, dropped):
    folder, drop = dropped
    drop("bad.csv", FAULTY_LOG)
    drop("empty.csv", "")
    drop("fresh.csv", LOG, age=0)
    inbox.scan(now=clock.now())
    refused = names(folder, "refused")
    assert len(refused) == 4
    reason = folder / "refused" / next(name for name in refused if name.endswith("bad.csv.txt"))
    assert "3" in reason.read_text(encoding="utf-8")
    assert (folder / "fresh.csv").exists()
    assert queries.fact_set(log).rows == 0


def test_a_folder_that_names_no_data_set_imports_nothing(dropped, tmp_path):
    _folder, _drop = dropped
    stray = tmp_path / "inbox" / "别的"
    stray.mkdir()
    (stray / "x.csv").write_text(LOG, encoding="utf-8")
    os.utime(stray / "x.csv", (0, 0))
    inbox.scan(now=clock.now())
    assert len(names(stray, "refused")) == 2


def test_verification_finds_damage_and_only_old_orphans_go(log, settings, tmp_path):
    batch = bring(log, LOG)
    check(log, LOG.replace("A-", "B-"), "other.csv")
    orphan = tmp_path / "uploads" / "0123.partial"
    orphan.mkdir()
    found = verification.verify()
    assert (found.batches, found.sound, found.orphans) == (2, True, (orphan,))
    assert verification.sweep(clock.now()) == 0
    os.utime(orphan, (0, 0))
    assert verification.sweep(clock.now()) == 1
    upload = batch.place / batch.source_name
    upload.write_bytes(upload.read_bytes() + b"x")
    assert verification.verify().damaged == (str(batch),)
    upload.unlink()
    assert not verification.verify().sound
