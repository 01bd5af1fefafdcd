"""`stem docs`: write the documents that are generated from the code, or check that they are fresh."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.terminal import screen
from infra.docs.documents import broken, documents, stale
from infra.docs.landscape import REPOSITORY
from infra.local.obstacles import Obstacle


def docs(check: Annotated[bool, typer.Option("--check", help="Write nothing; say what is stale.")] = False) -> None:
    """Write docs/events.md, docs/life-cycles.md, docs/asyncapi.json, the schemas of events, the README's figures."""
    breaks = broken(REPOSITORY)
    if breaks:
        raise Obstacle(
            "\n  ".join(["a published contract is broken", *map(str, breaks)]),
            "do as said above; if the event was never published, delete its file in tests/contracts/schemas first",
        )
    wanted = documents()
    outdated = list(stale(wanted, REPOSITORY))
    for path, hint in outdated:
        screen.print(f"[yellow]stale[/] {path}" if check else f"[green]written[/] {path}", highlight=False)
        if check:
            screen.print(hint, highlight=False, markup=False)
    if check and outdated:
        raise Obstacle(f"{len(outdated)} generated files are not what the code says", "run: stem docs")
    for path, _ in outdated:
        (REPOSITORY / path).parent.mkdir(parents=True, exist_ok=True)
        (REPOSITORY / path).write_text(wanted[path])
    if not outdated:
        screen.print("the generated documents are fresh")
