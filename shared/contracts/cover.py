"""What the partnerships service says about the cover of a school's staff: who may be away on which days.

Aggregate: `covers/<urn>`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.event import Event, Upcaster

CoverPurpose = Literal["booking", "placement"]
CoverRefusalReason = Literal["too-many-out", "blackout", "released-before"]


class CoverGuardSet(Event):
    """Whether a school wants to be asked before its staff are booked: with `guarded`, CoverAsked comes first."""

    type: ClassVar[str] = "partnerships.cover-guard-set.v1"
    aggregate: ClassVar[str] = "covers/{school_urn}"
    school_urn: str
    guarded: bool


class CoverGranted(Event):
    """The school can spare these people on these days; `overridden` where an approver has allowed it all the same."""

    type: ClassVar[str] = "partnerships.cover-granted.v1"
    aggregate: ClassVar[str] = "covers/{school_urn}"
    school_urn: str
    purpose: CoverPurpose
    covered_id: str
    asked_by: str
    overridden: bool


class CoverRefused(Event):
    """The school cannot spare these people: `day` is the first day on which its rules would be broken."""

    type: ClassVar[str] = "partnerships.cover-refused.v1"
    aggregate: ClassVar[str] = "covers/{school_urn}"
    school_urn: str
    purpose: CoverPurpose
    covered_id: str
    asked_by: str
    reason: CoverRefusalReason
    day: date | None


CoverEvent = CoverGuardSet | CoverGranted | CoverRefused

UPCASTERS: tuple[Upcaster, ...] = ()
