"""Six schools form a partnership, and the programme lets it begin."""

from __future__ import annotations

import time
from typing import Final

from infra.cli.client import Session
from infra.story.answers import PartnershipAnswer
from infra.story.cast import LEAD, MEMBERS, OFFICER, lead
from infra.story.stage import Stage, expect

NAME: Final = "Fellshire STEM Partnership"
HOLDING: Final = (
    "approved",
    "agreement-signed",
    "active",
    "mid-point-review",
    "final-review",
    "suspended",
)
"""Where a partnership keeps its schools from joining another one."""


def form(stage: Stage) -> PartnershipAnswer:
    """A new partnership of the six schools, submitted for review."""
    stage.teller.chapter(
        "Six schools form a partnership",
        "A lead school drafts it and invites five others; each accepts for itself. The forming rule wants four to "
        "eight eligible schools, and a school can be in one partnership at a time.",
    )
    free_schools(stage)
    began = time.monotonic()
    speaker = stage.as_account(lead(LEAD))
    drafted = speaker.post("/api/partnerships", PartnershipAnswer, {"name": NAME, "lead_urn": LEAD})
    path = f"/api/partnerships/{drafted.id}"
    for urn in MEMBERS[1:]:
        speaker.post(f"{path}/invitations", PartnershipAnswer, {"school_urn": urn})
        stage.as_account(lead(urn)).post(f"{path}/members/{urn}/acceptance", PartnershipAnswer)
    submitted = _step(speaker, f"{path}/submission", "submitted")
    expect("the schools of the partnership", sorted(MEMBERS), sorted(submitted.school_urns))
    stage.teller.done(f"{len(MEMBERS)} schools have accepted; submitted", time.monotonic() - began)
    return submitted


def begin(stage: Stage, partnership: PartnershipAnswer) -> PartnershipAnswer:
    """The partnership approved, its agreement signed, active."""
    stage.teller.chapter(
        "It is approved and becomes active",
        "A programme officer takes it into review and approves it; the lead school signs the agreement.",
    )
    officer, speaker = stage.as_account(OFFICER), stage.as_account(lead(LEAD))
    path = f"/api/partnerships/{partnership.id}"
    _step(officer, f"{path}/review", "under-review")
    _step(officer, f"{path}/approval", "approved")
    _step(speaker, f"{path}/agreement", "agreement-signed")
    active = _step(officer, f"{path}/activation", "active")
    stage.teller.done("under review → approved → agreement signed → [bold]active[/]")
    return active


def free_schools(stage: Stage) -> None:
    """End the partnership of an earlier telling, so that its schools can form a new one."""
    officer = stage.as_account(OFFICER)
    held = {
        partnership.id: partnership
        for urn in MEMBERS
        for status in HOLDING
        for partnership in officer.each(
            "/api/partnerships", PartnershipAnswer, {"school_urn": urn, "status": status, "limit": 200}
        )
    }
    for partnership_id in held:
        ended = officer.post(
            f"/api/partnerships/{partnership_id}/termination",
            PartnershipAnswer,
            {"reason": "The demo begins again, and needs these schools."},
        )
        expect("the status of the earlier partnership", "terminated", ended.status)
    if held:
        stage.teller.done("the partnership of an earlier telling has ended: its schools are free")


def _step(session: Session, path: str, status: str) -> PartnershipAnswer:
    partnership = session.post(path, PartnershipAnswer)
    expect(f"the status after {path.rpartition('/')[2]}", status, partnership.status)
    return partnership
