"""What becomes of a membership when its school goes on under another URN, decided without any store."""

from __future__ import annotations

import pytest

from services.partnerships.domain import formation
from services.partnerships.domain.formation import PartnershipTooLarge
from services.partnerships.domain.life_cycle import HOLDING, LEAD, MEMBERSHIP, OFFICER, SCHOOL, MemberStatus, Status
from services.partnerships.domain.partnership import Actor, Membership, Partnership, Step
from services.partnerships.domain.policy import forming_policy
from shared.contracts.partnerships import PartnershipMembersChanged
from tests.partnerships.programme import URNS
from tests.partnerships.test_life_cycle import ACTORS, NOW, Kept, partnership


@pytest.mark.parametrize("member", [status for status in MemberStatus if status is not MemberStatus.UNKNOWN])
def test_a_converted_school_is_succeeded_by_the_table_and_known_by_both_urns(member: MemberStatus) -> None:
    after = formation.succeed(partnership(Status.DRAFT, member), Kept(), URNS[1], "900077", NOW).root
    assert isinstance(after, Partnership)
    targets = {row.target for row in MEMBERSHIP.rows if row.verb == "succeed" and row.source is member}
    old, new = after.member(URNS[1]), after.member("900077")
    assert old is not None
    assert {old.status} == (targets or {member})
    assert (None if new is None else new.status) == (member if targets else None)
    assert after.current(URNS[1]) == "900077"
    assert "900077" in after.school_urns


@pytest.mark.parametrize("status", sorted(HOLDING))
def test_a_successor_takes_the_place_the_lead_and_the_claim(status: Status) -> None:
    known = partnership(status)
    kept = Kept(**{f"urn{urn}": known.id for urn in URNS})
    decision = formation.succeed(known, kept, URNS[0], "900077", NOW)
    after = decision.root
    assert isinstance(after, Partnership)
    assert (after.lead_urn, after.accepted) == ("900077", (*URNS[1:], "900077"))
    assert {
        (document.id, document.partnership_id) for document in decision.documents if isinstance(document, Membership)
    } == {
        (URNS[0], None),
        ("900077", known.id),
    }
    assert len(decision.events) == 1


def test_a_successor_that_another_partnership_holds_is_not_taken_from_it_and_the_history_says_so() -> None:
    decision = formation.succeed(partnership(Status.ACTIVE), Kept(urn900077="other"), URNS[1], "900077", NOW)
    assert isinstance(decision.root, Partnership)
    assert decision.root.accepted == URNS
    (step,) = decision.documents
    assert isinstance(step, Step)
    assert (step.verb, step.school_urn, decision.events) == ("succeed", URNS[1], ())
    assert "900077 belongs to another partnership" in (step.reason or "")


def test_a_successor_that_belongs_already_is_not_made_a_guest_by_an_invitation() -> None:
    known = partnership(Status.ACTIVE, MemberStatus.INVITED)
    after = formation.succeed(known, Kept(), URNS[1], URNS[2], NOW).root
    assert isinstance(after, Partnership)
    assert URNS[2] in after.accepted


def test_a_converted_school_takes_one_place_of_the_largest_partnership() -> None:
    most = forming_policy(NOW.date()).largest
    known = partnership(Status.ACTIVE)
    for number in range(most - len(URNS) - 1):
        known = formation.invite(known, f"8{number:05d}", ACTORS[OFFICER], NOW).reply
    after = formation.succeed(known, Kept(), URNS[1], "900077", NOW).root
    assert isinstance(after, Partnership)
    full = formation.invite(after, "899999", ACTORS[OFFICER], NOW).reply
    with pytest.raises(PartnershipTooLarge):
        formation.invite(full, "899998", ACTORS[OFFICER], NOW)


@pytest.mark.parametrize("status", [*sorted(HOLDING), Status.ALUMNI])
def test_the_others_hear_of_a_successor_while_they_know_the_partnership(status: Status) -> None:
    (told,) = formation.succeed(partnership(status), Kept(), URNS[0], "900077", NOW).events
    assert isinstance(told, PartnershipMembersChanged)
    assert (told.lead_urn, told.school_urns) == ("900077", (*URNS[1:], "900077"))


def test_a_school_speaks_for_itself_under_every_urn_it_had() -> None:
    after = formation.succeed(partnership(Status.ACTIVE), Kept(), URNS[0], "900077", NOW).root
    assert isinstance(after, Partnership)
    for urn in (URNS[0], "900077"):
        asking = Actor("approver-1", speaks_for_school=True, school_urn=urn)
        assert asking.parts(after, URNS[0]) == asking.parts(after, "900077") == {LEAD, SCHOOL}
        assert asking.sees_all_of(after)


@pytest.mark.parametrize("member", [MemberStatus.DECLINED, MemberStatus.LEFT, MemberStatus.REMOVED])
def test_a_school_that_was_not_succeeded_is_known_by_what_its_successor_goes_on_as(member: MemberStatus) -> None:
    once = formation.succeed(partnership(Status.ACTIVE, member), Kept(), URNS[1], "900077", NOW).root
    assert isinstance(once, Partnership)
    twice = formation.succeed(once, Kept(), "900077", "900078", NOW)
    after = twice.root
    assert isinstance(after, Partnership)
    for urn in ("900077", "900078"):
        assert Actor("approver-1", speaks_for_school=True, school_urn=urn).sees(after)
    assert set(after.known_as("900078")) == {URNS[1], "900077", "900078"}
    assert (after.accepted, twice.events) == (once.accepted, ())
    assert formation.succeed(after, Kept(), "900077", "900078", NOW).root is None


def test_a_school_whose_successor_belongs_elsewhere_is_known_by_what_that_goes_on_as() -> None:
    kept = Kept(urn900077="other", urn900078="other")
    once = formation.succeed(partnership(Status.ACTIVE), kept, URNS[1], "900077", NOW).root
    assert isinstance(once, Partnership)
    after = formation.succeed(once, kept, "900077", "900078", NOW).root
    assert isinstance(after, Partnership)
    assert after.accepted == URNS
    assert after.current(URNS[1]) == "900078"
