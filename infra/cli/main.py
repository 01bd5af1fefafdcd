"""Finds the commands and runs one. An Obstacle becomes two lines and exit code 1, never a traceback.

Only the file of the command that is asked for is imported, so that no command waits for, or breaks with, another.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import typer

from infra.cli.terminal import errors
from infra.local.obstacles import Obstacle

NOT_COMMANDS = {"__init__", "__main__", "client", "main", "terminal"}


def command_files() -> list[str]:
    """The names of all commands: of the files that define a function of their own name, or `app`."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.py") if {file.stem, "app"} & _defined(file))


def _defined(file: Path) -> set[str]:
    """The functions and names that a file defines, without running it."""
    defined: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign):
            defined.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return defined - {"main"}


def application(names: list[str]) -> typer.Typer:
    """An application with these commands."""
    app = typer.Typer(
        name="stem",
        help="Runs, shows and tries the services on this machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def every_command() -> None:
        """Runs, shows and tries the services on this machine."""

    for name in names:
        module = importlib.import_module(f"infra.cli.{name}")
        if isinstance(getattr(module, "app", None), typer.Typer):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def main() -> None:
    """Run the command that the arguments name."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    known = command_files()
    try:
        application([asked] if asked in known else known)(prog_name="stem")
    except Obstacle as obstacle:
        errors.print(f"[bold red]✗[/] {obstacle.what}", highlight=False)
        errors.print(f"  → {obstacle.remedy}", highlight=False, markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
