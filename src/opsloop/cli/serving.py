"""`opsloop init`, `serve`, `worker`: prepare an install and keep it running."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from opsloop.cli.lifeline import end_with
from opsloop.cli.soundness import faults, start_django

# sysexits.h: the configuration forbids it, so a supervisor need not try again.
CONFIGURATION: Final = 78
STOP_SECONDS: Final = 10
IDLE_SECONDS: Final = 600  # the longest Granian takes
RESTART_SECONDS: Final = 3.0


@click.command()
def init() -> None:
    """Prepare the database; print the one-time link of the first administrator.

    Safe to repeat: a prepared database stays, a new link replaces an unused one.
    """
    start_django()
    from django.core.management import call_command

    from opsloop.org import clock
    from opsloop.org.actions import first_administrator_link
    from opsloop.org.refusals import AdministratorExists

    call_command("migrate", verbosity=0)
    click.echo("The database is ready.")
    try:
        token = first_administrator_link(now=clock.now())
    except AdministratorExists:
        click.echo("An administrator exists already; `opsloop user` makes links for people.")
        return
    click.echo("Open this link within a day to become the first system administrator:")
    click.echo(_link(token))


def _link(token: str) -> str:
    from django.conf import settings
    from django.urls import reverse

    return f"{settings.SITE_URL.rstrip('/')}{reverse('org:welcome', args=[token])}"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Web processes."
)
@click.option(
    "--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Threads of each."
)
@click.option("--no-worker", is_flag=True, help="Background jobs run elsewhere (`opsloop worker`).")
def serve(host: str, port: int, workers: int, threads: int, no_worker: bool) -> None:
    """Serve the site and run background jobs. Exit code 78: the configuration forbids it."""
    start_django()
    refuse_unsound(host)
    from granian import Granian
    from granian.constants import Interfaces

    server = Granian(
        "opsloop.cli.site:application", address=host, port=port, interface=Interfaces.WSGI,
        workers=workers, blocking_threads=threads, respawn_failed_workers=True,
        # A thread takes its database connection along when it goes, and opens another one to come.
        blocking_threads_idle_timeout=IDLE_SECONDS,
        workers_kill_timeout=STOP_SECONDS, websockets=False,
    )  # fmt: skip
    click.echo(f"OpsLoop: http://{host}:{port}")
    with background_worker(is_wanted=not no_worker):
        server.serve()


def refuse_unsound(host: str) -> None:
    """Print what `doctor` would; end here when something is fatal."""
    found = faults(host)
    for fault in found:
        click.echo(f"{'refused' if fault.is_fatal else 'warning'}: {fault.text}", err=True)
    if any(fault.is_fatal for fault in found):
        sys.exit(CONFIGURATION)


@contextmanager
def background_worker(*, is_wanted: bool) -> Iterator[None]:
    """One worker process beside the site: started again when it dies, ended with the site."""
    if not is_wanted:
        yield
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_worker, args=(stop,), name="worker keeper")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep_worker(stop: threading.Event) -> None:
    command = [sys.executable, "-m", "opsloop.cli", "worker", "--parent", str(os.getpid())]
    while not stop.is_set():
        # close_fds=False takes posix_spawn. The default waits on a pipe for the child's exec, and
        # a web process that Granian forks at that moment holds the pipe open for good.
        process = subprocess.Popen(command, close_fds=False)  # noqa: S603 - our own module
        while process.poll() is None and not stop.wait(0.5):
            pass
        if process.poll() is None:
            _end(process)
        else:
            stop.wait(RESTART_SECONDS)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@click.command()
@click.option("--parent", type=int, hidden=True, help="End when this process does.")
def worker(parent: int | None) -> None:
    """Run background jobs only, until told to stop; a job under way is finished first."""
    start_django()
    from opsloop.jobs.worker import run

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_args: stop.set())
    if parent is not None:
        end_with(parent, stop.set)
    run(stop)
