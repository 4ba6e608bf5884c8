"""`python -m tests.postgres COMMAND…`: run a command on a private PostgreSQL that ends with it.

The server listens on a socket in a temporary folder only, belongs to a user without rights, and
syncs nothing: it holds tests.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60"]


def programs() -> Path:
    """The folder of the newest installed server; Debian keeps it off the path."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).parent
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    if not folders:
        sys.exit("postgresql is missing: apt-get install postgresql")
    return folders[-1]


def owner() -> int:
    """PostgreSQL refuses to run as root; then the system's own account for it takes over."""
    return pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else os.getuid()


@contextmanager
def server() -> Iterator[str]:
    """The address of a fresh server; stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="opsloop-pg-"))
    user = owner()
    os.chown(folder, user, -1)
    data, bin_folder = folder / "data", programs()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [bin_folder / program, *arguments], check=True, user=user, cwd=folder,
            stdout=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    run("initdb", "--no-sync", "-D", str(data), "-U", "opsloop", "-E", "UTF8", "--auth=trust")
    options = " ".join(f"-c {setting}" for setting in SETTINGS)
    options += f" -c listen_addresses='' -c unix_socket_directories={folder}"
    try:
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://opsloop@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    with server() as url:
        finished = subprocess.run(
            sys.argv[1:], env={**os.environ, "OPSLOOP_DATABASE_URL": url}, check=False
        )
    sys.exit(finished.returncode)
