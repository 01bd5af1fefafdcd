"""Schools as the register knows them.

A school is known by its URN. What the register says is kept as it is (`Facts`), and a change of it is told once, as the
whole new set. A school that goes on under another URN points to its successor, and its history follows it there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.search_words import words_of
from shared.contracts.partnerships import SchoolChanged, SchoolRegistered, SchoolStatus, SchoolSucceeded
from shared.decision import Decision, Document, Documents, Read, ReadsInTurn, Root


class Facts(BaseModel):
    """What the register says of a school. None: it does not say.

    `la_number` is "<local authority code>/<establishment number>", the same before and after a conversion. Ages in
    years; `free_meals_percent` is the share of pupils entitled to free school meals, 0 to 100; positions in WGS84
    degrees.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    urn: str
    identifier_scheme: str = "urn"
    ukprn: str | None = None
    la_number: str | None = None
    la_name: str | None = None
    name: str
    type_code: str | None = None
    type: str | None = None
    census_type: str | None = None
    phase: str
    status: SchoolStatus
    trust_id: str | None = None
    trust: str | None = None
    postcode: str | None = None
    town: str | None = None
    region: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    pupils: int | None = None
    free_meals_percent: float | None = None
    low_age: int | None = None
    high_age: int | None = None
    opened_on: date | None = None
    closed_on: date | None = None


class School(Root):
    """A school of the register. `words` is its name as search sees it; `import_id` the import that last changed it.

    `new_in` is the import that registered it.
    """

    collection = "schools"
    facts: Facts
    words: tuple[str, ...]
    state_funded: bool | None
    successor_urn: str | None = None
    import_id: str
    new_in: str


class Conversions(Document):
    """Which URN of a school goes on as which; the same under each of its URNs, and none for a school with just one.

    Written with the link itself, so that whoever reads it in a decision misses no link that is there.
    """

    collection = "conversions"
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Under which URNs a school is known: `urns` are all, the oldest known first, `onward` are those from one on.

    A school counts under the first: no conversion changes that.
    """

    urns: tuple[str, ...]
    onward: tuple[str, ...]


def lineage_from(documents: Documents, urn: str) -> Lineage:
    """Under which URNs the school with this one is known. Reads Conversions `urn`."""
    known = documents.get(Conversions, urn)
    links = dict(known.links) if known is not None else {}
    onward = [urn]
    while (following := links.get(onward[-1])) is not None and following not in onward:
        onward.append(following)
    newest_first, latest = [onward[-1]], [onward[-1]]
    while latest:
        latest = sorted(old for old, new in links.items() if new in latest and old not in newest_first)
        newest_first += latest
    return Lineage(tuple(newest_first[::-1]), tuple(onward))


def differs(school: School | None, facts: Facts, state_funded: bool | None) -> bool:
    """Whether the register now says something else."""
    return school is None or school.facts != facts or school.state_funded != state_funded


def outcome(
    school: School | None, facts: Facts, state_funded: bool | None, import_id: str
) -> Literal["created", "changed", "unchanged"]:
    """What an import does to a school.

    What it has done already, in a process that then died, counts as done by it.
    """
    if school is None or (school.new_in == import_id and not differs(school, facts, state_funded)):
        return "created"
    if differs(school, facts, state_funded) or school.import_id == import_id:
        return "changed"
    return "unchanged"


def enter(school: School | None, facts: Facts, state_funded: bool | None, import_id: str) -> Decision[None]:
    """Take over what the register says now. Says nothing when nothing has changed."""
    if not differs(school, facts, state_funded):
        return Decision(None)
    words = words_of(facts.name)
    if school is None:
        new = School(
            id=facts.urn,
            facts=facts,
            words=words,
            state_funded=state_funded,
            import_id=import_id,
            new_in=import_id,
        )
        return Decision(None, new, (), (_registered(new),))
    after = school.model_copy(
        update={"facts": facts, "words": words, "state_funded": state_funded, "import_id": import_id}
    )
    told = _changed(after)
    return Decision(None, after, (), () if told == _changed(school) else (told,))


def reads_conversions(urns: Iterable[str]) -> tuple[Read, ...]:
    """What these schools have been known as."""
    return tuple((Conversions, urn) for urn in urns)


def reads_succession(urn: str, successor_urn: str) -> ReadsInTurn[School]:
    """The conversions of both schools, under every URN that they were known by."""
    return ReadsInTurn(
        lambda _school: reads_conversions((urn, successor_urn)),
        lambda documents: reads_conversions(_urns(_links(documents, urn, successor_urn))),
    )


def succeed(school: School, documents: Documents, successor_urn: str) -> Decision[None]:
    """Point to the school that this one goes on as."""
    if school.successor_urn == successor_urn:
        return Decision(None)
    after = school.model_copy(update={"successor_urn": successor_urn})
    told = SchoolSucceeded(urn=school.id, successor_urn=successor_urn)
    return Decision(None, after, _converted(documents, school.id, successor_urn), (told,))


def _converted(documents: Documents, urn: str, successor_urn: str) -> tuple[Conversions, ...]:
    links = _links(documents, urn, successor_urn)
    return tuple(Conversions(id=each, links=tuple(sorted(links))) for each in _urns(links))


def _links(documents: Documents, urn: str, successor_urn: str) -> set[tuple[str, str]]:
    known = [documents.get(Conversions, each) for each in (urn, successor_urn)]
    before = {link for each in known if each is not None for link in each.links}
    return {(old, new) for old, new in before if old != urn} | {(urn, successor_urn)}


def _urns(links: Iterable[tuple[str, str]]) -> list[str]:
    return sorted({urn for link in links for urn in link})


def tell_again(school: School) -> Decision[None]:
    """Say once more where it goes on, to whoever came to know it too late to be told."""
    if school.successor_urn is None:
        return Decision(None)
    return Decision(None, school, (), (SchoolSucceeded(urn=school.id, successor_urn=school.successor_urn),))


def successor_of(closed: Facts, candidates: tuple[Facts, ...]) -> str | None:
    """Which of the open schools with the same LA code and establishment number goes on for a closed one.

    The one that opened first on or after the day of closing; where days are missing, the only one there is. None when
    it cannot be told.
    """
    others = [facts for facts in candidates if facts.urn != closed.urn and facts.status != "closed"]
    dated = [
        (facts.opened_on, facts.urn)
        for facts in others
        if facts.opened_on is not None and closed.closed_on is not None and facts.opened_on >= closed.closed_on
    ]
    if dated:
        return min(dated)[1]
    undated = [facts.urn for facts in others if facts.opened_on is None or closed.closed_on is None]
    return undated[0] if len(undated) == 1 else None


def _registered(school: School) -> SchoolRegistered:
    return SchoolRegistered(**_told(school))


def _changed(school: School) -> SchoolChanged:
    return SchoolChanged(**_told(school))


def _told(school: School) -> dict[str, object]:
    facts = school.facts
    return {
        "urn": facts.urn,
        "identifier_scheme": facts.identifier_scheme,
        "name": facts.name,
        "phase": facts.phase,
        "status": facts.status,
        "state_funded": school.state_funded,
        "region": facts.region,
        "postcode": facts.postcode,
        "latitude": facts.latitude,
        "longitude": facts.longitude,
    }
