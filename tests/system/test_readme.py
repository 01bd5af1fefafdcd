"""What the README shows is what a reader gets: its curl commands are run, its links are followed."""

from __future__ import annotations

import re
import subprocess
from typing import NamedTuple

import pytest

from infra.cli.client import Api
from infra.cli.seed import seed
from infra.local.stack import Stack
from infra.story.booking import order, place
from infra.story.stage import Stage
from tests.stack import REPOSITORY

README = REPOSITORY / "README.md"
ADDRESS = "http://127.0.0.1:8080"
END = "--- end of the answer ---"


class Example(NamedTuple):
    """A command as a reader would paste it, and the answer that is shown for it."""

    command: str
    answer: str


def examples() -> list[Example]:
    """All commands that call the API, in their order."""
    section = README.read_text().partition("## Call it with curl")[2].partition("\n## ")[0]
    found: list[Example] = []
    for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = piece.splitlines()
            length = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
            found.append(Example("\n".join(lines[:length]), "\n".join(lines[length:])))
    return found


def names(answer: str) -> list[str]:
    """The members that an answer has, in their order."""
    return re.findall(r'"(\w+)":', answer)


def is_within(shown: list[str], given: list[str]) -> bool:
    """Whether everything shown is given, in the same order."""
    rest = iter(given)
    return all(name in rest for name in shown)


def await_school(stack: Stack) -> None:
    """Wait until courses has heard of the school that the README books for: on a fresh stack that takes a moment."""
    with Api(stack.edge_url) as api:
        occurrences = api.send("GET", "/api/occurrences", params={"subject": "Physics", "status": "open"}).json()[
            "items"
        ]
        place(Stage(api), order("900001", occurrences[0]["occurrence_id"]))


def test_the_commands_of_the_readme_give_the_answers_it_shows(stack: Stack) -> None:
    seed(stack.edge_url)
    await_school(stack)
    told = examples()
    assert len(told) >= 6
    script = "\n".join(f"{example.command}\necho '{END}'" for example in told).replace(ADDRESS, stack.edge_url)
    run = subprocess.run(  # noqa: S603 - the commands are those of our README
        ("/bin/bash", "-euo", "pipefail", "-c", script), capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    answers = run.stdout.split(END)
    for example, answer in zip(told, answers, strict=False):
        assert is_within(names(example.answer), names(answer)), f"{example.command}\n{answer}"


def test_an_answer_that_lacks_something_shown_is_noticed() -> None:
    assert is_within(["a", "c"], ["a", "b", "c"])
    assert not is_within(["a", "d"], ["a", "b", "c"])
    assert not is_within(["c", "a"], ["a", "b", "c"])


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(document: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (REPOSITORY / document).read_text())
    lost = [link for link in links if "://" not in link and not (REPOSITORY / link).exists()]
    assert not lost


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)", README.read_text()))
    assert named
    assert named <= targets
