"""Sponsors: the companies and foundations whose money the programme spends."""

from __future__ import annotations

from datetime import datetime

from shared.decision import Decision, Root
from shared.refusals import Invalid


class SponsorUnknown(Invalid):
    slug = "sponsor-unknown"
    title = "There is no sponsor with this id."


class Sponsor(Root):
    """An organisation that pays into pots. It is no person: its name is no personal data.

    `employer_id` says which employer it is, where it is one.
    """

    collection = "sponsors"
    name: str
    registered_at: datetime
    employer_id: str | None = None


def register(sponsor_id: str, name: str, now: datetime) -> Decision[Sponsor]:
    """Take a sponsor on."""
    sponsor = Sponsor(id=sponsor_id, name=name, registered_at=now)
    return Decision(sponsor, sponsor)


def link(sponsor: Sponsor, employer_id: str | None) -> Decision[Sponsor]:
    """Say which employer a sponsor is; None: none that is known."""
    linked = sponsor.model_copy(update={"employer_id": employer_id})
    return Decision(linked, linked)
