"""The readable view of what processes wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from infra.local.journal import Entry, Journal, chain, entry, last_lines, last_words, past, render

if TYPE_CHECKING:
    from pathlib import Path


def line(message: str, time: str = "2026-09-01T10:00:00.123Z", **facts: object) -> str:
    return json.dumps({"time": time, "level": "info", "service": "courses", "message": message} | facts)


def test_a_services_line_becomes_an_entry_with_its_facts() -> None:
    said = entry("courses-2", line("booking confirmed", correlation_id="0190-aaaa-bbbbcccc", places=2, note=None))
    assert said == Entry(
        "2026-09-01T10:00:00.123Z", "info", "courses-2", "booking confirmed", "0190-aaaa-bbbbcccc", {"places": 2}
    )


def test_mongodbs_own_dialect_is_understood() -> None:
    said = entry("mongod", '{"t":{"$date":"2026-09-01T10:00:00.123Z"},"s":"W","c":"NETWORK","id":1,"msg":"slow"}')
    assert (said.time, said.level, said.message, said.facts) == ("2026-09-01T10:00:00.123Z", "warning", "slow", {})


def test_a_line_that_is_no_json_is_shown_as_it_is_and_as_an_error_when_it_escaped() -> None:
    assert entry("courses", "Traceback (most recent call last):", is_error=True).level == "error"
    assert entry("courses", "[1, 2]").message == "[1, 2]"


def test_the_view_shows_time_level_who_what_cause_and_facts() -> None:
    shown = render(entry("courses", line("booking confirmed", correlation_id="0190-aaaa-bbbbcccc", places=2))).plain
    assert shown == "10:00:00.123 info  courses        booking confirmed ⟨bbbbcccc⟩ places=2"


def test_ids_are_shortened_to_what_tells_them_apart() -> None:
    aggregate = "bookings/01a20b86-1f45-77af-a3a8-1da0c7aa7b3b"
    said = entry(
        "courses", line("event committed", aggregate=aggregate, event_id="01a20b86-1f45-77af-a3a8-1da56f53bc1a")
    )
    assert render(said).plain.endswith("event committed aggregate=bookings/…c7aa7b3b")


def test_long_facts_are_cut_but_tracebacks_are_not() -> None:
    shown = render(entry("courses", line("failed", long="x" * 500, exception="Traceback\n" + "y" * 500))).plain
    assert "x" * 59 + "…" in shown
    assert "y" * 500 in shown


def test_new_lines_of_several_processes_come_in_the_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(line("before we looked") + "\n")
    journal = Journal(tmp_path, ["a", "b"])
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(line("second", "2026-09-01T10:00:02Z") + "\n" + line("unfinished")[:10])
    (tmp_path / "b.jsonl").write_text(line("first", "2026-09-01T10:00:01Z") + "\n")
    assert [said.message for said in journal.read()] == ["first", "second"]
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(line("unfinished")[10:] + "\n")
    assert [said.message for said in journal.read()] == ["unfinished"]
    assert journal.read() == []


def test_a_file_that_was_put_aside_is_read_from_its_new_beginning(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(line("old") * 50 + "\n")
    journal = Journal(tmp_path, ["a"])
    file.rename(tmp_path / "a.jsonl.1")
    file.write_text(line("new") + "\n")
    assert [said.message for said in journal.read()] == ["new"]


def test_the_last_lines_are_those_of_the_end_however_long_the_file_is(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("".join(line(f"number {number}", filler="x" * 300) + "\n" for number in range(1000)))
    assert [json.loads(one)["message"] for one in last_lines(file, 2)] == ["number 998", "number 999"]
    assert last_lines(tmp_path / "none.jsonl", 2) == []
    assert len(past(tmp_path, ["a"], 7)) == 7


def test_last_words_leave_out_the_questions_whether_it_is_ready(tmp_path: Path) -> None:
    asked = line("request answered", route="/health/ready", status=503)
    (tmp_path / "a.jsonl").write_text("\n".join([line("no store"), *[asked] * 100]) + "\n")
    (tmp_path / "a.err").write_text("Traceback\n")
    assert last_words(tmp_path, "a") == line("no store") + "\nTraceback"
    assert last_words(tmp_path, "b") == "(it said nothing)"


def test_a_chain_is_what_all_processes_said_about_one_cause(tmp_path: Path) -> None:
    cause = "0190-aaaa-bbbbcccc"
    (tmp_path / "courses.jsonl").write_text(
        line("confirmed", "2026-09-01T10:00:03Z", correlation_id=cause)
        + "\n"
        + line("other", correlation_id="x")
        + "\n"
    )
    (tmp_path / "courses.jsonl.1").write_text(line("held", "2026-09-01T10:00:01Z", correlation_id=cause) + "\n")
    (tmp_path / "partnerships.jsonl").write_text(
        line("funds reserved", "2026-09-01T10:00:02Z", correlation_id=cause) + "\n" + line(f"mentions {cause}") + "\n"
    )
    for asked in (cause, "bbbbcccc"):
        found = chain(tmp_path, ["courses", "partnerships"], asked)
        assert [said.message for said in found] == ["held", "funds reserved", "confirmed"]
