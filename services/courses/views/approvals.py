"""What a school has said about approving its bookings, and what waits for its answer."""

from __future__ import annotations

from services.courses.domain.approval import check_answers
from services.courses.domain.approval_rule import ApprovalRule
from services.courses.domain.booking import Booking, BookingStatus
from services.courses.domain.known import KnownSchool
from services.courses.policies import policy_at
from services.courses.store import lineage
from shared.http.paging import Value, following
from shared.http.principal import Principal
from shared.refusals import NotFound
from shared.work import Work

SORT = (("expires_at", 1), ("id", 1))


async def rule_of(work: Work, urn: str) -> ApprovalRule:
    """A school's rule; before it has set one, that nothing is asked. Raises NotFound for a school nobody knows."""
    rule = await work.collection(ApprovalRule).get(urn)
    if rule is None and await work.collection(KnownSchool).get(urn) is None:
        raise NotFound()
    hours = policy_at(work.clock.now()).approval.deadline_hours
    return rule or ApprovalRule(id=urn, required=False, deadline_hours=hours)


async def waiting(
    work: Work, urn: str, caller: Principal, after: tuple[Value, ...] | None, limit: int
) -> list[Booking]:
    """The bookings that wait for a school's answer, over all occurrences and every URN that it had, oldest due first.

    Raises NotAnApprover.
    """
    now = work.clock.now()
    rule = await work.collection(ApprovalRule).get(urn)
    check_answers(rule, caller.subject, caller.has("school-approver"), now)
    where = [
        {
            "school_urn": {"$in": await lineage(work, urn)},
            "status": BookingStatus.PENDING_APPROVAL.value,
            "expires_at": {"$gt": now},
        },
        following(SORT, after),
    ]
    return await work.collection(Booking).find(
        {"$and": [condition for condition in where if condition]}, sort=SORT, limit=limit
    )
