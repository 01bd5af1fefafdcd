"""Whether a contract still is what was published under its version.

Topics keep their events for ever and services are deployed one after the other, so two kinds of readers count:

- today's readers meet bodies written long ago: what was allowed must still be allowed, and nothing new may be demanded;
- yesterday's readers meet bodies written today: they ignore fields they do not know, but refuse a value that they were
  never promised. That is why a wider enumeration or a field that may suddenly be null is a break too.

What keeps the version: a new optional field, a required field that becomes optional without another type (our writers
always write it), and other words in a description. Everything else needs a new version and an upcaster.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.docs.schemas import Schema

OLD_BODIES = "events already on the topic could not be read any more"
OLD_READERS = "readers deployed before this change would refuse the new events"
BOTH = f"{OLD_BODIES}, and {OLD_READERS}"
MEANING = "events already on the topic would mean something else"

_NOTES = {"title", "description", "examples", "default", "deprecated", "$comment"}
_NESTED = ("properties", "required", "items", "additionalProperties")


@dataclass(frozen=True, slots=True)
class Break:
    """One difference that readers cannot live with: in which event and field (dotted), what it is, whom it hurts."""

    event: str
    field: str
    what: str
    hurts: str

    def __str__(self) -> str:
        return f"{self.event}: {self.field} {self.what}: {self.hurts}. {remedy(self.event)}"


def remedy(event: str) -> str:
    """What to do instead of changing a published version."""
    stem, _, version = event.rpartition(".v")
    return (
        f"Leave {event} as it was, add {stem}.v{int(version) + 1} beside it in shared/contracts/"
        f"{event.partition('.')[0]}.py, and lift the old one in that file's UPCASTERS."
    )


def breaks(event: str, published: Schema, current: Schema) -> tuple[Break, ...]:
    """Every break between the schema that was published for a version and the one the code has now."""
    found = _differences("", published, current)
    return tuple(Break(event, field or "body", what, hurts) for field, what, hurts in found)


Difference = tuple[str, str, str]


def _differences(path: str, old: Schema, new: Schema) -> Iterator[Difference]:
    """Compare two values: everything they may be, one alternative at a time."""
    before, after = _alternatives(old), _alternatives(new)
    lost = [one for one in before if one not in after]
    gained = [one for one in after if one not in before]
    for one in list(lost):
        other = next((candidate for candidate in gained if _same_container(one, candidate)), None)
        if other is not None:
            lost.remove(one)
            gained.remove(other)
            yield from _inside(path, one, other)
    if lost and gained and not all("const" in one for one in (*lost, *gained)):
        yield path, f"changes from {_list(lost)} to {_list(gained)}", BOTH
        return
    if lost:
        yield path, f"no longer allows {_list(lost)}", OLD_BODIES
    if gained:
        yield path, f"newly allows {_list(gained)}", OLD_READERS


def _inside(path: str, old: Schema, new: Schema) -> Iterator[Difference]:
    """Compare two objects, or two arrays, whose insides differ."""
    rules_before, rules_after = (
        {key: value for key, value in schema.items() if key not in _NESTED} for schema in (old, new)
    )
    if rules_before != rules_after:
        yield path, f"changes its rules from {_text(rules_before)} to {_text(rules_after)}", BOTH
    yield from _fields(path, old, new)
    for key, step in (("items", "[]"), ("additionalProperties", ".*")):
        before, after = old.get(key, True), new.get(key, True)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differences(path + step, before, after)
        elif before != after:
            yield path, f"changes {key} from {_text(before)} to {_text(after)}", BOTH


def _fields(path: str, old: Schema, new: Schema) -> Iterator[Difference]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(before.keys() - after.keys()):
        yield _at(path, name), "is gone", "readers may rely on it, old bodies carry it"
    for name in sorted(after.keys() - before.keys()):
        if name in needed_after:
            yield _at(path, name), "is new and required", OLD_BODIES
    for name in sorted(before.keys() & after.keys()):
        where = _at(path, name)
        if name in needed_after - needed_before:
            yield where, "becomes required", OLD_BODIES
        elif name not in needed_before and before[name].get("default") != after[name].get("default"):
            yield where, "gets another default", MEANING
        yield from _differences(where, before[name], after[name])


def _alternatives(schema: Schema) -> list[Schema]:
    """The schema as a list of plain ones of which any may hold, without notes; an enumeration is one per value."""
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return [plain for branch in schema[union] for plain in _alternatives(branch)]
    if "enum" in schema:
        return [{"const": value} for value in schema["enum"]]
    if "const" in schema:
        return [{"const": schema["const"]}]
    return [{key: value for key, value in schema.items() if key not in _NOTES and not key.startswith("$")}]


def _same_container(one: Schema, other: Schema) -> bool:
    return one.get("type") == other.get("type") and one.get("type") in ("object", "array")


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _list(alternatives: list[Schema]) -> str:
    return ", ".join(_text(one["const"]) if "const" in one else _type(one) for one in alternatives)


def _type(schema: Schema) -> str:
    rules = {key: value for key, value in schema.items() if key not in ("type", *_NESTED)}
    return str(schema.get("type", "anything")) + (f" {_text(rules)}" if rules else "")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
