"""`stem docs` writes what is stale, `--check` only says so, and neither goes on over a broken contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli import docs as command
from infra.docs.documents import SCHEMAS
from infra.local.obstacles import Obstacle

PAGE = Path("docs/page.md")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "REPOSITORY", tmp_path)
    monkeypatch.setattr(command, "documents", lambda: {PAGE: "new\n"})
    return tmp_path


def test_what_is_stale_is_written(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.docs()

    assert (repository / PAGE).read_text() == "new\n"
    assert f"written {PAGE}" in capsys.readouterr().out


def test_the_check_names_what_is_stale_and_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / PAGE).parent.mkdir()
    (repository / PAGE).write_text("old\n")

    with pytest.raises(Obstacle) as refused:
        command.docs(check=True)

    assert refused.value.remedy == "run: stem docs"
    assert f"stale {PAGE}" in (said := capsys.readouterr().out)
    assert "-old\n+new" in said
    assert (repository / PAGE).read_text() == "old\n"


@pytest.mark.parametrize("check", [True, False])
def test_fresh_documents_are_left_alone(repository: Path, check: bool, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / PAGE).parent.mkdir()
    (repository / PAGE).write_text("new\n")

    command.docs(check=check)

    assert "fresh" in capsys.readouterr().out


@pytest.mark.parametrize("check", [True, False])
def test_a_broken_contract_is_never_written_over(repository: Path, check: bool) -> None:
    schema = repository / SCHEMAS / "courses.bell-rung.v1.json"
    schema.parent.mkdir(parents=True)
    schema.write_text("{}")

    with pytest.raises(Obstacle, match=r"courses\.bell-rung\.v1: body has no class any more"):
        command.docs(check=check)

    assert not (repository / PAGE).exists()
    assert schema.read_text() == "{}"
