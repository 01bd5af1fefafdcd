"""Applications as callers may see them: as they truly stand now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from services.placements.domain.application import Application, ApplicationStatus
from services.placements.store import lineage
from shared.http.paging import Value, following
from shared.http.principal import Principal, Role
from shared.refusals import NotAllowed, NotFound
from shared.work import Work

SEES_ALL: Final[tuple[Role, ...]] = ("programme-officer", "auditor")
SEES_SCHOOL: Final[tuple[Role, ...]] = ("school-approver", "partnership-lead")


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose applications and placements a caller may see: all, a teacher's own, a school's, an employer's.

    A school does not see drafts, and a host sees what the school has agreed to. `school_urns` are a school's own and
    those of the schools that it has succeeded.
    """

    everything: bool = False
    teacher_id: str | None = None
    school_urns: tuple[str, ...] = ()
    employer_id: str | None = None

    @classmethod
    async def of(cls, caller: Principal, work: Work) -> Audience:
        """The audience of a caller. Raises NotAllowed."""
        if caller.has(*SEES_ALL):
            return cls(everything=True)
        school = caller.school_urn if caller.has(*SEES_SCHOOL) else None
        audience = cls(
            teacher_id=caller.subject if caller.has("teacher") else None,
            school_urns=() if school is None else await lineage(work, school),
            employer_id=caller.employer_id if caller.has("host-contact") else None,
        )
        if audience == cls():
            raise NotAllowed("You act for no school and no employer.")
        return audience

    def sees(self, application: Application) -> bool:
        """Whether this application is theirs to see."""
        return (
            self.everything
            or (self.teacher_id == application.teacher_id)
            or (application.school_urn in self.school_urns and application.submitted)
            or (self.employer_id == application.employer_id and application.shown)
        )

    def filter(self) -> dict[str, Any]:
        """The same for the store."""
        if self.everything:
            return {}
        branches: list[dict[str, Any]] = []
        if self.teacher_id is not None:
            branches.append({"teacher_id": self.teacher_id})
        if self.school_urns:
            branches.append({"school_urn": {"$in": list(self.school_urns)}, "submitted": True})
        if self.employer_id is not None:
            branches.append({"employer_id": self.employer_id, "shown": True})
        return {"$or": branches}


async def application(work: Work, audience: Audience, offer_id: str, application_id: str) -> Application:
    """One application. Raises NotFound, also for one that the caller may not see."""
    found = await work.collection(Application).get(application_id)
    if found is None or found.offer_id != offer_id or not audience.sees(found):
        raise NotFound()
    return found


async def applications(
    work: Work,
    audience: Audience,
    status: ApplicationStatus | None,
    offer_id: str | None,
    after: tuple[Value, ...] | None,
    limit: int,
) -> list[Application]:
    """Applications from the newest on. A lapsed one is found as expired, not as what the store still says."""
    now = work.clock.now()
    where = [audience.filter(), following((("id", -1),), after)]
    if offer_id is not None:
        where.append({"offer_id": offer_id})
    if status is ApplicationStatus.EXPIRED:
        where.append({"$or": [{"status": status.value}, {"expires_at": {"$lte": now}}]})
    elif status is not None:
        where += [{"status": status.value}, {"$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}]
    return await work.collection(Application).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=(("id", -1),), limit=limit
    )
