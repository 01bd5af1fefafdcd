"""The generated documents say what the code says: who publishes, who reacts, which life cycles there are."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from infra.docs.documents import EXAMPLES, SCHEMAS, broken, documents, examples, stale
from infra.docs.event_page import event_page
from infra.docs.landscape import REPOSITORY, Landscape, survey
from infra.docs.life_cycles import life_cycle_page
from services.gateway.description import all_services
from shared.contracts.catalogue import EVENTS, VERSIONS
from shared.contracts.courses import PlaceHeld

PACKAGE = "post_office"
FILES = {
    "__init__.py": "",
    "letters/__init__.py": '"""Takes letters\nto people.\n\nMore about it."""',
    "letters/reactions.py": '''
        from shared.contracts.courses import PlaceHeld
        from shared.subscriptions import on

        async def write_a_letter(work, event):
            """Tell the school by post."""

        REACTIONS = (on(PlaceHeld, write_a_letter),)
        ''',
    "letters/domain/__init__.py": "",
    "letters/domain/letter.py": '''
        from enum import StrEnum
        from shared.transitions import Table, Transition

        class Status(StrEnum):
            LOST = "lost"
            POSTED = "posted"
            ON_ITS_WAY = "on-its-way"

        LETTER_LIFE = Table((
            Transition(Status.POSTED, "collect", "system", Status.ON_ITS_WAY),
            Transition(Status.ON_ITS_WAY, "lose", "schedule", Status.LOST),
        ))
        """From the box to
        the door."""
        UNRELATED = 3
        ''',
    "stamps/__init__.py": "",
}


@pytest.fixture
def post_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Landscape]:
    for name, text in FILES.items():
        file = tmp_path / PACKAGE / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield survey(importlib.import_module(PACKAGE))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_services_are_found_by_walking_the_folder(post_office: Landscape) -> None:
    assert post_office.services["letters"] == "Takes letters to people."
    assert "stamps" in post_office.services


def test_a_reaction_is_found_in_its_table(post_office: Landscape) -> None:
    (reaction,) = post_office.reacting_to(PlaceHeld)

    assert (reaction.service, reaction.function) == ("letters", "write_a_letter")
    assert reaction.says == "Tell the school by post."


def test_the_page_of_events_says_who_reacts(post_office: Landscape) -> None:
    page = event_page(post_office, examples())

    heading = "### courses.place-held.v1"
    section = page[page.index(heading) :].partition("\n### ")[0]
    assert "Reactions: letters `write_a_letter`." in section


def test_a_life_cycle_is_a_picture_and_a_table(post_office: Landscape) -> None:
    page = life_cycle_page(post_office)

    assert "### Letter life\n\nFrom the box to the door.\n\nIn `post_office/letters/domain/letter.py`." in page
    assert "    posted --> on_its_way: collect\n    on_its_way --> lost: lose\n    lost --> [*]\n" in page
    assert "| on-its-way | lose | schedule | lost |" in page


def test_the_page_of_events_has_each_event_with_its_fields_and_example() -> None:
    page = (REPOSITORY / "docs" / "events.md").read_text()

    for event in EVENTS.values():
        section = page[page.index(f"### {event.type}\n") :].partition("\n### ")[0]
        assert f"Key: `{event.aggregate}`." in section
        assert all(f"| `{field}` |" in section for field in event.model_fields)
        assert "```json" in section


def test_documents_are_the_same_every_time() -> None:
    assert documents() == documents()


def test_generated_documents_are_fresh() -> None:
    assert [str(path) for path, _ in stale(documents())] == [], "run: stem docs"


def test_a_stale_document_is_named_with_what_differs(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("one\ntwo\n")

    ((path, hint),) = stale({Path("page.md"): "one\nthree\n"}, tmp_path)

    assert path == Path("page.md")
    assert "-two\n+three" in hint


def test_a_missing_document_is_stale(tmp_path: Path) -> None:
    assert [path for path, _ in stale({Path("page.md"): "text\n"}, tmp_path)] == [Path("page.md")]


def test_an_event_whose_class_is_gone_is_a_break(tmp_path: Path) -> None:
    schemas = tmp_path / SCHEMAS
    schemas.mkdir(parents=True)
    (schemas / "courses.bell-rung.v1.json").write_text("{}")

    (found,) = broken(tmp_path)

    assert found.event == "courses.bell-rung.v1"
    assert found.what == "has no class any more"


def test_every_version_has_its_example_and_schema_file() -> None:
    for folder in (EXAMPLES, SCHEMAS):
        there = {file.name.removesuffix(".json") for file in (REPOSITORY / folder).glob("*.json")}
        assert there == set(VERSIONS)


def test_no_two_reactions_of_a_service_to_an_event_have_the_same_name() -> None:
    """A reaction is known in the inbox by its name."""
    for service in all_services():
        names = [(subscription.event, subscription.name) for subscription in service.reactions]
        assert len(names) == len(set(names)), service.name
