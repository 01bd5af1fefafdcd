"""The host's verbs for offers, the programme's moderation, and what the schedule does when their time comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.placements.domain import offering
from services.placements.domain.application import Application
from services.placements.domain.asking import host_reads
from services.placements.domain.change import next_ones
from services.placements.domain.employer import Employer
from services.placements.domain.expiry import tidy
from services.placements.domain.offer import Cohort, Listing, Offer, Where
from services.placements.domain.offering import CohortHostUnknown
from services.placements.domain.terms import today
from services.placements.domain.vocabulary import DAYS_OF, AccessNeed, OfferKind, Phase
from services.placements.policies import policy_at
from services.placements.store import applications_to_end
from shared.decision import Decision, Documents, Read
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work

SLICE = 50
SLICES_AT_ONCE = 100

Hosts = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class CohortPlan:
    """Teachers who are hosted together. The employer is the one that posts unless another is named."""

    starts_on: date
    ends_on: date
    places: int
    site_id: str | None = None
    employer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a host offers. `employer_ids` are those that host besides the one that posts."""

    employer_id: str
    title: str
    summary: str
    kind: OfferKind
    subjects: tuple[str, ...]
    phases: tuple[Phase, ...]
    cohorts: tuple[CohortPlan, ...]
    days: int | None = None
    remote: bool = False
    access: tuple[AccessNeed, ...] = ()
    cover_pence_per_day: int = 0
    also_hosted_by: tuple[str, ...] = ()
    reference: str | None = None


async def post(work: Work, plan: Plan, offer_id: str | None = None) -> Offer:
    """Draft an offer; with an `offer_id`, change that draft."""
    fresh = await drafted(work, plan, offer_id or new_id())
    return await keep(work, fresh)


async def change(work: Work, offer_id: str, hosts: Hosts, plan: Plan) -> Offer:
    """Let a draft say something else."""
    existing = await work.collection(Offer).get(offer_id)
    if existing is None or (hosts is not None and not set(hosts) & set(existing.employer_ids)):
        raise NotFound()
    fresh = await drafted(work, replace(plan, employer_id=existing.employer_ids[0]), offer_id)
    return await keep(work, fresh.model_copy(update={"reference": existing.reference}))


async def keep(work: Work, fresh: Offer) -> Offer:
    """Keep a draft, new or not."""
    return await work.create_or_change(
        Offer,
        fresh.id,
        lambda existing, documents, _now: offering.keep_draft(fresh, existing, documents),
        lambda _existing: offering.reference_reads(fresh),
    )


async def drafted(work: Work, plan: Plan, offer_id: str) -> Offer:
    """The draft of a plan under the terms valid today. Raises NotFound for employers that are not registered."""
    employer_ids = tuple(dict.fromkeys((plan.employer_id, *plan.also_hosted_by)))
    employers = {key: await work.collection(Employer).get(key) for key in employer_ids}
    return assembled(plan, offer_id, employers, work.clock.now())


def assembled(plan: Plan, offer_id: str, employers: dict[str, Employer | None], now: datetime) -> Offer:
    """The draft of a plan with these employers."""
    known = {key: employer for key, employer in employers.items() if employer is not None}
    if len(known) < len(employers):
        unknown = next(key for key in employers if key not in known)
        raise NotFound(f"No employer is registered as {unknown}.", field="employer_id")
    cohorts = tuple(
        Cohort(
            number=number,
            employer_id=wanted.employer_id or plan.employer_id,
            site_id=wanted.site_id,
            starts_on=wanted.starts_on,
            ends_on=wanted.ends_on,
            places=wanted.places,
        )
        for number, wanted in enumerate(sorted(plan.cohorts, key=lambda one: (one.starts_on, one.ends_on)), 1)
    )
    listing = _listing(plan, cohorts, known)
    terms = policy_at(now).terms()
    return offering.drafted(offer_id, tuple(known), plan.reference, listing, cohorts, terms, now)


def _listing(plan: Plan, cohorts: Sequence[Cohort], employers: dict[str, Employer]) -> Listing:
    sites = tuple(where for cohort in cohorts if (where := _where(cohort, employers)) is not None)
    names = [employer.facts.name for employer in employers.values()]
    return Listing(
        title=plan.title,
        summary=plan.summary,
        kind=plan.kind,
        days=DAYS_OF.get(plan.kind, plan.days or 1),
        subjects=plan.subjects,
        phases=plan.phases,
        remote=plan.remote,
        access=plan.access,
        cover_pence_per_day=plan.cover_pence_per_day,
        sites=sites,
        words=words_of(plan.title, *plan.subjects, *names, *(site.name for site in sites)),
    )


