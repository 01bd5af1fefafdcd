"""Applications: what teachers, schools and hosts do with them, and what follows from an accepted one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from services.placements.domain import applying, choosing
from services.placements.domain.application import Application, Candidacy, Wishes, candidacy_id
from services.placements.domain.applying import Request, submission_reads
from services.placements.domain.asking import Ask, host_reads
from services.placements.domain.diary import Diary
from services.placements.domain.offer import Offer
from services.placements.domain.terms import check_reason
from services.placements.policies import ReasonsFor, holidays, policy_at
from services.placements.store import open_applications
from shared.decision import Decision, Documents, Read
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work

Decide = Callable[[Offer, Documents, datetime, Ask], Decision[Application]]
DecideCoded = Callable[..., Decision[Application]]


async def apply(
    work: Work, offer_id: str, *, teacher_id: str, school_urn: str, wishes: Wishes, submit: bool
) -> Application:
    """Draft an application, and hand it in if that was asked for."""
    before = await work.collection(Candidacy).get(candidacy_id(offer_id, teacher_id))
    request = Request(
        application_id=new_id(),
        teacher_id=teacher_id,
        school_urn=school_urn,
        wishes=wishes,
        submit=submit,
        holidays=holidays(),
        known=before.application_id if before is not None else None,
    )
    return await work.change(
        Offer,
        offer_id,
        lambda offer, documents, now: applying.apply(offer, documents, now, request),
        request.reads,
    )


async def revise(work: Work, offer_id: str, ask: Ask, wishes: Wishes) -> Application:
    """Let a draft ask for something else."""
    return await work.change(
        Offer,
        offer_id,
        lambda offer, documents, now: applying.revise(offer, documents, now, ask, wishes=wishes, holidays=holidays()),
        lambda _offer: [(Application, ask.application_id)],
    )


async def submit(work: Work, offer_id: str, ask: Ask) -> Application:
    """Hand a draft in."""
    application = await work.collection(Application).get(ask.application_id)
    if application is None or application.teacher_id != ask.teacher_id:
        raise NotFound()

    def reads(offer: Offer | None) -> list[Read]:
        return [(Application, ask.application_id), *submission_reads(application, offer)]

    return await work.change(
        Offer,
        offer_id,
        lambda offer, documents, now: applying.submit(offer, documents, now, ask),
        reads,
    )


async def approve(work: Work, offer_id: str, ask: Ask) -> Application:
    """The school agrees."""
    return await _decide(work, offer_id, ask, applying.approve)


async def refuse(work: Work, offer_id: str, ask: Ask, code: str) -> Application:
    """The school does not agree."""
    return await _decide_coded(work, offer_id, ask, applying.refuse, "school", code)


async def shortlist(work: Work, offer_id: str, ask: Ask) -> Application:
    """The host looks closer."""
    return await _decide(work, offer_id, ask, choosing.shortlist)


async def offer_place(work: Work, offer_id: str, ask: Ask) -> Application:
    """The host offers a place."""
    return await work.change(
        Offer,
        offer_id,
        lambda offer, documents, now: choosing.offer_place(offer, documents, now, ask),
        lambda offer: [(Application, ask.application_id), *host_reads(offer)],
    )


async def reject(work: Work, offer_id: str, ask: Ask, code: str) -> Application:
    """The host has chosen others."""
    return await _decide_coded(work, offer_id, ask, choosing.reject, "host", code)


async def accept(work: Work, offer_id: str, ask: Ask) -> Application:
    """The teacher comes."""
    placement_id = new_id()
    return await work.change(
        Offer,
        offer_id,
        lambda offer, documents, now: applying.accept(offer, documents, now, ask, placement_id=placement_id),
        lambda offer: [(Application, ask.application_id), (Diary, ask.teacher_id or ""), *host_reads(offer)],
    )


async def turn_down(work: Work, offer_id: str, ask: Ask, code: str) -> Application:
    """The teacher does not come."""
    return await _decide_coded(work, offer_id, ask, applying.turn_down, "teacher", code)


async def withdraw(work: Work, offer_id: str, ask: Ask, code: str) -> Application:
    """The teacher takes the application back."""
    return await _decide_coded(work, offer_id, ask, applying.withdraw, "teacher", code)


async def withdraw_overlapping(work: Work, teacher_id: str, placement_id: str) -> None:
    """Take back what else the teacher has applied for on the days of a placement."""
    diary = await work.collection(Diary).get(teacher_id)
    engagements = diary.engagements if diary is not None else ()
    dates = frozenset(day for one in engagements if one.placement_id == placement_id for day in one.dates)
    for application in await open_applications(work, teacher_id):
        if dates & set(application.wishes.dates):
            await _withdraw_overlapping(work, application, dates)


async def _withdraw_overlapping(work: Work, application: Application, dates: frozenset[date]) -> None:
    await work.change(
        Offer,
        application.offer_id,
        lambda offer, documents, now: applying.withdraw_overlapping(
            offer, documents, now, application_id=application.id, dates=dates
        ),
        lambda _offer: [(Application, application.id)],
    )


async def release(work: Work, offer_id: str, application_id: str) -> None:
    """A placement was cancelled: its place is free again."""
    await work.change(
        Offer,
        offer_id,
        lambda offer, documents, now: applying.release(offer, documents, now, application_id=application_id),
        lambda offer: [(Application, application_id), *host_reads(offer)],
    )


async def _decide(work: Work, offer_id: str, ask: Ask, decide: Decide) -> Application:
    return await work.change(
        Offer,
        offer_id,
        lambda offer, documents, now: decide(offer, documents, now, ask),
        lambda _offer: [(Application, ask.application_id)],
    )


async def _decide_coded(
    work: Work, offer_id: str, ask: Ask, decide: DecideCoded, whose: ReasonsFor, code: str
) -> Application:
    checked = check_reason(code, policy_at(work.clock.now()).reasons[whose])
    return await _decide(
        work, offer_id, ask, lambda offer, documents, now, asked: decide(offer, documents, now, asked, code=checked)
    )
