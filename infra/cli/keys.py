"""`stem keys`: the key pair that access tokens are signed with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.terminal import screen
from infra.local import keys

app = typer.Typer(help="The key pair that access tokens are signed with.", no_args_is_help=True)


@app.callback()
def every_command() -> None:
    """The key pair that access tokens are signed with."""


@app.command()
def generate(
    private: Annotated[Path, typer.Option(help="Where the private JWK goes (mode 0600).")],
    public: Annotated[Path, typer.Option(help="Where the set of public keys goes.")],
) -> None:
    """Make an ES256 key pair, unless the private key is there already."""
    is_new = keys.generate(private, public)
    screen.print(f"{'made' if is_new else 'kept'} {private}, wrote {public}")
