"""`python -m opsloop` is the `opsloop` command."""

from opsloop.cli.main import main

main()
