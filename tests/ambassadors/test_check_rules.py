"""Checks and status: what is recorded, how long it counts, and what time does to an ambassador."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.ambassadors.domain import checks, engagements, registering
from services.ambassadors.domain.ambassador import Engagement, Status, Volunteer, clearance, may_visit
from services.ambassadors.domain.checks import (
    CheckedInTheFuture,
    CheckRunOut,
    LevelNotOfScheme,
    LevelTooLow,
    NotMonitored,
    NoValidCheck,
)
from services.ambassadors.domain.known import EmployerNotKnown, KnownEmployer
from services.ambassadors.domain.registering import AlreadyAnAmbassador
from services.ambassadors.domain.vocabulary import Jurisdiction, Level, Scheme
from shared.contracts.ambassadors import (
    AmbassadorRegistered,
    CheckRenewalDue,
    ClearanceEnded,
    StatusEndsSoon,
)
from shared.transitions import WrongState
from tests.ambassadors.desk import CHECKED, NOW, Desk, dbs, desk_reads, pvg, told

ENGLAND, SCOTLAND = Jurisdiction.ENGLAND_AND_WALES, Jurisdiction.SCOTLAND
LAST_DAY = date(2029, 8, 31)
LAST_DAY_IS_OVER = datetime(2029, 9, 1, tzinfo=UTC)


def test_a_volunteer_is_checked_inducted_and_ready_in_that_order() -> None:
    desk = Desk()
    assert desk.status() is Status.REGISTERED
    with pytest.raises(WrongState):
        desk.do(checks.induct, by="officer")
    desk.record(dbs(decision="pending"))
    assert desk.status() is Status.CHECKS_PENDING
    with pytest.raises(NoValidCheck):
        desk.do(checks.induct, by="officer")
    desk.record(dbs())
    desk.do(checks.induct, by="officer")
    assert not desk.offer.open
    desk.do(registering.activate, by="ada")
    assert (desk.status(), desk.offer.open, told(desk)) == (Status.ACTIVE, True, ["active"])


def test_what_is_told_of_a_volunteer_is_an_id_and_an_employer() -> None:
    (event,) = Desk().said(AmbassadorRegistered)
    assert event.model_dump() == {"ambassador_id": "ambassador-1", "employer_id": None}


def test_an_account_is_one_ambassador_until_they_leave() -> None:
    desk = Desk.active()
    with pytest.raises(AlreadyAnAmbassador):
        registering.register(desk_reads(desk), NOW, desk.ambassador)
    desk.do(registering.leave, (Volunteer, desk.ambassador.account_id), by="ada")
    assert registering.register(desk_reads(desk), NOW, desk.ambassador).reply is not None


def test_what_is_personal_is_gone_when_somebody_leaves() -> None:
    desk = Desk.active(email="ada@works.example")
    desk.do(registering.leave, (Volunteer, desk.ambassador.account_id), by="ada")
    assert (desk.ambassador.profile.name, desk.ambassador.profile.email, desk.ambassador.home) == ("", None, None)
    assert (desk.ambassador.credentials, desk.offer.open, desk.offer.latitude) == ({}, False, 0.0)
    assert told(desk) == ["active", "left"]


def test_an_employer_has_to_be_known() -> None:
    with pytest.raises(EmployerNotKnown):
        Desk(employer_id="employer-1")
    desk = Desk()
    changed = desk.ambassador.profile.model_copy(update={"employer_id": "employer-1"})
    assert desk.ambassador.home is not None
    given = {"by": "ada", "profile": changed, "home": desk.ambassador.home}
    with pytest.raises(EmployerNotKnown):
        desk.do(registering.change_profile, (KnownEmployer, "employer-1"), **given)
    desk.sides[KnownEmployer, "employer-1"] = KnownEmployer(id="employer-1", name="Works")
    desk.do(registering.change_profile, (KnownEmployer, "employer-1"), **given)
    assert desk.ambassador.profile.employer_id == "employer-1"


def test_a_check_is_valid_for_three_years_to_its_last_day() -> None:
    desk = Desk.active()
    assert desk.ambassador.credentials[Scheme.DBS].valid_until == LAST_DAY
    assert clearance(desk.ambassador, LAST_DAY) == (ENGLAND,)
    assert clearance(desk.ambassador, LAST_DAY + timedelta(days=1)) == ()


def test_a_check_of_a_leap_day_is_valid_for_three_years_too() -> None:
    desk = Desk()
    desk.record(dbs(date(2024, 2, 29)))
    assert desk.ambassador.credentials[Scheme.DBS].valid_until == date(2027, 2, 28)


def test_a_check_that_is_monitored_has_no_last_day_until_monitoring_tells_a_change() -> None:
    desk = Desk.active(check=dbs(monitored=True))
    assert desk.ambassador.renew_from is None
    desk.do(checks.monitor, by="officer", scheme=Scheme.DBS, outcome="no-change")
    assert clearance(desk.ambassador, date(2036, 1, 1)) == (ENGLAND,)
    desk.do(checks.monitor, by="officer", scheme=Scheme.DBS, outcome="changed")
    assert (desk.status(), clearance(desk.ambassador, NOW.date())) == (Status.LAPSED, ())
    assert [event.jurisdiction for event in desk.said(ClearanceEnded)] == ["england-and-wales"]
    assert told(desk) == ["active", "lapsed"]


def test_monitoring_speaks_of_monitored_checks_only() -> None:
    with pytest.raises(NotMonitored):
        Desk.active().do(checks.monitor, by="officer", scheme=Scheme.DBS, outcome="changed")


@pytest.mark.parametrize(
    ("outcome", "refusal"),
    [
        (dbs(level=Level.SCHEME_MEMBER), LevelNotOfScheme),
        (pvg(level=Level.ENHANCED), LevelNotOfScheme),
        (dbs(level=Level.BASIC), LevelTooLow),
        (dbs(date(2026, 9, 8)), CheckedInTheFuture),
        (dbs(date(2023, 9, 7)), CheckRunOut),
    ],
)
def test_a_check_that_says_nothing_about_pupils_is_refused(outcome: checks.Outcome, refusal: type[Exception]) -> None:
    desk = Desk()
    before = desk.ambassador
    with pytest.raises(refusal):
        desk.record(outcome)
    assert desk.ambassador is before


def test_a_check_that_was_refused_may_be_of_any_level_and_clears_nobody() -> None:
    desk = Desk()
    desk.record(dbs(level=Level.BASIC, decision="refused"))
    assert clearance(desk.ambassador, NOW.date()) == ()


def test_the_status_lapses_with_the_last_check_whether_anybody_looks_or_not() -> None:
    desk = Desk.active()
    for year in (1, 2):
        visit(desk, f"visit-{year}", NOW + timedelta(days=360 * year))
    visit(desk, "visit-3", datetime(2029, 6, 1, tzinfo=UTC))
    desk.now = datetime(2029, 8, 31, 23, 59, 59, tzinfo=UTC)
    assert desk.status() is Status.ACTIVE
    desk.tidy()
    desk.pass_time(seconds=1)
    assert desk.status() is Status.LAPSED
    assert desk.ambassador.due_at == desk.now
    desk.tidy()
    assert (desk.ambassador.status, desk.ambassador.lapse_reason) == (Status.LAPSED, "credential")
    assert (told(desk), len(desk.said(ClearanceEnded))) == (["active", "lapsed"], 1)
    desk.tidy()
    assert len(desk.said(ClearanceEnded)) == 1


def visit(desk: Desk, visit_id: str, at: datetime) -> None:
    engagement = Engagement(visit_id=visit_id, starts_at=at, ends_at=at + timedelta(hours=1), delivered=True)
    desk.do(engagements.delivered, engagement=engagement)


def test_one_check_of_two_ends_without_ending_the_status() -> None:
    desk = Desk.active(check=pvg(monitored=True))
    desk.record(dbs())
    assert clearance(desk.ambassador, NOW.date()) == (ENGLAND, SCOTLAND)
    desk.record(dbs(decision="refused"))
    assert (desk.status(), clearance(desk.ambassador, NOW.date())) == (Status.ACTIVE, (SCOTLAND,))
    assert [event.jurisdiction for event in desk.said(ClearanceEnded)] == ["england-and-wales"]
    assert not may_visit(desk.ambassador, ENGLAND, NOW.date(), desk.now)
    assert may_visit(desk.ambassador, SCOTLAND, NOW.date(), desk.now)


def test_a_new_check_ends_a_lapse_for_want_of_one() -> None:
    desk = Desk.active()
    desk.record(dbs(decision="refused"))
    assert desk.status() is Status.LAPSED
    desk.record(dbs(NOW.date()))
    assert (desk.status(), told(desk)) == (Status.ACTIVE, ["active", "lapsed", "active"])


def test_a_check_that_counts_goes_on_counting_while_its_renewal_is_pending() -> None:
    desk = Desk.active()
    visit(desk, "visit-1", datetime(2029, 6, 1, tzinfo=UTC))
    desk.now = datetime(2029, 7, 1, 9, tzinfo=UTC)
    desk.record(dbs(desk.now.date(), decision="pending"))
    assert (desk.status(), clearance(desk.ambassador, LAST_DAY)) == (Status.ACTIVE, (ENGLAND,))
    assert desk.ambassador.credentials[Scheme.DBS].renewal_pending_on == desk.now.date()
    assert (desk.said(ClearanceEnded), told(desk)) == ([], ["active"])
    desk.record(dbs(desk.now.date()))
    renewed = desk.ambassador.credentials[Scheme.DBS]
    assert (renewed.valid_until, renewed.renewal_pending_on) == (date(2032, 6, 30), None)


def test_a_pending_renewal_keeps_a_check_no_longer_than_it_would_have_counted() -> None:
    desk = Desk.active()
    visit(desk, "visit-1", datetime(2029, 6, 1, tzinfo=UTC))
    desk.now = datetime(2029, 8, 31, 9, tzinfo=UTC)
    desk.record(dbs(desk.now.date(), decision="pending"))
    desk.now = datetime(2029, 9, 1, tzinfo=UTC)
    assert desk.status() is Status.LAPSED
    desk.record(dbs(date(2029, 8, 31), decision="pending"))
    assert desk.ambassador.credentials[Scheme.DBS].decision == "pending"
    desk.record(dbs(date(2029, 8, 31)))
    assert desk.status() is Status.ACTIVE


def test_a_renewal_that_is_refused_ends_what_counted_until_then() -> None:
    desk = Desk.active()
    desk.record(dbs(NOW.date(), decision="pending"))
    desk.record(dbs(NOW.date(), decision="refused"))
    assert (desk.status(), clearance(desk.ambassador, NOW.date())) == (Status.LAPSED, ())


@pytest.mark.parametrize("decision", ["refused", "suspended"])
def test_a_pending_check_restores_nothing_that_another_decision_has_ended(decision: Any) -> None:
    desk = Desk.active()
    desk.record(dbs(decision=decision))
    desk.record(dbs(NOW.date(), decision="pending"))
    assert (desk.status(), clearance(desk.ambassador, NOW.date())) == (Status.LAPSED, ())


def test_the_renewal_window_begins_ninety_days_before_the_last_day() -> None:
    assert Desk.active().ambassador.renew_from == LAST_DAY - timedelta(days=90)


def test_a_check_to_be_renewed_is_told_of_once_when_its_window_opens() -> None:
    desk = Desk.active()
    visit(desk, "visit-1", datetime(2029, 6, 1, tzinfo=UTC))
    opens = datetime(2029, 6, 2, tzinfo=UTC)
    assert desk.ambassador.due_at == opens
    desk.now = opens - timedelta(milliseconds=1)
    desk.tidy()
    assert desk.said(CheckRenewalDue) == []
    for _ in range(2):
        desk.now += timedelta(milliseconds=1)
        desk.tidy()
    (told,) = desk.said(CheckRenewalDue)
    assert (told.jurisdiction, told.check_ends_on) == ("england-and-wales", LAST_DAY)
    assert desk.ambassador.due_at == LAST_DAY_IS_OVER
    desk.record(dbs(desk.now.date()))
    assert desk.ambassador.credentials[Scheme.DBS].renewal_told is False


def test_a_check_that_is_being_renewed_or_was_ended_is_told_of_no_more() -> None:
    for decision in ("pending", "refused"):
        desk = Desk.active()
        visit(desk, "visit-1", datetime(2029, 6, 1, tzinfo=UTC))
        desk.record(dbs(CHECKED, decision=decision))
        desk.now = datetime(2029, 6, 3, tzinfo=UTC)
        desk.tidy()
        assert desk.said(CheckRenewalDue) == []


def test_a_status_that_ends_for_want_of_an_activity_is_told_ahead_once() -> None:
    desk = Desk.active()
    ends_at = NOW + timedelta(days=365)
    assert desk.ambassador.due_at == ends_at - timedelta(days=60)
    desk.pass_time(days=305, milliseconds=-1)
    desk.tidy()
    assert desk.said(StatusEndsSoon) == []
    for _ in range(2):
        desk.pass_time(milliseconds=1)
        desk.tidy()
    assert [event.status_ends_at for event in desk.said(StatusEndsSoon)] == [ends_at]
    assert desk.ambassador.due_at == ends_at
    visit(desk, "visit-1", NOW + timedelta(days=330))
    assert desk.ambassador.due_at == NOW + timedelta(days=330 + 305)
    desk.now = NOW + timedelta(days=330 + 305)
    desk.tidy()
    assert [event.status_ends_at for event in desk.said(StatusEndsSoon)] == [ends_at, NOW + timedelta(days=695)]


@pytest.mark.parametrize("verb", [checks.suspend, registering.leave])
def test_who_is_no_ambassador_now_is_warned_of_nothing(verb: Any) -> None:
    desk = Desk.active()
    given = {"by": "officer", **({"reason": "A question."} if verb is checks.suspend else {})}
    desk.do(verb, (Volunteer, desk.ambassador.account_id), **given)
    desk.pass_time(days=320)
    desk.tidy()
    assert desk.said(StatusEndsSoon) == []


def test_a_year_without_an_activity_ends_the_status() -> None:
    desk = Desk.active()
    desk.pass_time(days=365, milliseconds=-1)
    assert desk.status() is Status.ACTIVE
    desk.pass_time(milliseconds=1)
    assert desk.status() is Status.LAPSED
    desk.tidy()
    assert desk.ambassador.lapse_reason == "inactivity"
    desk.record(dbs(desk.now.date()))
    assert desk.status() is Status.LAPSED
    desk.do(checks.restore, by="officer", reason="Trained again.")
    assert desk.status() is Status.ACTIVE


def test_an_activity_keeps_the_status_for_another_year() -> None:
    desk = Desk.active()
    visit(desk, "visit-1", NOW + timedelta(days=100))
    desk.pass_time(days=464)
    assert desk.status() is Status.ACTIVE
    desk.pass_time(days=1)
    assert desk.status() is Status.LAPSED


def test_a_visit_that_did_not_take_place_keeps_no_status() -> None:
    desk = Desk.active()
    visit(desk, "visit-1", NOW + timedelta(days=100))
    desk.do(engagements.off, visit_id="visit-1")
    desk.pass_time(days=365)
    assert desk.status() is Status.LAPSED


def test_nobody_may_visit_on_a_day_after_their_check_has_ended() -> None:
    desk = Desk.active()
    assert may_visit(desk.ambassador, ENGLAND, LAST_DAY, desk.now)
    assert not may_visit(desk.ambassador, ENGLAND, LAST_DAY + timedelta(days=1), desk.now)
    assert not may_visit(desk.ambassador, SCOTLAND, CHECKED, desk.now)
    assert not may_visit(None, ENGLAND, CHECKED, desk.now)
