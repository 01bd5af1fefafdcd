"""What operations take besides bodies: identifiers in paths, and who acts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path
from pydantic import Field

from services.partnerships.domain.partnership import Actor
from shared.http.principal import Caller

_ID = {"pattern": "^[0-9A-Za-z-]{1,64}$", "max_length": 64}

PartnershipId = Annotated[str, Path(description="The partnership.", **_ID)]
PotId = Annotated[str, Path(description="The pot.", **_ID)]
SponsorId = Annotated[str, Path(description="The sponsor.", **_ID)]
ImportId = Annotated[str, Path(description="The import.", **_ID)]
PathUrn = Annotated[str, Path(description="The school's URN.", pattern="^[0-9A-Za-z-]{1,20}$", examples=["900001"])]

Urn = Annotated[str, Field(pattern="^[0-9A-Za-z-]{1,20}$", max_length=20)]
Id = Annotated[str, Field(pattern="^[0-9A-Za-z-]{1,64}$", max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
ReasonText = Annotated[str, Field(min_length=1, max_length=1000)]
Pence = Annotated[int, Field(ge=1, le=10_000_000_000, description="In pence.")]


async def actor(caller: Caller) -> Actor:
    """The caller as the rules of partnerships know it."""
    return Actor(
        subject=caller.subject,
        officer=caller.has("programme-officer"),
        finance=caller.has("finance-officer"),
        sees_all=caller.has("finance-officer", "operator", "auditor"),
        speaks_for_school=caller.has("school-approver", "partnership-lead"),
        school_urn=caller.school_urn,
        partnership_id=caller.partnership_id if caller.has("partnership-lead") else None,
    )


Acting = Annotated[Actor, Depends(actor)]
