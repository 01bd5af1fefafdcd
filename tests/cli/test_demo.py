"""The demo says no when what it tells is not true, and stays readable when a service is away."""

from __future__ import annotations

import io

import httpx
import pytest
from rich.console import Console

from infra.cli import demo
from infra.cli import main as commands
from infra.cli.client import Api
from infra.story.stage import Mismatch, Stage, eventually, expect, pounds

ARGUMENTS = ["stem", "demo", "--url", "http://edge.example"]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    output = io.StringIO()
    monkeypatch.setattr(demo, "screen", Console(file=output, width=100, highlight=False))
    return output


def test_a_step_that_is_not_true_ends_the_story() -> None:
    with pytest.raises(Mismatch) as raised:
        expect("places left", 1, 2)
    assert raised.value.what == "places left: expected 1, seen 2"


def test_a_condition_that_comes_true_is_waited_for() -> None:
    looks = iter([1, 2, 3])
    assert eventually("three", lambda: next(looks), lambda seen: seen == 3) == 3


def test_a_condition_that_never_comes_true_is_given_up_with_what_was_seen() -> None:
    with pytest.raises(Mismatch) as raised:
        eventually("the booking is confirmed", lambda: "held", lambda seen: seen == "confirmed", within=0)
    assert "held" in raised.value.what


@pytest.mark.parametrize(
    ("pence", "text"), [(0, "£0"), (35_000, "£350"), (160_000, "£1,600"), (1_205, "£12.05"), (5, "£0.05")]
)
def test_amounts_are_written_as_people_write_them(pence: int, text: str) -> None:
    assert pounds(pence) == text


def test_a_story_that_does_not_come_true_ends_with_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], written: io.StringIO
) -> None:
    def wrong(stage: Stage) -> None:
        expect("the status of the booking", "confirmed", "declined")

    monkeypatch.setattr(demo, "told", wrong)
    monkeypatch.setattr(demo, "connect", Api)
    monkeypatch.setattr("sys.argv", ARGUMENTS)
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == 1
    assert "expected confirmed, seen declined" in capsys.readouterr().err
    assert "The story is told" not in written.getvalue()


def test_a_story_that_comes_true_ends_well(monkeypatch: pytest.MonkeyPatch, written: io.StringIO) -> None:
    def right(stage: Stage) -> None:
        stage.teller.chapter("A beginning", "and what it is about")
        stage.teller.done("something was done", 0.2501)

    monkeypatch.setattr(demo, "told", right)
    monkeypatch.setattr(demo, "connect", Api)
    monkeypatch.setattr("sys.argv", ARGUMENTS)
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == 0
    lines = written.getvalue()
    assert "1 · A beginning" in lines
    assert "✓ something was done  250 ms" in lines
    assert "The story is told" in lines


def test_a_service_that_is_away_is_told_of_once_until_it_answers(written: io.StringIO) -> None:
    narrator = demo.Narrator(pause=False)
    answers = iter([503, 502, 200, 504, 200])
    api = Api(
        "http://edge.example",
        retried=narrator.retried,
        transport=httpx.MockTransport(lambda _: httpx.Response(next(answers), json={})),
        wait=lambda _: None,
    )
    api.send("GET", "/api/courses")
    narrator.done("found them")
    assert written.getvalue().count("a service is away") == 1
    api.send("GET", "/api/courses")
    assert written.getvalue().count("a service is away") == 2
