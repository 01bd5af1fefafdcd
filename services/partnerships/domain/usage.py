"""How much of a scheme a teacher and a school have used in an academic year, and when that is enough.

What is counted is what a booking or placement costs: reserved first, then what was charged in the end. There is one
count for a teacher and for a school, whichever partnerships pay: who moves to another one in the middle of a year does
not begin anew. A count is written in the transaction of the account that it is for. Two bookings at once, of one
account or of two, write the same count: the store lets one of them through, and the other one decides again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from services.partnerships.domain.funding_scheme import FundingScheme
from shared.contracts.partnerships import RefusalReason
from shared.decision import Document, Documents, Read

UserKind = Literal["school", "teacher"]


class Usage(Document):
    """What one teacher or one school has used in an academic year, in pence, of all partnerships."""

    collection = "scheme_usage"
    year: int
    user: UserKind
    user_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What one booking or placement counts for its school and its teachers, in pence.

    `school_urn` is what the school counts under: the oldest URN that was known of it.
    """

    year: int
    school_urn: str
    teachers: tuple[str, ...]
    amount: int

    def shares(self) -> dict[str, Usage]:
        """What it counts for each, by the id of the usage; the teachers share it evenly, to the penny."""
        found = [self._usage("school", self.school_urn, self.amount)]
        each, left = divmod(self.amount, len(self.teachers)) if self.teachers else (0, 0)
        for place, teacher in enumerate(self.teachers):
            found.append(self._usage("teacher", teacher, each + (place < left)))
        return {usage.id: usage for usage in found}

    def share_of(self, teacher: str) -> int:
        """What it counts for a teacher."""
        return self.shares()[self._usage("teacher", teacher, 0).id].amount

    def _usage(self, user: UserKind, user_id: str, amount: int) -> Usage:
        return Usage(
            id=usage_id(self.year, user, user_id),
            year=self.year,
            user=user,
            user_id=user_id,
            amount=amount,
        )


def usage_id(year: int, user: UserKind, user_id: str) -> str:
    """The key of what a teacher or a school has used in an academic year."""
    return f"{year}/{user}/{user_id}"


def reads_lineage(counted: Counted, urns: Iterable[str]) -> tuple[Read, ...]:
    """What the school used under any of its URNs."""
    return tuple((Usage, usage_id(counted.year, "school", urn)) for urn in urns)


def reads_usage(*counted: Counted | None) -> tuple[Read, ...]:
    """The usages that a decision about these looks at."""
    keys = {key for each in counted if each is not None for key in each.shares()}
    return tuple((Usage, key) for key in sorted(keys))


def moved(documents: Documents, before: Counted | None, after: Counted | None) -> tuple[Usage, ...]:
    """The usages after a booking or placement has come to count something else."""
    return moved_together(documents, ((before, after),))


def moved_together(documents: Documents, moves: Iterable[tuple[Counted | None, Counted | None]]) -> tuple[Usage, ...]:
    """The usages after several bookings or placements have come to count something else: (before, after) of each."""
    shares: dict[str, Usage] = {}
    more: dict[str, int] = {}
    for sign, counted in ((sign, each) for move in moves for sign, each in zip((-1, 1), move, strict=True)):
        for key, share in (counted.shares() if counted is not None else {}).items():
            shares[key] = share
            more[key] = more.get(key, 0) + sign * share.amount
    known = {key: documents.get(Usage, key) for key, pence in more.items() if pence}
    return tuple(
        shares[key].model_copy(update={"amount": (usage.amount if usage is not None else 0) + more[key]})
        for key, usage in known.items()
    )


def cap_reached(
    documents: Documents, wanted: Counted, scheme: FundingScheme, urns: Iterable[str] = ()
) -> RefusalReason | None:
    """Which cap of the scheme it would break, if it does; a school has one, whichever of its `urns` it counted under.

    It counts under one of them. There is more where it had booked before the register told where it came from.
    """
    usages = moved(documents, None, wanted)
    if beyond_teacher_cap(usages, scheme):
        return "teacher-cap-reached"
    others = (documents.get(Usage, usage_id(wanted.year, "school", urn)) for urn in urns if urn != wanted.school_urn)
    used = sum(usage.amount for usage in others if usage is not None)
    for usage in usages:
        if usage.user == "school" and usage.amount + used > scheme.school_cap_pence:
            return "school-cap-reached"
    return None


def beyond_teacher_cap(usages: Iterable[Usage], scheme: FundingScheme) -> tuple[str, ...]:
    """The teachers whose usages, among these, are more than the scheme's cap."""
    return tuple(
        usage.user_id for usage in usages if usage.user == "teacher" and usage.amount > scheme.teacher_cap_pence
    )
