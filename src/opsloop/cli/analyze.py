"""`opsloop analyze …`: works on files alone."""

from typing import Final

import click

from opsloop.cli.main import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "process": ("opsloop.cli.analyze_process", "process", "Event log → steps, waiting, variants."),
    "cost": ("opsloop.cli.analyze_cost", "cost", "Ledger and budget → variances, drivers."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def analyze() -> None:
    """Answer from files alone, without a server."""
