"""`opsloop demo`: the demo company."""

import click

from opsloop.cli.soundness import start_django


@click.command()
@click.option("--ensure", is_flag=True, help="Succeed when it is there already.")
def demo(ensure: bool) -> None:
    """Load the demo company into an empty database; all of it or nothing."""
    start_django()
    from django.core.management import call_command

    from opsloop.demo import load
    from opsloop.org import clock

    call_command("migrate", verbosity=0)
    click.echo("Loading the demo company …")
    try:
        loaded = load.ensure(clock.now())
    except load.NotEmpty as refusal:
        raise click.ClickException(
            "This database holds a company of its own; the demo needs an empty OPSLOOP_HOME."
        ) from refusal
    if not loaded and not ensure:
        raise click.ClickException("The demo company is loaded already.")
    click.echo("The demo company is ready.")
