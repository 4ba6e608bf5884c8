"""A private PostgreSQL and a SQLite file with the ledger loaded, outside the measured time."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    "period TEXT, category TEXT, item TEXT, department TEXT, amount_fen BIGINT, quantity BIGINT"
)
NAMES = ("ledger", "budget")


def address() -> str:
    return os.environ.get("BENCH_POSTGRES", "")


def is_installed() -> bool:
    """Whether this machine has the server's programs."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextlib.contextmanager
def server(*, needed: bool) -> Iterator[str]:
    """Run PostgreSQL in a temporary folder, as an unprivileged user; yields its address."""
    if not needed:
        yield ""
        return
    binaries = max(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    shutil.chown(folder, "postgres")
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    as_user = as_user if os.geteuid() == 0 else []

    def run(program: str, *arguments: str, check: bool = True) -> None:
        subprocess.run([*as_user, binaries / program, "-D", folder / "data", *arguments],
                       check=check, cwd=folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    run("initdb", "-A", "trust", "-U", "bench", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c shared_buffers=512MB -c work_mem=256MB"
    run("pg_ctl", "-w", "-o", options, "start")
    try:
        yield f"postgresql://bench@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-m", "fast", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def load(folder: Path) -> None:
    """Fill both databases from the generated Parquet files."""
    import polars as pl
    import psycopg

    path = folder / "ledger.sqlite3"
    if not path.exists():
        with contextlib.closing(sqlite3.connect(path)) as lite:
            for name in NAMES:
                lite.execute(f"CREATE TABLE {name} ({COLUMNS})")
                rows = pl.read_parquet(folder / f"{name}.parquet").iter_rows()
                lite.executemany(f"INSERT INTO {name} VALUES (?,?,?,?,?,?)", rows)
            lite.commit()
    with psycopg.connect(address(), autocommit=True) as postgres:
        for name in NAMES:
            postgres.execute(f"CREATE TABLE {name} ({COLUMNS})")
            with postgres.cursor().copy(f"COPY {name} FROM STDIN (FORMAT csv)") as sink:
                for part in pl.read_parquet(folder / f"{name}.parquet").iter_slices(500_000):
                    sink.write(part.write_csv(include_header=False))
            postgres.execute(f"ANALYZE {name}")


if __name__ == "__main__":
    load(Path(sys.argv[1]))
