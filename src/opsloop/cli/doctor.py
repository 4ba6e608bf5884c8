"""`opsloop doctor` and `opsloop verify`: is the install sound, and is the data what it was?"""

import json
import platform
import sys
from importlib.metadata import version
from typing import Any, Final

import click

from opsloop.cli.soundness import faults, start_django

LIBRARIES: Final = ("django", "polars", "duckdb", "narwhals", "granian")


@click.command()
@click.option("--host", default="127.0.0.1", help="The address the site is to serve on.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(host: str, as_json: bool) -> None:
    """Check versions, secrets, folders and the database. Exit code 1: something is wrong."""
    start_django()
    found = faults(host)
    versions = _versions()
    if as_json:
        lines = [{"text": fault.text, "fatal": fault.is_fatal} for fault in found]
        click.echo(json.dumps({"versions": versions, "faults": lines}, indent=2))
    else:
        for name, value in versions.items():
            click.echo(f"  {name:<12} {value}")
        for fault in found:
            click.echo(f"{'wrong' if fault.is_fatal else 'note '}: {fault.text}")
        if not found:
            click.echo("All is well.")
    sys.exit(any(fault.is_fatal for fault in found))


def _versions() -> dict[str, str]:
    from django.conf import settings
    from django.db import connection

    sqlite = ".".join(str(part) for part in settings.SQLITE_VERSION)
    return {
        "opsloop": version("opsloop"),
        "python": platform.python_version(),
        "database": f"sqlite {sqlite}" if connection.vendor == "sqlite" else connection.vendor,
        "home": str(settings.HOME),
        **{name: version(name) for name in LIBRARIES},
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def verify(as_json: bool) -> None:
    """Compare files with the catalogue and the audit trail with its chain.

    Exit code 1: a file is missing or altered, or the chain is broken.
    """
    start_django()
    from opsloop.audit.queries import verify_chain
    from opsloop.datasets.verification import verify as verify_files

    files, chain = verify_files(), verify_chain()
    findings: dict[str, Any] = {
        "batches": files.batches,
        "damaged": list(files.damaged),
        "left_over": [str(path) for path in files.orphans],
        "audit_lines": chain.length,
        "chain_whole": chain.whole,
        "broken_at": chain.broken_at,
        "reason": chain.reason,
    }
    if as_json:
        click.echo(json.dumps(findings, ensure_ascii=False, indent=2))
    else:
        _print(findings)
    sys.exit(not (files.sound and chain.whole))


def _print(findings: dict[str, Any]) -> None:
    damaged = findings["damaged"]
    click.echo(f"import batches: {findings['batches']}, damaged: {len(damaged)}")
    for name in damaged:
        click.echo(f"  damaged: {name}")
    for path in findings["left_over"]:
        click.echo(f"  left over from an interrupted import (harmless): {path}")
    if findings["chain_whole"]:
        click.echo(f"audit trail: {findings['audit_lines']} lines, whole")
    else:
        click.echo(f"audit trail: broken at line {findings['broken_at']} ({findings['reason']})")
