"""Forming partnerships and seeing them through their life."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from services.partnerships.domain import formation, milestones, progress, support
from services.partnerships.domain.eligibility import Verdict, judge
from services.partnerships.domain.formation import SchoolUnknown, reads_member
from services.partnerships.domain.partnership import Actor, Membership, Partnership, reads_memberships
from services.partnerships.domain.pot import Pot
from services.partnerships.domain.progress_report import ProgressReport
from services.partnerships.domain.school import School
from services.partnerships.domain.sponsor import Sponsor
from services.partnerships.store import schools_by_urn
from shared.decision import Decision, Documents, Read
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work


async def draft(work: Work, name: str, lead_urn: str, actor: Actor) -> Partnership:
    """Start a partnership. Raises SchoolUnknown, NotAllowed."""
    await _require_school(work, lead_urn, "lead_urn")
    partnership_id = new_id()

    def decide(_partnership: Partnership | None, _documents: Documents, now: datetime) -> Decision[Partnership]:
        return formation.draft(partnership_id, name, lead_urn, actor, now)

    return await work.create_or_change(Partnership, partnership_id, decide)


async def invite(work: Work, partnership_id: str, urn: str, actor: Actor) -> Partnership:
    """Ask a school in. Raises SchoolUnknown besides what the domain refuses."""
    await _require_school(work, urn, "school_urn")
    return await _simply(work, partnership_id, lambda known, now: formation.invite(known, urn, actor, now))


async def accept(work: Work, partnership_id: str, urn: str, actor: Actor) -> Partnership:
    """A school joins."""
    verdicts = await _verdicts(work, (urn,))

    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[Partnership]:
        return formation.accept(known, documents, urn, verdicts, actor, now)

    return await work.change(Partnership, partnership_id, decide, lambda _known: reads_member(urn))


async def decline_invitation(work: Work, partnership_id: str, urn: str, actor: Actor) -> Partnership:
    """A school turns the invitation down."""
    return await _simply(work, partnership_id, lambda known, now: formation.decline(known, urn, actor, now))


async def leave(work: Work, partnership_id: str, urn: str, actor: Actor) -> Partnership:
    """A school leaves."""
    return await _depart(work, partnership_id, urn, "leave", actor)


async def remove(work: Work, partnership_id: str, urn: str, actor: Actor) -> Partnership:
    """A school is removed, or its invitation taken back."""
    return await _depart(work, partnership_id, urn, "remove", actor)


async def hand_over_lead(work: Work, partnership_id: str, urn: str, actor: Actor) -> Partnership:
    """Another member becomes the lead school."""
    return await _simply(work, partnership_id, lambda known, now: formation.hand_over(known, urn, actor, now))


async def submit(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """Hand it in, if it meets the forming rule."""
    partnership = await visible(work, partnership_id, actor)
    # Members that join between this look and the decision have no verdict: the decision then refuses them by name.
    verdicts = await _verdicts(work, partnership.accepted)

    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[Partnership]:
        return progress.submit(known, documents, verdicts, actor, now)

    return await work.change(Partnership, partnership_id, decide, reads_memberships)


async def withdraw(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """The lead school takes it back."""
    return await _simply(work, partnership_id, lambda known, now: progress.withdraw(known, actor, now))


async def start_review(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """A programme officer takes it into review."""
    return await _simply(work, partnership_id, lambda known, now: progress.start_review(known, actor, now))


async def request_changes(work: Work, partnership_id: str, reason: str, actor: Actor) -> Partnership:
    """A programme officer gives it back."""
    return await _simply(work, partnership_id, lambda known, now: progress.request_changes(known, reason, actor, now))


async def approve(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """A programme officer approves it: from now on it holds its schools."""

    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[Partnership]:
        return progress.approve(known, documents, actor, now)

    return await work.change(Partnership, partnership_id, decide, reads_memberships)


async def decline(work: Work, partnership_id: str, reason: str, actor: Actor) -> Partnership:
    """A programme officer turns it down."""
    return await _simply(work, partnership_id, lambda known, now: progress.decline(known, reason, actor, now))


async def sign_agreement(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """The agreement is signed."""
    return await _simply(work, partnership_id, lambda known, now: progress.sign_agreement(known, actor, now))


async def activate(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """Its schools may use its funds."""
    return await _simply(work, partnership_id, lambda known, now: progress.activate(known, actor, now))


async def suspend(work: Work, partnership_id: str, reason: str, actor: Actor) -> Partnership:
    """It takes no new commitments."""
    return await _simply(work, partnership_id, lambda known, now: progress.suspend(known, reason, actor, now))


async def resume(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """It goes on."""
    return await _simply(work, partnership_id, lambda known, now: progress.resume(known, actor, now))


async def terminate(work: Work, partnership_id: str, reason: str, actor: Actor) -> Partnership:
    """It ends early, and its schools are free."""

    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[Partnership]:
        return progress.terminate(known, documents, reason, actor, now)

    return await work.change(Partnership, partnership_id, decide, reads_memberships)


async def start_mid_point_review(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """A programme officer looks at the first year."""
    return await _simply(work, partnership_id, lambda known, now: progress.start_mid_point_review(known, actor, now))


async def go_on(work: Work, partnership_id: str, findings: str, actor: Actor) -> Partnership:
    """It goes into its second year."""

    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[Partnership]:
        return progress.go_on(known, documents, findings, actor, now)

    return await work.change(Partnership, partnership_id, decide, progress.reads_review)


async def start_final_review(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """A programme officer looks at both years."""
    return await _simply(work, partnership_id, lambda known, now: progress.start_final_review(known, actor, now))


async def complete(work: Work, partnership_id: str, findings: str, actor: Actor) -> Partnership:
    """It has come to its end as planned, and its schools are free."""

    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[Partnership]:
        return progress.complete(known, documents, findings, actor, now)

    def reads(known: Partnership | None) -> tuple[Read, ...]:
        return (*reads_memberships(known), *progress.reads_review(known))

    return await work.change(Partnership, partnership_id, decide, reads)


async def join_alumni(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """It stays with the programme."""
    return await _simply(work, partnership_id, lambda known, now: progress.join_alumni(known, actor, now))


async def look_ahead(work: Work, partnership_id: str, first_year: int | None = None) -> None:
    """See what has fallen due; `first_year` is what an approved plan says. The schedule asks for it too."""
    keys = milestones.report_keys(partnership_id)

    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[None]:
        reports = {name: documents.get(ProgressReport, key) for name, key in keys.items()}
        reported = [name for name, known in reports.items() if known is not None and known.handed_in]
        return milestones.look_ahead(known, reported, first_year, now)

    wanted = tuple((ProgressReport, key) for key in keys.values())
    await work.change(Partnership, partnership_id, decide, lambda _known: wanted)


async def name_adviser(work: Work, partnership_id: str, adviser_id: str | None, actor: Actor) -> Partnership:
    """A programme officer says who advises it."""
    return await _simply(work, partnership_id, lambda known, now: support.advise(known, adviser_id, actor, now))


async def add_sponsor(work: Work, partnership_id: str, pot_id: str) -> None:
    """A pot has given it money: whose pot that is, is its sponsor."""
    pot = await work.collection(Pot).get(pot_id)
    sponsor = None if pot is None else await work.collection(Sponsor).get(pot.sponsor_id)
    if sponsor is None:
        raise NotFound()
    known = sponsor
    await work.change(Partnership, partnership_id, lambda root, _documents, _now: support.support(root, known))


async def mark(work: Work, partnership_id: str, *, at_risk: bool) -> None:
    """Keep whether its plan has fallen behind."""
    await work.change(
        Partnership, partnership_id, lambda known, _documents, _now: progress.mark(known, at_risk=at_risk)
    )


async def succeed_member(work: Work, urn: str, successor_urn: str) -> list[str]:
    """In every partnership that knows a school, put its successor in its place; gives the ids of the partnerships."""
    concerned = [partnership.id for partnership in await work.collection(Partnership).find({"school_urns": urn})]
    for partnership_id in concerned:

        def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[None]:
            return formation.succeed(known, documents, urn, successor_urn, now)

        await work.change(
            Partnership, partnership_id, decide, lambda _known: ((Membership, urn), (Membership, successor_urn))
        )
    return concerned


async def visible(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """The partnership, if the actor may see it. Raises NotFound."""
    partnership = await work.collection(Partnership).get(partnership_id)
    if partnership is None or not actor.sees(partnership):
        raise NotFound()
    return partnership


async def all_visible(work: Work, partnership_id: str, actor: Actor) -> Partnership:
    """The partnership, if the actor may see its money, its claims and its reach. Raises NotFound."""
    partnership = await visible(work, partnership_id, actor)
    if not actor.sees_all_of(partnership):
        raise NotFound()
    return partnership


async def whose_visible(work: Work, partnership_id: str, actor: Actor) -> tuple[str, ...] | None:
    """The URNs of whose claims the actor may see in a partnership; None: all. Raises NotFound.

    A school sees its own whatever has become of it.
    """
    partnership = await visible(work, partnership_id, actor)
    return None if actor.sees_all_of(partnership) else partnership.known_as(actor.school_urn)


async def _simply(
    work: Work, partnership_id: str, rule: Callable[[Partnership, datetime], Decision[Partnership]]
) -> Partnership:
    """Change a partnership by a rule that looks at nothing else."""

    def decide(known: Partnership, _documents: Documents, now: datetime) -> Decision[Partnership]:
        return rule(known, now)

    return await work.change(Partnership, partnership_id, decide)


async def _depart(work: Work, partnership_id: str, urn: str, verb: str, actor: Actor) -> Partnership:
    def decide(known: Partnership, documents: Documents, now: datetime) -> Decision[Partnership]:
        return formation.depart(known, documents, urn, verb, actor, now)

    return await work.change(Partnership, partnership_id, decide, lambda _known: reads_member(urn))


async def _require_school(work: Work, urn: str, field: str) -> None:
    if await work.collection(School).get(urn) is None:
        raise SchoolUnknown(field=field, urn=urn)


async def _verdicts(work: Work, urns: Iterable[str]) -> dict[str, Verdict]:
    today = work.clock.now().date()
    schools = await schools_by_urn(work, urns)
    return {urn: judge(school.facts, today, school.successor_urn) for urn, school in schools.items()}
