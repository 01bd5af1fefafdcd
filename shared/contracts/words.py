"""What the fields of events mean, in one sentence each.

A word means the same in every event, so it is explained once; where an event needs to say more, the entry
`<Event>.<field>` does. The generated documents take their descriptions from here, and a field without one is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.contracts.event import Event

WORDS: Final[Mapping[str, str]] = {
    "account_id": "The account of a person; who it is, only the gateway knows.",
    "allocation_id": "The allocation: money that a pot has set apart for one partnership.",
    "amount_pence": "Money in pence (GBP).",
    "attended_places": "How many of the booking's places were attended, in full or in part.",
    "booking_id": "The booking: places on one occurrence for one school.",
    "by": "Who chose the new password.",
    "cancelled_by": "Which side ended it.",
    "capacity": "How many places there are in all.",
    "charged_pence": "What the attended places cost the partnership's bursary, in pence; 0 where none pays.",
    "client_id": "The program, as it names itself when it asks for a token.",
    "course_code": "The template's code, by which people know the course.",
    "delegate_id": "The person who now has the place, by id only.",
    "delivery": "How the course is given.",
    "employer_id": "The employer that it is confined to, or null.",
    "ends_at": "When the last session ends (UTC).",
    "hold_expires_at": "The moment from which the hold no longer counts (UTC).",
    "identifier_scheme": 'In which register the identifier is valid; "urn" in England.',
    "latitude": "Degrees north, WGS84; null where the register has no position.",
    "lead_urn": "The school that leads the partnership.",
    "longitude": "Degrees east, WGS84; null where the register has no position.",
    "name": "The name of the school.",
    "number": "Counts the client's secrets from 1.",
    "occurrence_id": "The occurrence: one dated run of a course.",
    "offer_expires_at": "The moment from which the offer can no longer be accepted (UTC).",
    "outcome": "How the booking ended, over all its places.",
    "partnership_id": "The partnership.",
    "payment_id": "The payment, so that it counts once however often it is told.",
    "phase": "The phase of education, as the register names it.",
    "places": "How many places the booking is for.",
    "postcode": "The school's postcode; null where the register has none.",
    "pot_id": "The pot: money of one sponsor, restricted or not.",
    "price_pence": "What one place costs, in pence (GBP).",
    "queue_number": "The booking's number in the waiting list; lower is served first.",
    "reason": "Why, in words for people; no names.",
    "region": "The region, as the register names it; null where there is none.",
    "replaced_delegate_id": "The person who gave up the place, by id only.",
    "revision": "Counts the settlements of a booking's attendance from 1; a higher one replaces the lower.",
    "roles": "What the holder may do, by role.",
    "school_urn": "The school.",
    "school_urns": "All member schools, the lead among them.",
    "short_by_pence": "How much is missing, in pence; 0 where money is not the reason.",
    "sign_in_id": "The sign-in: all tokens that follow from one password.",
    "sponsor_id": "Who pays into the pot.",
    "starts_at": "When the first session starts (UTC).",
    "starts_on": "The day of the first session.",
    "state_funded": "Whether the school is funded by the state; null where the register does not tell.",
    "status": "The status it now has.",
    "subjects": "The subjects that the course is about.",
    "successor_urn": "The identifier under which the school goes on.",
    "template_id": "The course template that this is a run of.",
    "urn": "The school's identifier in its scheme.",
    "AccountCredited.amount_pence": "How much may be reserved in addition, in pence.",
    "AccountRegistered.partnership_id": "The partnership that the account is confined to, or null.",
    "AccountRegistered.school_urn": "The school that the account is confined to, or null.",
    "AccountRolesChanged.partnership_id": "The partnership that the account is confined to, or null.",
    "AccountRolesChanged.school_urn": "The school that the account is confined to, or null.",
    "ApiClientRegistered.school_urn": "The school that the program is confined to, or null.",
    "AttendanceSettled.partnership_id": "The partnership whose bursary pays; null where the school pays.",
    "AttendanceSettled.places": "How many places were booked at the end.",
    "BookingCancelled.partnership_id": "The partnership whose bursary was asked; null where the school pays.",
    "BookingConfirmed.amount_pence": "What the places cost in all, in pence, whoever pays.",
    "BookingConfirmed.partnership_id": "The partnership whose bursary pays; null where the school pays.",
    "BookingDeclined.partnership_id": "The partnership whose bursary was asked; null where the school pays.",
    "BookingReduced.amount_pence": "What the places that are left cost in all, in pence.",
    "BookingReduced.delegate_id": "The person whose place is given up, by id only.",
    "BookingReduced.partnership_id": "The partnership whose bursary pays; null where the school pays.",
    "BookingReduced.places": "How many places are left.",
    "FundsCommitmentRefused.amount_pence": "How much was to be owed, in pence.",
    "FundsCommitted.amount_pence": "How much is owed for the booking in all, in pence.",
    "FundsReleased.amount_pence": "How much is free again, in pence.",
    "FundsReservationRefused.amount_pence": "How much was asked for, in pence.",
    "FundsReservationRefused.reason": "Why not, as a code.",
    "FundsReserved.amount_pence": "How much is set aside, in pence.",
    "HoldExpired.partnership_id": "The partnership whose bursary was asked; null where the school pays.",
    "PartnershipEnded.status": "What became of it.",
    "PlaceHeld.amount_pence": "What the places cost in all, in pence: what the bursary is asked for.",
    "PlaceHeld.partnership_id": "The partnership whose bursary is asked; null where the school pays.",
}


def meaning(event: type[Event], field: str) -> str | None:
    """What the field means in this event; None where nobody has said it."""
    return event.model_fields[field].description or WORDS.get(f"{event.__name__}.{field}") or WORDS.get(field)
