"""Importing offer files: what is new is drafted, what differs is changed, what is the same is left alone.

A partner's own reference says which offer a row means. Each offer is a decision of its own, so a file that was broken
off is simply sent again. A dry run reads, compares and reports the same, and writes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from services.placements.domain import offering
from services.placements.domain.employer import Employer
from services.placements.domain.offer import Offer, OfferReference, OfferStatus, reference_key
from services.placements.domain.offer_file import OfferRow, OfferRowError, read_offers
from services.placements.domain.offering import differs
from services.placements.domain.terms import today
from services.placements.use_cases.offering import CohortPlan, Plan, assembled, keep, submit
from shared.ids import new_id
from shared.refusals import NotFound, Refusal
from shared.work import Work

OnError = Literal["stop", "import-good-rows"]
Outcome = Literal["created", "changed", "unchanged"]
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is imported, and for whom. `submitted`: hand the offers in for review at once."""

    employer_id: str
    by: str
    dry_run: bool
    on_error: OnError
    submitted: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What an import has done, or would do. `written` is False for a dry run and where errors have stopped it."""

    offers: int
    created: int
    changed: int
    unchanged: int
    errors: tuple[OfferRowError, ...]
    written: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    row: OfferRow
    offer: Offer
    outcome: Outcome


async def import_offers(work: Work, content: bytes, manner: Manner) -> Report:
    """Import offers. Raises NotFound, OfferFileUnreadable, OfferColumnsMissing, OfferFileTooLong."""
    rows, errors = await asyncio.to_thread(read_offers, content)
    if await work.collection(Employer).get(manner.employer_id) is None:
        raise NotFound("There is no such employer.", field="employer_id")
    known = await _known(work, manner.employer_id, rows)
    employers = await _employers(work, manner.employer_id, rows)
    ready: list[_Ready] = []
    for row in rows:
        found = _ready(work, row, manner, known.get(row.reference), employers)
        if isinstance(found, OfferRowError):
            errors.append(found)
        else:
            ready.append(found)
    outcomes: list[Outcome] = [one.outcome for one in ready]
    written = not manner.dry_run and (not errors or manner.on_error == "import-good-rows")
    if written:
        for start in range(0, len(ready), AT_ONCE):
            part = ready[start : start + AT_ONCE]
            failed = await asyncio.gather(*(_write(work.one_of_many(), one, manner) for one in part))
            for one, error in zip(part, failed, strict=True):
                if error is not None:
                    errors.append(error)
                    outcomes.remove(one.outcome)
    return Report(
        offers=len(outcomes) + len({error.row for error in errors}),
        created=outcomes.count("created"),
        changed=outcomes.count("changed"),
        unchanged=outcomes.count("unchanged"),
        errors=tuple(sorted(errors, key=lambda error: error.row)),
        written=written,
    )


def _ready(
    work: Work, row: OfferRow, manner: Manner, existing: Offer | None, employers: dict[str, Employer | None]
) -> _Ready | OfferRowError:
    """What a row would do, or what is wrong with it."""
    wanted = {key: employers.get(key) for key in (manner.employer_id, *row.facts.also_hosted_by)}
    try:
        offer = assembled(_plan(row, manner), existing.id if existing else new_id(), wanted, work.clock.now())
    except Refusal as refusal:
        return OfferRowError(row.row, _column(refusal.field), refusal.slug, refusal.detail, row.reference)
    ready = _compared(row, offer, existing)
    drafted = existing is None or existing.status is OfferStatus.DRAFT
    if ready is None:
        return _refused(row, "reference", offering.AlreadyPosted)
    if manner.submitted and drafted and offer.starts_on < today(work.clock.now(), offer.terms.zone):
        return _refused(row, "starts_on", offering.OfferInThePast)
    return ready


def _compared(row: OfferRow, offer: Offer, existing: Offer | None) -> _Ready | None:
    """What a row means for the offer that is there; None where that can no longer be changed."""
    if existing is None:
        return _Ready(row, offer, "created")
    if not differs(existing, offer):
        return _Ready(row, existing, "unchanged")
    return _Ready(row, offer, "changed") if existing.status is OfferStatus.DRAFT else None


def _refused(row: OfferRow, column: str, refusal: type[Refusal]) -> OfferRowError:
    return OfferRowError(row.row, column, refusal.slug, refusal.title, row.reference)


def _column(field: str | None) -> str:
    """The column that a field of a request is called in a file; dates that do not fit stand in two."""
    part = (field or "reference").rpartition(".")[2]
    return {"employer_id": "also_hosted_by"}.get(part, "ends_on" if part.isdigit() else part)


def _plan(row: OfferRow, manner: Manner) -> Plan:
    cohorts = tuple(
        CohortPlan(starts_on=one.starts_on, ends_on=one.ends_on, places=one.places, site_id=one.site_id)
        for one in row.cohorts
    )
    return Plan(employer_id=manner.employer_id, reference=row.reference, cohorts=cohorts, **asdict(row.facts))


async def _write(work: Work, ready: _Ready, manner: Manner) -> OfferRowError | None:
    try:
        kept = ready.offer
        if ready.outcome != "unchanged":
            kept = await keep(work, ready.offer)
        if manner.submitted and kept.status is OfferStatus.DRAFT:
            await submit(work, kept.id, manner.by, None)
    except Refusal as refusal:
        return _refused(ready.row, "reference", type(refusal))
    return None


async def _known(work: Work, employer_id: str, rows: Sequence[OfferRow]) -> dict[str, Offer]:
    """The offers that references of this employer name already."""
    keys = {reference_key(employer_id, row.reference): row.reference for row in rows}
    found: dict[str, Offer] = {}
    for start in range(0, len(keys), 1000):
        part = list(keys)[start : start + 1000]
        named = await work.collection(OfferReference).find({"id": {"$in": part}})
        offers = await work.collection(Offer).find({"id": {"$in": [one.offer_id for one in named]}})
        by_id = {offer.id: offer for offer in offers}
        found.update({keys[one.id]: by_id[one.offer_id] for one in named if one.offer_id in by_id})
    return found


async def _employers(work: Work, employer_id: str, rows: Sequence[OfferRow]) -> dict[str, Employer | None]:
    keys = {employer_id, *(other for row in rows for other in row.facts.also_hosted_by)}
    found = await work.collection(Employer).find({"id": {"$in": sorted(keys)}})
    return {employer.id: employer for employer in found}
