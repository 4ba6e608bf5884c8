"""`opsloop init` and `opsloop serve` as processes: they start, refuse, stop and leave nobody behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PATIENCE = 60


def opsloop(home, *arguments, **more):
    environment = {
        key: value for key, value in os.environ.items() if key != "OPSLOOP_DATABASE_URL"
    } | {"OPSLOOP_HOME": str(home), "PYTHONPATH": "src"} | more  # fmt: skip
    return [sys.executable, "-m", "opsloop.cli", *arguments], environment


def run(home, *arguments, **more):
    command, environment = opsloop(home, *arguments, **more)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("install")
    made = run(folder, "init")
    assert made.returncode == 0, made.stderr
    assert "/org/welcome/" in made.stdout
    return folder


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def status(port, path="/ready"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.2)


def family(pid):
    """Children of a process. The kernel's own lists of children may leave some out: parents tell."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if (
                int(stat.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[1])
                == pid
            ):
                found.append(int(stat.parent.name))
    return found


def is_gone(pid):
    """Ended, whether or not somebody has asked for its exit code yet."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z"


@contextmanager
def site(home):
    port = free_port()
    command, environment = opsloop(home, "serve", "--port", str(port), "--workers", "1")
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: status(port) == 200 and len(family(process.pid)) >= 2)
        yield process, port
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_secrets_are_made_for_their_owner_alone(home):
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_second_init_keeps_what_is_there(home):
    before = (home / "secrets.json").read_bytes()
    assert run(home, "init").returncode == 0
    assert (home / "secrets.json").read_bytes() == before


def test_a_fresh_install_is_sound_and_verifies(home):
    assert run(home, "doctor").returncode == 0
    assert run(home, "verify").returncode == 0


@pytest.mark.parametrize(
    ("more", "host", "said"),
    [
        ({"OPSLOOP_SECRET_KEY": "changeme"}, "127.0.0.1", "SECRET_KEY"),
        ({"OPSLOOP_DEBUG": "1"}, "0.0.0.0", "OPSLOOP_DEBUG"),
    ],
)
def test_serving_is_refused(home, more, host, said):
    refused = run(home, "serve", "--host", host, **more)
    assert refused.returncode == 78
    assert said in refused.stderr


def test_an_unprepared_database_is_not_served(tmp_path):
    refused = run(tmp_path, "serve")
    assert refused.returncode == 78
    assert "opsloop init" in refused.stderr


def test_the_site_answers_and_ends_with_all_its_processes(home):
    with site(home) as (process, port):
        assert status(port, "/health") == 200
        children = family(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        until(lambda: all(is_gone(child) for child in children))


def test_a_killed_site_leaves_no_orphan_and_starts_again(home):
    with site(home) as (process, port):
        children = family(process.pid)
        process.kill()
        until(lambda: all(is_gone(child) for child in children))
        assert status(port) is None
    with site(home) as (_process, port):
        assert status(port) == 200


def workers(pid):
    return {
        child
        for child in family(pid)
        if not is_gone(child) and b"\0worker\0" in Path(f"/proc/{child}/cmdline").read_bytes()
    }


def test_a_worker_that_dies_is_started_again(home):
    with site(home) as (process, _port):
        [worker] = workers(process.pid)
        os.kill(worker, signal.SIGKILL)
        until(lambda: workers(process.pid) - {worker})
        assert process.poll() is None
