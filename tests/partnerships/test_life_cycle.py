"""The life of a partnership and of a membership, row by row, for everybody who may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from services.partnerships.domain import formation, progress
from services.partnerships.domain.eligibility import judge
from services.partnerships.domain.life_cycle import (
    FORMING,
    HOLDING,
    LEAD,
    MEMBERSHIP,
    OFFICER,
    PARTNERSHIP,
    SCHOOL,
    SPENDING,
    MemberStatus,
    Status,
)
from services.partnerships.domain.partnership import Actor, Member, Membership, Partnership, SchoolTaken
from shared.decision import Decision, Document
from shared.refusals import NotAllowed, NotFound
from shared.transitions import WrongState
from tests.partnerships.programme import TODAY, URNS, facts

D = TypeVar("D", bound=Document)

NOW = datetime(2026, 9, 7, tzinfo=UTC)
VERDICTS = {urn: judge(facts(urn), TODAY) for urn in (*URNS, "900077")}

ACTORS = {
    OFFICER: Actor("officer-1", officer=True),
    LEAD: Actor("lead-1", speaks_for_school=True, school_urn=URNS[0]),
    SCHOOL: Actor("approver-1", speaks_for_school=True, school_urn=URNS[1]),
    "teacher": Actor("teacher-1", school_urn=URNS[0]),
    "auditor": Actor("auditor-1", sees_all=True),
}
STRANGER = Actor("stranger-1", speaks_for_school=True, school_urn="900099")


class Kept:
    """Memberships by URN."""

    def __init__(self, **holders: str) -> None:
        self.holders = {urn.removeprefix("urn"): holder for urn, holder in holders.items()}

    def get(self, kind: type[D], key: str) -> D | None:
        holder = self.holders.get(key)
        return None if holder is None else kind.model_validate({"id": key, "partnership_id": holder, "since": NOW})


def partnership(status: Status, member: MemberStatus = MemberStatus.ACCEPTED) -> Partnership:
    """Six schools; the second one stands as said."""
    members = tuple(
        Member(urn=urn, status=member if urn == URNS[1] else MemberStatus.ACCEPTED, since=NOW)
        for urn in URNS
        if urn != URNS[1] or member is not MemberStatus.UNKNOWN
    )
    return Partnership(
        id="partnership-1",
        name="Tyne Valley",
        status=status,
        activated_on=NOW.date() if status in SPENDING else None,
        lead_urn=URNS[0],
        members=members,
        school_urns=tuple(member.urn for member in members),
        created_at=NOW,
        changed_at=NOW,
    )


def in_year(known: Partnership, year: int) -> Partnership:
    return known.model_copy(update={"year": year})


def suspended_in(known: Partnership, status: Status) -> Partnership:
    return known.model_copy(update={"suspended_from": status})


Ask = Callable[[Partnership, Actor], Decision[Partnership]]

ASKS: dict[str, Ask] = {
    "submit": lambda known, actor: progress.submit(known, Kept(), VERDICTS, actor, NOW),
    "withdraw": lambda known, actor: progress.withdraw(known, actor, NOW),
    "start-review": lambda known, actor: progress.start_review(known, actor, NOW),
    "request-changes": lambda known, actor: progress.request_changes(known, "no plan yet", actor, NOW),
    "approve": lambda known, actor: progress.approve(known, Kept(), actor, NOW),
    "decline": lambda known, actor: progress.decline(known, "too far apart", actor, NOW),
    "sign-agreement": lambda known, actor: progress.sign_agreement(known, actor, NOW),
    "activate": lambda known, actor: progress.activate(known, actor, NOW),
    "suspend": lambda known, actor: progress.suspend(known, "report is late", actor, NOW),
    "resume": lambda known, actor: progress.resume(known, actor, NOW),
    "resume-mid-point-review": lambda known, actor: progress.resume(
        suspended_in(known, Status.MID_POINT_REVIEW), actor, NOW
    ),
    "resume-final-review": lambda known, actor: progress.resume(suspended_in(known, Status.FINAL_REVIEW), actor, NOW),
    "terminate": lambda known, actor: progress.terminate(known, Kept(), "schools merged", actor, NOW),
    "start-mid-point-review": lambda known, actor: progress.start_mid_point_review(known, actor, NOW),
    "continue": lambda known, actor: progress.go_on(known, Kept(), "on track", actor, NOW),
    "start-final-review": lambda known, actor: progress.start_final_review(in_year(known, 2), actor, NOW),
    "complete": lambda known, actor: progress.complete(known, Kept(), "it was worth it", actor, NOW),
    "join-alumni": lambda known, actor: progress.join_alumni(known, actor, NOW),
}


def test_every_verb_of_the_table_is_asked_for_here() -> None:
    assert {row.verb for row in PARTNERSHIP.rows} == set(ASKS)


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize("status", Status)
def test_a_partnership_moves_by_its_table_only(status: Status, verb: str, actor: str) -> None:
    rows = [row for row in PARTNERSHIP.rows if row.verb == verb]
    known, asking = partnership(status), ACTORS[actor]
    if actor not in {row.by for row in rows}:
        with pytest.raises(NotAllowed):
            ASKS[verb](known, asking)
        return
    targets = {row.target for row in rows if row.source is status}
    if not targets:
        with pytest.raises(WrongState):
            ASKS[verb](known, asking)
        return
    decision = ASKS[verb](known, asking)
    assert {decision.reply.status} == targets
    assert decision.root is decision.reply


def test_the_second_year_comes_once_and_the_final_review_after_it() -> None:
    officer = ACTORS[OFFICER]
    first = partnership(Status.ACTIVE)
    with pytest.raises(progress.ReviewOutOfTurn):
        progress.start_final_review(first, officer, NOW)
    reviewed = progress.start_mid_point_review(first, officer, NOW).reply
    second = progress.go_on(reviewed, Kept(), "on track", officer, NOW).reply
    assert (second.status, second.year) == (Status.ACTIVE, 2)
    with pytest.raises(progress.ReviewOutOfTurn):
        progress.start_mid_point_review(second, officer, NOW)
    assert progress.start_final_review(second, officer, NOW).reply.status is Status.FINAL_REVIEW


@pytest.mark.parametrize("status", sorted(SPENDING))
def test_a_partnership_is_suspended_in_every_status_that_spends_and_resumed_where_it_was(status: Status) -> None:
    suspended = progress.suspend(in_year(partnership(status), 2), "report is late", ACTORS[OFFICER], NOW).reply
    assert [step for step in suspended.next_steps if step.startswith("resume")] == [suspended.resuming]
    resumed = progress.resume(suspended, ACTORS[OFFICER], NOW).reply
    assert (resumed.status, resumed.year, resumed.suspended_from) == (status, 2, None)


def test_a_final_review_that_was_too_early_leads_back_without_a_second_mid_point() -> None:
    decision = progress.go_on(
        in_year(partnership(Status.FINAL_REVIEW), 2), Kept(), "a term is left", ACTORS[OFFICER], NOW
    )
    assert (decision.reply.status, decision.reply.year, decision.events) == (Status.ACTIVE, 2, ())


def test_a_completion_lets_the_schools_go() -> None:
    kept = Kept(**{f"urn{urn}": "partnership-1" for urn in URNS})
    ended = progress.complete(partnership(Status.FINAL_REVIEW), kept, "it was worth it", ACTORS[OFFICER], NOW)
    freed = [document for document in ended.documents if isinstance(document, Membership)]
    assert {(membership.id, membership.partnership_id) for membership in freed} == {(urn, None) for urn in URNS}


@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize("status", Status)
def test_to_a_stranger_it_does_not_exist(status: Status, verb: str) -> None:
    with pytest.raises(NotFound):
        ASKS[verb](partnership(status), STRANGER)


MEMBER_ASKS: dict[str, Ask] = {
    "invite": lambda known, actor: formation.invite(known, URNS[1], actor, NOW),
    "accept": lambda known, actor: formation.accept(known, Kept(), URNS[1], VERDICTS, actor, NOW),
    "decline": lambda known, actor: formation.decline(known, URNS[1], actor, NOW),
    "leave": lambda known, actor: formation.depart(known, Kept(), URNS[1], "leave", actor, NOW),
    "remove": lambda known, actor: formation.depart(known, Kept(), URNS[1], "remove", actor, NOW),
}


def test_every_verb_of_a_membership_is_asked_for_here() -> None:
    assert {row.verb for row in MEMBERSHIP.rows} == {*MEMBER_ASKS, "succeed"}


@pytest.mark.parametrize("verb", MEMBER_ASKS)
def test_of_a_school_that_was_never_asked_the_table_knows_only_its_invitation(verb: str) -> None:
    known = partnership(Status.DRAFT, MemberStatus.UNKNOWN)
    for by in (LEAD, OFFICER):
        if by not in {row.by for row in MEMBERSHIP.rows if row.verb == verb}:
            with pytest.raises(NotAllowed):
                MEMBER_ASKS[verb](known, ACTORS[by])
        elif verb == "invite":
            asked = MEMBER_ASKS[verb](known, ACTORS[by]).reply.member(URNS[1])
            assert asked is not None
            assert asked.status is MemberStatus.INVITED
        else:
            with pytest.raises(WrongState):
                MEMBER_ASKS[verb](known, ACTORS[by])
    with pytest.raises(NotFound):
        MEMBER_ASKS[verb](known, ACTORS[SCHOOL])


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("verb", MEMBER_ASKS)
@pytest.mark.parametrize("member", [status for status in MemberStatus if status is not MemberStatus.UNKNOWN])
def test_a_membership_moves_by_its_table_only(member: MemberStatus, verb: str, actor: str) -> None:
    rows = [row for row in MEMBERSHIP.rows if row.verb == verb]
    known, asking = partnership(Status.DRAFT, member), ACTORS[actor]
    if actor not in {row.by for row in rows}:
        with pytest.raises(NotAllowed):
            MEMBER_ASKS[verb](known, asking)
        return
    targets = {row.target for row in rows if row.source is member}
    if not targets:
        with pytest.raises(WrongState):
            MEMBER_ASKS[verb](known, asking)
        return
    after = MEMBER_ASKS[verb](known, asking).reply.member(URNS[1])
    assert after is not None
    assert {after.status} == targets


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize(
    ("verb", "member"),
    [
        ("invite", MemberStatus.LEFT),
        ("accept", MemberStatus.INVITED),
        ("leave", MemberStatus.ACCEPTED),
        ("remove", MemberStatus.ACCEPTED),
    ],
)
def test_members_change_while_forming_and_once_approved(status: Status, verb: str, member: MemberStatus) -> None:
    asking = ACTORS[SCHOOL] if verb in ("accept", "leave") else ACTORS[LEAD]
    known = partnership(status, member)
    if status in FORMING or status in HOLDING:
        assert MEMBER_ASKS[verb](known, asking).root is not None
    else:
        with pytest.raises(formation.MembersFixed):
            MEMBER_ASKS[verb](known, asking)


def test_a_new_school_may_be_invited() -> None:
    decision = formation.invite(partnership(Status.DRAFT), "900077", ACTORS[LEAD], NOW)
    assert decision.reply.members[-1] == Member(urn="900077", status=MemberStatus.INVITED, since=NOW)


def test_a_partnership_does_not_grow_without_end() -> None:
    known = partnership(Status.ACTIVE)
    many = tuple(Member(urn=str(number), status=MemberStatus.ACCEPTED, since=NOW) for number in range(40))
    with pytest.raises(formation.PartnershipTooLarge):
        formation.invite(known.model_copy(update={"members": many}), "900077", ACTORS[LEAD], NOW)


@pytest.mark.parametrize("verb", ["leave", "remove"])
def test_the_lead_school_stays_until_it_has_handed_over(verb: str) -> None:
    with pytest.raises(formation.LeadMustStay):
        formation.depart(partnership(Status.DRAFT), Kept(), URNS[0], verb, ACTORS[LEAD], NOW)


def test_the_lead_is_handed_over_to_a_member_only() -> None:
    known = partnership(Status.ACTIVE)
    assert formation.hand_over(known, URNS[1], ACTORS[LEAD], NOW).reply.lead_urn == URNS[1]
    with pytest.raises(formation.NotAMember):
        formation.hand_over(known, "900077", ACTORS[LEAD], NOW)


def test_whoever_has_handed_the_lead_over_does_not_lead_any_more() -> None:
    after = formation.hand_over(partnership(Status.DRAFT), URNS[1], ACTORS[LEAD], NOW).reply
    with pytest.raises(NotAllowed):
        progress.withdraw(after, ACTORS[LEAD], NOW)
    assert progress.withdraw(after, ACTORS[SCHOOL], NOW).reply.status is Status.WITHDRAWN


def test_an_account_that_names_the_partnership_leads_it_only_with_its_lead_school() -> None:
    asking = Actor("lead-2", speaks_for_school=True, school_urn=URNS[0], partnership_id="partnership-1")
    assert progress.withdraw(partnership(Status.DRAFT), asking, NOW).reply.status is Status.WITHDRAWN
    for urn in (URNS[1], "900099", None):
        with pytest.raises(NotAllowed):
            progress.withdraw(partnership(Status.DRAFT), replace(asking, school_urn=urn), NOW)


@pytest.mark.parametrize("member", [MemberStatus.LEFT, MemberStatus.REMOVED, MemberStatus.DECLINED])
def test_whoever_has_led_it_and_is_out_leads_no_more(member: MemberStatus) -> None:
    known = partnership(Status.ACTIVE, member)
    asking = Actor("lead-2", speaks_for_school=True, school_urn=URNS[1], partnership_id=known.id)
    with pytest.raises(NotAllowed):
        formation.depart(known, Kept(), URNS[2], "remove", asking, NOW)


@pytest.mark.parametrize(("schools", "enough"), [(3, False), (4, True), (8, True), (9, False)])
def test_four_to_eight_schools_may_submit(schools: int, enough: bool) -> None:
    urns = tuple(str(900_001 + number) for number in range(schools))
    members = tuple(Member(urn=urn, status=MemberStatus.ACCEPTED, since=NOW) for urn in urns)
    known = partnership(Status.DRAFT).model_copy(update={"members": members, "school_urns": urns})
    verdicts = {urn: judge(facts(urn), TODAY) for urn in urns}
    if enough:
        assert progress.submit(known, Kept(), verdicts, ACTORS[LEAD], NOW).reply.policy == "2020-09"
    else:
        with pytest.raises(progress.WrongNumberOfSchools) as refused:
            progress.submit(known, Kept(), verdicts, ACTORS[LEAD], NOW)
        assert refused.value.facts == {"schools": schools, "fewest": 4, "most": 8}


def test_open_invitations_keep_it_from_submission() -> None:
    with pytest.raises(progress.InvitationsOpen) as refused:
        progress.submit(partnership(Status.DRAFT, MemberStatus.INVITED), Kept(), VERDICTS, ACTORS[LEAD], NOW)
    assert refused.value.facts["urns"] == [URNS[1]]


def test_every_school_must_be_eligible() -> None:
    verdicts = VERDICTS | {URNS[2]: judge(facts(URNS[2], status="closed"), TODAY)}
    del verdicts[URNS[3]]
    with pytest.raises(formation.SchoolsNotEligible) as refused:
        progress.submit(partnership(Status.DRAFT), Kept(), verdicts, ACTORS[LEAD], NOW)
    assert refused.value.facts["reasons"] == [f"{URNS[2]}: closed", f"{URNS[3]}: not-in-register"]


def test_a_school_of_another_partnership_keeps_it_from_submission() -> None:
    with pytest.raises(SchoolTaken) as refused:
        progress.submit(partnership(Status.DRAFT), Kept(urn900003="other"), VERDICTS, ACTORS[LEAD], NOW)
    assert refused.value.facts["urns"] == ["900003"]


def test_an_approval_holds_every_school_and_a_termination_lets_them_go() -> None:
    approved = progress.approve(partnership(Status.UNDER_REVIEW), Kept(), ACTORS[OFFICER], NOW)
    held = [document for document in approved.documents if isinstance(document, Membership)]
    assert {(membership.id, membership.partnership_id) for membership in held} == {
        (urn, "partnership-1") for urn in URNS
    }
    kept = Kept(**{f"urn{urn}": "partnership-1" for urn in URNS})
    ended = progress.terminate(approved.reply, kept, "schools merged", ACTORS[OFFICER], NOW)
    freed = [document for document in ended.documents if isinstance(document, Membership)]
    assert {(membership.id, membership.partnership_id) for membership in freed} == {(urn, None) for urn in URNS}


@pytest.mark.parametrize("member", MemberStatus)
def test_a_partnership_is_seen_by_whoever_was_asked_and_its_money_by_whoever_belongs(member: MemberStatus) -> None:
    known = partnership(Status.ACTIVE, member)
    asking = Actor("approver-1", speaks_for_school=True, school_urn=URNS[1])
    assert asking.sees(known) is (member is not MemberStatus.UNKNOWN)
    assert asking.sees_all_of(known) is (member is MemberStatus.ACCEPTED)
