"""`opsloop import`: the same import service as the browser's, for scripts and schedules."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

CHUNK = 1024 * 1024


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dataset", "name", required=True, help="Name of the data set.")
@click.option(
    "--kind", type=click.Choice(["event_log", "ledger", "budget"]),
    help="Create the data set with this kind when there is none of the name.",
)  # fmt: skip
@click.option("--department", help="Code of the department; needed when names repeat.")
@click.option("--timezone", help="Time zone of a new data set; the site's by default.")
@click.option(
    "--mapping", multiple=True, metavar="FIELD=HEADER",
    help="Say which column gives a field; repeat for several.",
)  # fmt: skip
@click.option("--skip-bad-rows", is_flag=True, help="Import the good rows, list the others.")
@click.option("--replace", is_flag=True, help="Replace the batch in force of the same file name.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def import_file(file: Path, as_json: bool, **wanted: Any) -> None:
    """Bring FILE into a data set.

    Exit codes: 0 imported (or already there), 1 refused, 2 wrong usage, 3 rows have problems.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsloop.config.settings")
    import django

    django.setup()
    from opsloop.datasets import command

    outcome = command.import_from_command(file.name, _chunks(file), **wanted)
    if as_json:
        click.echo(json.dumps(outcome.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(outcome.text, err=outcome.exit_code != 0)
        for line in outcome.problems:
            click.echo(f"  {line}", err=True)
    sys.exit(outcome.exit_code)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
