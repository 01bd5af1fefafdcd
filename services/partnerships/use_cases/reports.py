"""Progress reports, and the instalments that they release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from services.partnerships.domain import instalment, progress_report
from services.partnerships.domain.account import Account
from services.partnerships.domain.funding_scheme import FundingScheme, funding_scheme
from services.partnerships.domain.instalment import START_UP, Due, reads_instalments
from services.partnerships.domain.life_cycle import AWARDED, SIGNED
from services.partnerships.domain.partnership import Actor, Partnership
from services.partnerships.domain.planned import ActionPlan
from services.partnerships.domain.progress_report import ProgressReport, report_id
from services.partnerships.store import plan_approved_by, waiting_instalments
from services.partnerships.use_cases.causes import traced
from services.partnerships.use_cases.claims import payee_for
from services.partnerships.use_cases.partnerships import visible
from shared.decision import Decision, Documents
from shared.work import Work

SYSTEM = "system"


async def submit(work: Work, partnership_id: str, year: int, term: int, summary: str, actor: Actor) -> ProgressReport:
    """The lead school hands a term's report in."""
    partnership = await visible(work, partnership_id, actor)
    plan = await work.collection(ActionPlan).get(partnership_id)

    def decide(report: ProgressReport | None, _documents: Documents, now: datetime) -> Decision[ProgressReport]:
        return progress_report.submit(report, partnership, plan, (year, term), summary, actor, now)

    return await work.create_or_change(ProgressReport, report_id(partnership_id, year, term), decide)


async def give_back(work: Work, partnership_id: str, year: int, term: int, reason: str, actor: Actor) -> ProgressReport:
    """A programme officer gives it back."""
    return await _change(
        work,
        partnership_id,
        year,
        term,
        actor,
        lambda known, of, now: progress_report.give_back(known, of, reason, actor, now),
    )


async def accept(work: Work, partnership_id: str, year: int, term: int, actor: Actor) -> ProgressReport:
    """A programme officer accepts it."""
    return await _change(
        work, partnership_id, year, term, actor, lambda known, of, now: progress_report.accept(known, of, actor, now)
    )


async def release_start_up(work: Work, partnership_id: str) -> None:
    """The start-up grant falls due with the approved plan and the signed agreement, whichever comes last.

    Who has approved the plan has asked for it: somebody else is to approve its claim.
    """
    partnership = await work.collection(Partnership).get(partnership_id)
    award = await _award(work, partnership_id)
    if partnership is None or award is None or partnership.status not in SIGNED:
        return
    approved_by = await plan_approved_by(work, partnership_id) or SYSTEM
    await _release(work, partnership, START_UP, award.start_up_pence, f"plans/{partnership_id}#approved", approved_by)


async def release_term(work: Work, partnership_id: str, year: int, term: int, accepted_by: str) -> None:
    """A term's instalment falls due with its accepted report, unless the partnership is terminated meanwhile."""
    partnership = await work.collection(Partnership).get(partnership_id)
    award = await _award(work, partnership_id)
    if partnership is None or award is None or partnership.status not in AWARDED:
        return
    evidence = f"reports/{report_id(partnership_id, year, term)}#accepted"
    name = instalment.term_name(year, term)
    await _release(work, partnership, name, award.instalment(year, term), evidence, accepted_by)


async def release_waiting(work: Work, partnership_id: str) -> None:
    """Money has come or is free again: release what has waited longest of what the account can pay now.

    What still waits when a partnership is terminated is never released.
    """
    waiting = await waiting_instalments(work, partnership_id)
    partnership = await work.collection(Partnership).get(partnership_id) if waiting else None
    if partnership is None or partnership.status not in AWARDED:
        return
    payee = await payee_for(work, partnership.lead_urn)
    dues = tuple(
        Due(partnership_id, each.name, each.amount, each.evidence, each.asked_by, partnership.lead_urn, payee)
        for each in waiting
    )
    # One account takes one effect of an event: the others wait for the event that tells of this release.
    decide = partial(instalment.release_first, dues=dues)
    await work.create_or_change(Account, partnership_id, traced(work, decide), reads_instalments(dues))


async def _release(work: Work, partnership: Partnership, name: str, amount: int, evidence: str, asked_by: str) -> None:
    due = Due(
        partnership.id,
        name,
        amount,
        evidence,
        asked_by,
        partnership.lead_urn,
        await payee_for(work, partnership.lead_urn),
    )
    decide = partial(instalment.release, due=due)
    await work.create_or_change(Account, partnership.id, traced(work, decide), reads_instalments((due,)))


async def _award(work: Work, partnership_id: str) -> FundingScheme | None:
    """The scheme of the day on which the plan was first approved; None before that."""
    plan = await work.collection(ActionPlan).get(partnership_id)
    return None if plan is None or plan.approved_on is None else funding_scheme(plan.approved_on)


async def _change(
    work: Work,
    partnership_id: str,
    year: int,
    term: int,
    actor: Actor,
    rule: Callable[[ProgressReport | None, Partnership, datetime], Decision[ProgressReport]],
) -> ProgressReport:
    partnership = await visible(work, partnership_id, actor)

    def decide(report: ProgressReport | None, _documents: Documents, now: datetime) -> Decision[ProgressReport]:
        return rule(report, partnership, now)

    return await work.create_or_change(ProgressReport, report_id(partnership_id, year, term), decide)
