"""Where an ambassador stands: paused, suspended, lapsed, back where they were, and not free to leave at any time."""

from __future__ import annotations

import pytest

from services.ambassadors.domain import checks, registering
from services.ambassadors.domain.ambassador import Status, Volunteer, may_visit
from services.ambassadors.domain.checks import NoValidCheck
from services.ambassadors.domain.registering import AlreadyAnAmbassador
from services.ambassadors.domain.vocabulary import Jurisdiction, Scheme
from shared.transitions import WrongState
from tests.ambassadors.desk import NOW, Desk, dbs, desk_reads, told

ENGLAND = Jurisdiction.ENGLAND_AND_WALES


def test_who_is_suspended_cannot_leave_and_nothing_about_them_is_erased() -> None:
    desk = Desk.active()
    desk.do(checks.suspend, by="officer", reason="A question.")
    with pytest.raises(WrongState):
        desk.do(registering.leave, (Volunteer, desk.ambassador.account_id), by="ada")
    assert (desk.ambassador.profile.name, list(desk.ambassador.credentials)) == ("Ada", [Scheme.DBS])
    with pytest.raises(AlreadyAnAmbassador):
        registering.register(desk_reads(desk), NOW, desk.ambassador)


def standing(status: Status) -> Desk:
    """Somebody with a valid check who is where they are of their own accord."""
    desk = Desk()
    desk.record(dbs())
    desk.do(checks.induct, by="officer")
    if status is not Status.INDUCTED:
        desk.do(registering.activate, by="ada")
    if status is Status.PAUSED:
        desk.do(registering.pause, by="ada")
    assert desk.status() is status
    return desk


@pytest.mark.parametrize("status", [Status.INDUCTED, Status.ACTIVE, Status.PAUSED])
def test_who_is_reinstated_is_where_they_were(status: Status) -> None:
    desk = standing(status)
    desk.do(checks.suspend, by="officer", reason="A question.")
    desk.do(checks.reinstate, by="officer", reason="Answered.")
    assert (desk.status(), desk.offer.open) == (status, status is Status.ACTIVE)
    assert (desk.ambassador.active_from is None) == (status is Status.INDUCTED)


@pytest.mark.parametrize("status", [Status.INDUCTED, Status.ACTIVE, Status.PAUSED])
def test_who_is_restored_by_a_check_is_where_they_were(status: Status) -> None:
    desk = standing(status)
    desk.record(dbs(decision="refused"))
    assert desk.status() is Status.LAPSED
    desk.record(dbs(NOW.date()))
    assert (desk.status(), desk.offer.open) == (status, status is Status.ACTIVE)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PAUSED])
def test_who_is_restored_by_an_officer_is_where_they_were(status: Status) -> None:
    desk = standing(status)
    desk.pass_time(days=365)
    desk.tidy()
    desk.do(checks.restore, by="officer", reason="Trained again.")
    assert (desk.status(), desk.ambassador.lapse_reason) == (status, None)


def test_who_had_lapsed_before_they_were_suspended_has_still_lapsed() -> None:
    desk = standing(Status.PAUSED)
    desk.pass_time(days=365)
    desk.do(checks.suspend, by="officer", reason="A question.")
    desk.do(checks.reinstate, by="officer", reason="Answered.")
    assert (desk.status(), desk.ambassador.lapse_reason) == (Status.LAPSED, "inactivity")
    desk.do(checks.restore, by="officer", reason="Trained again.")
    assert desk.status() is Status.PAUSED


def test_a_check_that_was_recorded_during_a_suspension_restores_with_the_reinstatement() -> None:
    desk = standing(Status.PAUSED)
    desk.record(dbs(decision="refused"))
    desk.do(checks.suspend, by="officer", reason="A question.")
    with pytest.raises(NoValidCheck):
        desk.do(checks.reinstate, by="officer", reason="Answered.")
    desk.record(dbs(NOW.date()))
    desk.do(checks.reinstate, by="officer", reason="Answered.")
    assert (desk.status(), desk.ambassador.lapse_reason) == (Status.PAUSED, None)


def test_a_suspension_shuts_every_door_and_is_told_as_a_pause() -> None:
    desk = Desk.active()
    desk.do(checks.suspend, by="officer", reason="A question.")
    assert (desk.status(), desk.offer.open) == (Status.SUSPENDED, False)
    assert not may_visit(desk.ambassador, ENGLAND, NOW.date(), desk.now)
    assert told(desk) == ["active", "paused"]
    desk.do(checks.reinstate, by="officer", reason="Answered.")
    assert told(desk) == ["active", "paused", "active"]


def test_who_is_suspended_while_pausing_is_told_of_again() -> None:
    desk = Desk.active()
    desk.do(registering.pause, by="ada")
    assert may_visit(desk.ambassador, ENGLAND, NOW.date(), desk.now)
    desk.do(checks.suspend, by="officer", reason="A question.")
    assert told(desk) == ["active", "paused", "paused"]


def test_a_pause_takes_no_invitations_and_keeps_what_is_agreed() -> None:
    desk = Desk.active()
    desk.do(registering.pause, by="ada")
    assert (desk.offer.open, may_visit(desk.ambassador, ENGLAND, NOW.date(), desk.now)) == (False, True)
    desk.do(registering.resume, by="ada")
    assert desk.offer.open
