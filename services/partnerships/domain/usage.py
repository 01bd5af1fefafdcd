"""How much of a scheme a teacher and a school have used in an academic year, and when that is enough.

What is counted is what a booking or placement costs: reserved first, then what was charged in the end. There is one
count for a teacher and for a school, whichever partnerships pay: who moves to another one in the middle of a year does
not begin anew. A count is written in the transaction of the account that it is for. Two bookings at once, of one
account or of two, write the same count: the store lets one of them through, and the other one decides again.
"""

from __future__ import annotations

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
    """What one booking or placement counts for its school and its teachers, in pence."""

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

    def _usage(self, user: UserKind, user_id: str, amount: int) -> Usage:
        return Usage(
            id=f"{self.year}/{user}/{user_id}",
            year=self.year,
            user=user,
            user_id=user_id,
            amount=amount,
        )


def reads_usage(*counted: Counted | None) -> tuple[Read, ...]:
    """The usages that a decision about these looks at."""
    keys = {key for each in counted if each is not None for key in each.shares()}
    return tuple((Usage, key) for key in sorted(keys))


def moved(documents: Documents, before: Counted | None, after: Counted | None) -> tuple[Usage, ...]:
    """The usages after a booking or placement has come to count something else."""
    old = before.shares() if before is not None else {}
    new = after.shares() if after is not None else {}
    changed = []
    for key, share in {**old, **new}.items():
        more = (new[key].amount if key in new else 0) - (old[key].amount if key in old else 0)
        if more:
            known = documents.get(Usage, key)
            changed.append(share.model_copy(update={"amount": (known.amount if known is not None else 0) + more}))
    return tuple(changed)


def cap_reached(documents: Documents, wanted: Counted, scheme: FundingScheme) -> RefusalReason | None:
    """Which cap of the scheme it would break, if it does."""
    usages = moved(documents, None, wanted)
    for usage in usages:
        if usage.user == "teacher" and usage.amount > scheme.teacher_cap_pence:
            return "teacher-cap-reached"
    for usage in usages:
        if usage.user == "school" and usage.amount > scheme.school_cap_pence:
            return "school-cap-reached"
    return None
