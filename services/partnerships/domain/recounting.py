"""What becomes of the money of a booking that goes on, with another teacher or in another academic year.

Both have happened when we hear of it, so neither is refused. But a cap is not passed by them: what they change is
counted for whom and where it is from now on, and a place that a new booking would not get money for gets none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from services.partnerships.domain.academic_year import academic_year
from services.partnerships.domain.account import Account
from services.partnerships.domain.funding_scheme import FUNDING_SCHEMES, funding_scheme
from services.partnerships.domain.reservation import Reservation, ReservationStatus, UnfundedPlace, shrunk
from services.partnerships.domain.usage import Usage, beyond_teacher_cap, moved, moved_together, reads_usage
from shared.decision import Decision, Documents, Read, ReadsInTurn


def reads_recounted(keys: Iterable[str], year: int) -> ReadsInTurn[Account]:
    """These reservations, and the usages that they count for, as it is and in this academic year."""
    wanted: tuple[Read, ...] = tuple((Reservation, key) for key in keys)

    def usage(documents: Documents) -> tuple[Read, ...]:
        counts = [known.counts for _, key in wanted if (known := documents.get(Reservation, key)) is not None]
        return reads_usage(*counts, *(replace(each, year=year) for each in counts if each is not None))

    return ReadsInTurn[Account](lambda _account: wanted, usage)


def substitute(
    account: Account | None, documents: Documents, now: datetime, *, key: str, old: str, new: str
) -> Decision[None]:
    """Another teacher has the place: it counts for them.

    The place is theirs already, so no cap can refuse it. But with whom it would be beyond the cap, it is not funded: a
    booking of theirs would have been refused as well, and places could be booked for one teacher and given to another
    without end. Its money is free again, and the school pays for it. A place that is not funded stays so.
    """
    known = documents.get(Reservation, key)
    if account is None or known is None:
        return Decision(None)
    if old in known.teachers:
        return _taken_over(account, documents, now, known, old, new)
    unfunded = tuple(
        each.model_copy(update={"teacher": new}) if each.teacher == old else each for each in known.unfunded
    )
    if unfunded == known.unfunded:
        return Decision(None)
    return Decision(None, account, (known.model_copy(update={"unfunded": unfunded, "changed_at": now}),))


def _taken_over(
    account: Account, documents: Documents, now: datetime, known: Reservation, old: str, new: str
) -> Decision[None]:
    place = known.teachers.index(old)
    others = (known.teachers[:place], known.teachers[place + 1 :])
    replaced = known.model_copy(update={"teachers": (*others[0], new, *others[1]), "changed_at": now})
    usages = moved(documents, known.counts, replaced.counts)
    if known.status is not ReservationStatus.RESERVED or known.counts is None or not _beyond_cap(known, usages, new):
        return Decision(None, account, (replaced, *usages))
    price = known.counts.share_of(old)
    unfunded = (*known.unfunded, UnfundedPlace(teacher=new, price=price))
    left = replaced.model_copy(
        update={"teachers": (*others[0], *others[1]), "unfunded": unfunded, "reason": "teacher-cap-reached"}
    )
    return shrunk(account, documents, now, known, left, known.reserved - price)


def _beyond_cap(known: Reservation, usages: Iterable[Usage], teacher: str) -> bool:
    schemes = (scheme for scheme in FUNDING_SCHEMES if scheme.version == known.scheme)
    return any(teacher in beyond_teacher_cap(usages, scheme) for scheme in schemes)


def reschedule(
    account: Account, documents: Documents, now: datetime, *, keys: Iterable[str], starts_on: date
) -> Decision[None]:
    """The course of these bookings starts on another day: they count in its academic year, by the scheme of that day.

    No cap is asked, since the organiser has moved it and not the school; the next booking finds them counted. On a day
    without a scheme the old one goes on to fund them.
    """
    year, scheme = academic_year(starts_on), funding_scheme(starts_on)
    held = [known for key in keys if (known := documents.get(Reservation, key)) is not None]
    moves = [
        (known, known.model_copy(update={"year": year, "scheme": scheme.version if scheme else known.scheme}))
        for known in held
        if known.status is ReservationStatus.RESERVED
    ]
    changed = [(before, after) for before, after in moves if after != before]
    if not changed:
        return Decision(None)
    usages = moved_together(documents, [(before.counts, after.counts) for before, after in changed])
    return Decision(None, account, (*(after.model_copy(update={"changed_at": now}) for _, after in changed), *usages))
