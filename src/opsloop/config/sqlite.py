"""Put a SQLite without the WAL corruption fault under Django.

Every SQLite before 3.51.3 can corrupt a write-ahead log shared by several processes. The
`pysqlite3` wheel carries a fixed library; it must stand in `sys.modules` before Django loads.
"""

import sys

SAFE_WAL = (3, 51, 3)


def install() -> tuple[int, int, int]:
    """Swap the standard module for the bundled one; return the library's version."""
    import pysqlite3
    import pysqlite3.dbapi2

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
    major, minor, patch = (int(part) for part in pysqlite3.sqlite_version.split("."))
    return major, minor, patch


def options(version: tuple[int, int, int]) -> dict[str, object]:
    """Connection options: WAL only where it is safe, every commit synced to disk."""
    journal = "WAL" if version >= SAFE_WAL else "DELETE"
    return {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            f"PRAGMA journal_mode={journal};PRAGMA synchronous=FULL;"
            "PRAGMA foreign_keys=ON;PRAGMA cache_size=-20000;"
        ),
    }
