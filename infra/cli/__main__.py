"""`python -m infra.cli` is `stem`."""

from infra.cli.main import main

main()
