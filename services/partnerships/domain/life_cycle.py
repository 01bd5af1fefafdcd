"""The life of a partnership, as a table.

"lead" is whoever acts for the lead school, "school" whoever acts for the member concerned. The second year is not a
status: "continue" leads from the mid-point review back to active, and from a final review that was too early. What was
suspended is resumed where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.transitions import Table, Transition


class Status(StrEnum):
    """Where a partnership stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under-review"
    CHANGES_REQUESTED = "changes-requested"
    APPROVED = "approved"
    AGREEMENT_SIGNED = "agreement-signed"
    ACTIVE = "active"
    MID_POINT_REVIEW = "mid-point-review"
    FINAL_REVIEW = "final-review"
    COMPLETED = "completed"
    ALUMNI = "alumni"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


YEARS: Final = (1, 2)
"""The years of a partnership's life: the mid-point review ends the first, the final one the second."""

OFFICER = "programme-officer"
FINANCE = "finance-officer"
LEAD = "lead"

UNDECIDED = (Status.DRAFT, Status.SUBMITTED, Status.UNDER_REVIEW, Status.CHANGES_REQUESTED)
FORMING = frozenset({Status.DRAFT, Status.CHANGES_REQUESTED})
SPENDING = frozenset({Status.ACTIVE, Status.MID_POINT_REVIEW, Status.FINAL_REVIEW})
GOING_ON = (Status.APPROVED, Status.AGREEMENT_SIGNED, Status.ACTIVE, Status.MID_POINT_REVIEW, Status.FINAL_REVIEW)
SIGNED = frozenset(
    {Status.AGREEMENT_SIGNED, Status.ACTIVE, Status.MID_POINT_REVIEW, Status.FINAL_REVIEW, Status.SUSPENDED}
)
FUNDABLE = frozenset(GOING_ON)
ENDED_WELL = frozenset({Status.COMPLETED, Status.ALUMNI})
AWARDED = SIGNED | ENDED_WELL
"""In these what has fallen due of the award is released: not once the partnership is terminated."""
HOLDING = frozenset((*GOING_ON, Status.SUSPENDED))
ENDED = frozenset({Status.DECLINED, Status.WITHDRAWN, Status.COMPLETED, Status.ALUMNI, Status.TERMINATED})
HEARD_OF = HOLDING | {Status.ALUMNI}
"""In these the other services know its members, and hear of every change."""

RESUMING: Final[Mapping[Status, str]] = {
    Status.ACTIVE: "resume",
    Status.MID_POINT_REVIEW: "resume-mid-point-review",
    Status.FINAL_REVIEW: "resume-final-review",
}
"""The verb that resumes a partnership, by the status in which it was suspended."""

PARTNERSHIP: Table[Status] = Table(
    (
        Transition(Status.DRAFT, "submit", LEAD, Status.SUBMITTED),
        Transition(Status.DRAFT, "submit", OFFICER, Status.SUBMITTED),
        Transition(Status.CHANGES_REQUESTED, "submit", LEAD, Status.SUBMITTED),
        Transition(Status.CHANGES_REQUESTED, "submit", OFFICER, Status.SUBMITTED),
        Transition(Status.SUBMITTED, "start-review", OFFICER, Status.UNDER_REVIEW),
        Transition(Status.UNDER_REVIEW, "request-changes", OFFICER, Status.CHANGES_REQUESTED),
        Transition(Status.UNDER_REVIEW, "approve", OFFICER, Status.APPROVED),
        Transition(Status.UNDER_REVIEW, "decline", OFFICER, Status.DECLINED),
        *(Transition(status, "withdraw", LEAD, Status.WITHDRAWN) for status in UNDECIDED),
        Transition(Status.APPROVED, "sign-agreement", LEAD, Status.AGREEMENT_SIGNED),
        Transition(Status.APPROVED, "sign-agreement", OFFICER, Status.AGREEMENT_SIGNED),
        Transition(Status.AGREEMENT_SIGNED, "activate", OFFICER, Status.ACTIVE),
        Transition(Status.ACTIVE, "start-mid-point-review", OFFICER, Status.MID_POINT_REVIEW),
        Transition(Status.MID_POINT_REVIEW, "continue", OFFICER, Status.ACTIVE),
        Transition(Status.ACTIVE, "start-final-review", OFFICER, Status.FINAL_REVIEW),
        Transition(Status.FINAL_REVIEW, "continue", OFFICER, Status.ACTIVE),
        Transition(Status.FINAL_REVIEW, "complete", OFFICER, Status.COMPLETED),
        Transition(Status.COMPLETED, "join-alumni", OFFICER, Status.ALUMNI),
        *(Transition(status, "suspend", OFFICER, Status.SUSPENDED) for status in RESUMING),
        *(Transition(Status.SUSPENDED, verb, OFFICER, status) for status, verb in RESUMING.items()),
        *(Transition(status, "terminate", OFFICER, Status.TERMINATED) for status in GOING_ON),
        Transition(Status.SUSPENDED, "terminate", OFFICER, Status.TERMINATED),
    )
)


class MemberStatus(StrEnum):
    """Where a school stands with a partnership. UNKNOWN is the state before it is invited; it is never stored."""

    UNKNOWN = "unknown"
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LEFT = "left"
    REMOVED = "removed"
    SUCCEEDED = "succeeded"


SCHOOL = "school"
OUTSIDE = (MemberStatus.UNKNOWN, MemberStatus.DECLINED, MemberStatus.LEFT, MemberStatus.REMOVED)
INSIDE = (MemberStatus.INVITED, MemberStatus.ACCEPTED)

MEMBERSHIP: Table[MemberStatus] = Table(
    (
        *(Transition(status, "invite", who, MemberStatus.INVITED) for status in OUTSIDE for who in (LEAD, OFFICER)),
        Transition(MemberStatus.INVITED, "accept", SCHOOL, MemberStatus.ACCEPTED),
        Transition(MemberStatus.INVITED, "decline", SCHOOL, MemberStatus.DECLINED),
        *(Transition(status, "remove", who, MemberStatus.REMOVED) for status in INSIDE for who in (LEAD, OFFICER)),
        Transition(MemberStatus.ACCEPTED, "leave", SCHOOL, MemberStatus.LEFT),
        *(Transition(status, "succeed", "system", MemberStatus.SUCCEEDED) for status in INSIDE),
    )
)
