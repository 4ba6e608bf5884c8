"""`python -m opsloop.cli` is the `opsloop` command."""

from opsloop.cli.main import main

main()