def _where(cohort: Cohort, employers: dict[str, Employer]) -> Where | None:
    """Where a cohort meets. Raises CohortHostUnknown for a site that the employer does not have."""
    if cohort.site_id is None:
        return None
    employer = employers.get(cohort.employer_id)
    site = employer.site(cohort.site_id) if employer is not None else None
    if site is None:
        raise CohortHostUnknown(field=f"cohorts.{cohort.number - 1}.site_id")
    return Where(
        cohort=cohort.number,
        name=site.name,
        postcode=site.postcode,
        region=site.region,
        latitude=site.latitude,
        longitude=site.longitude,
    )


def words_of(*texts: str) -> tuple[str, ...]:
    """The distinct words of some texts, folded, as a search looks for them."""
    letters = "".join(letter if letter.isalnum() else " " for letter in " ".join(texts).casefold())
    return tuple(dict.fromkeys(letters.split()))


async def submit(work: Work, offer_id: str, by: str, hosts: Hosts) -> Offer:
    """Hand a draft in for review."""
    return await work.change(
        Offer,
        offer_id,
        lambda root, documents, now: offering.submit(
            root, documents, now, by=by, hosts=hosts, today=today(now, root.terms.zone)
        ),
    )


async def review(work: Work, offer_id: str, by: str) -> Offer:
    """Take a submitted offer up."""
    return await work.change(Offer, offer_id, lambda root, documents, now: offering.review(root, documents, now, by=by))


async def return_(work: Work, offer_id: str, by: str, reason: str) -> Offer:
    """Ask the host for changes."""
    return await work.change(
        Offer, offer_id, lambda root, documents, now: offering.return_(root, documents, now, by=by, reason=reason)
    )


async def publish(work: Work, offer_id: str, by: str) -> Offer:
    """Let teachers apply."""
    return await work.change(
        Offer,
        offer_id,
        lambda root, documents, now: offering.publish(root, documents, now, by=by, today=today(now, root.terms.zone)),
        host_reads,
    )


async def pause(work: Work, offer_id: str, by: str, hosts: Hosts) -> Offer:
    """Take no applications for the time being."""
    return await work.change(
        Offer, offer_id, lambda root, documents, now: offering.pause(root, documents, now, by=by, hosts=hosts)
    )


async def resume(work: Work, offer_id: str, by: str, hosts: Hosts) -> Offer:
    """Take applications again."""
    return await work.change(
        Offer,
        offer_id,
        lambda root, documents, now: offering.resume(root, documents, now, by=by, hosts=hosts),
        host_reads,
    )


async def close(work: Work, offer_id: str, by: str, hosts: Hosts) -> Offer:
    """Take no more applications."""
    return await work.change(
        Offer, offer_id, lambda root, documents, now: offering.close(root, documents, now, by=by, hosts=hosts)
    )


async def withdraw(work: Work, offer_id: str, by: str, hosts: Hosts, reason: str) -> Offer:
    """Take the offer back; the schedule turns its applications down."""
    return await work.change(
        Offer,
        offer_id,
        lambda root, documents, now: offering.withdraw(root, documents, now, by=by, hosts=hosts, reason=reason),
    )


async def act_on_due(work: Work, offer_id: str) -> None:
    """Do what time has brought: reminders, expiries, the end, and what is left of many applications. In slices."""
    for _ in range(SLICES_AT_ONCE):
        offer = await work.collection(Offer).get(offer_id)
        if offer is None or offer.due_at is None or offer.due_at > work.clock.now():
            return
        if offer.chore is not None:
            await _go_on(work, offer_id)
        else:
            await work.change(Offer, offer_id, tidy, next_ones)


async def _go_on(work: Work, offer_id: str) -> None:
    """Turn a slice of applications down; the last one is known by finding fewer than were asked for."""
    found = await applications_to_end(work, offer_id, SLICE)
    reads: list[Read] = [(Application, key) for key in found]

    def decide(root: Offer, documents: Documents, now: datetime) -> Decision[None]:
        return offering.reject_applications(
            root, documents, now, by="system", application_ids=found, last=len(found) < SLICE
        )

    await replace(work, idempotency=None).change(Offer, offer_id, decide, lambda _root: reads)
