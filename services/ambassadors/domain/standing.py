"""How every decision about an ambassador begins and ends: with what the clock has done, and with the offer renewed."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from services.ambassadors.domain.ambassador import (
    LIFE_CYCLE,
    TOLD,
    Ambassador,
    LapseReason,
    Status,
    clearance,
    lapse_of,
    next_due,
    renewal_of,
    renewals_due,
    warn_at,
)
from services.ambassadors.domain.change import SCHEDULE, Change
from services.ambassadors.domain.offer import Offer, offer_of
from services.ambassadors.domain.vocabulary import JURISDICTION_OF
from shared.contracts.ambassadors import (
    AmbassadorStatus,
    AmbassadorStatusChanged,
    CheckRenewalDue,
    ClearanceEnded,
    StatusEndsSoon,
)
from shared.decision import Decision, Documents, Read

_LAPSES: dict[LapseReason, str] = {
    "credential": "No check is valid any more.",
    "inactivity": "There was no activity for a year.",
}


def changing(ambassador: Ambassador, documents: Documents, now: datetime, by: str) -> Change[Ambassador]:
    """Begin a decision about an ambassador, as they truly stand now."""
    change = Change(ambassador, documents, now, by, next_due)
    catch_up(change)
    return change


def catch_up(change: Change[Ambassador]) -> None:
    """Write down what time has done: checks that have run out, a year without an activity; and tell what is near."""
    forget_clearance(change)
    reason = lapse_of(change.root, change.now)
    if reason is not None:
        lapse(change, reason, by=SCHEDULE)
    _tell_renewals(change)
    _warn(change)


def _tell_renewals(change: Change[Ambassador]) -> None:
    """Tell once of each check that should be made anew."""
    for found in tuple(renewals_due(change.root, change.now.date())):
        told = found.model_copy(update={"renewal_told": True})
        change.update(credentials={**change.root.credentials, found.scheme: told})
        assert found.valid_until is not None  # noqa: S101 - for the type checker: what has no end needs no renewal
        change.say(
            CheckRenewalDue(
                ambassador_id=change.root.id,
                jurisdiction=JURISDICTION_OF[found.scheme].value,
                check_ends_on=found.valid_until,
            )
        )


def _warn(change: Change[Ambassador]) -> None:
    """Tell once that the status is about to end for want of an activity."""
    until, at = change.root.active_until, warn_at(change.root)
    if until is not None and at is not None and at <= change.now:
        change.update(warned_of=until)
        change.say(StatusEndsSoon(ambassador_id=change.root.id, status_ends_at=until))


def lapse(change: Change[Ambassador], reason: LapseReason, **changes: object) -> None:
    """Be an ambassador no more until a check or an officer restores it. Raises WrongState."""
    become(change, "lapse", _LAPSES[reason], lapse_reason=reason, lapsed_from=change.root.status, **changes)


def forget_clearance(change: Change[Ambassador]) -> None:
    """Tell of the jurisdictions where the ambassador may not be sent any more."""
    now_cleared = clearance(change.root, change.now.date())
    for jurisdiction in change.root.cleared:
        if jurisdiction not in now_cleared:
            change.say(ClearanceEnded(ambassador_id=change.root.id, jurisdiction=jurisdiction.value))
    if now_cleared != change.root.cleared:
        change.update(cleared=now_cleared)


def become(change: Change[Ambassador], verb: str, reason: str, **changes: object) -> None:
    """Take the ambassador along the life cycle and tell of it. Raises WrongState."""
    before = change.root.status
    status = LIFE_CYCLE.next(before, verb)
    change.move(verb, status, reason, **changes)
    told, was = TOLD.get(status), TOLD.get(before)
    if told is not None and (told != was or Status.SUSPENDED in (status, before)):
        change.say(
            AmbassadorStatusChanged(ambassador_id=change.root.id, ambassador_status=cast("AmbassadorStatus", told))
        )


def settled(change: Change[Ambassador]) -> Decision[Ambassador]:
    """End a decision about an ambassador: what they offer is written anew."""
    if (renew_from := renewal_of(change.root)) != change.root.renew_from:
        change.update(renew_from=renew_from)
    before = change.get(Offer, change.root.id)
    offer = offer_of(change.root, change.now, before)
    if offer != before:
        change.keep(offer)
    return change.decision(change.root)


def its_offer(ambassador: Ambassador | None) -> list[Read]:
    """What every decision about an ambassador reads."""
    return [] if ambassador is None else [(Offer, ambassador.id)]
