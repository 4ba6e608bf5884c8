"""The `opsloop` command. Subcommands load when they are called, so each answer starts fast."""

from importlib import import_module
from typing import Final

import click

# name → (module, attribute, one-line help): an explicit list, no discovery.
COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "analyze": ("opsloop.cli.analyze", "analyze", "Answer from files alone, without a server."),
    "init": ("opsloop.cli.serving", "init", "Prepare the database and the first administrator."),
    "serve": ("opsloop.cli.serving", "serve", "Serve the site, the worker and the schedule."),
    "worker": ("opsloop.cli.serving", "worker", "Run background jobs only."),
    "import": ("opsloop.cli.importing", "import_file", "Bring a file of records into a data set."),
    "demo": ("opsloop.cli.demo", "demo", "Load the demo company."),
    "doctor": ("opsloop.cli.doctor", "doctor", "Check that this install is sound."),
    "verify": ("opsloop.cli.doctor", "verify", "Check files, catalogue and audit chain."),
    "user": ("opsloop.cli.user", "user", "Accounts: one-time links, locks."),
}


class LazyGroup(click.Group):
    """A group that imports a subcommand's module only when it is needed."""

    def __init__(
        self, *args: object, lazy: dict[str, tuple[str, str, str]], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in self.lazy:
            return None
        module, attribute, _ = self.lazy[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[2]) for name, row in self.lazy.items()])


@click.group(cls=LazyGroup, lazy=COMMANDS)
@click.version_option(package_name="opsloop")
def main() -> None:
    """OpsLoop 运营闭环: from raw records to verified improvements."""
