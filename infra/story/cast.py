"""Who plays: six schools that form a partnership, one that pays by itself, and the people who run the programme.

All are of the invented register in infra/cli/demo_data, and sign in with the demo accounts.
"""

from __future__ import annotations

from typing import Final

from services.gateway.demo_accounts import DEMO_DOMAIN

LEAD: Final = "900001"
MEMBERS: Final = (LEAD, "900002", "900003", "900004", "900006", "900008")
NEIGHBOUR: Final = "900010"
"""Not a member: it pays for its teachers itself."""
NOT_ELIGIBLE: Final = "900011"
CLOSED: Final = "900009"
NAMES: Final = {
    "900001": "Alder Bridge Academy",
    "900002": "St Oswin's Catholic High School",
    "900003": "Harrow Fell School",
    "900004": "The Mill Race School",
    "900006": "Wharfside Free School",
    "900008": "Copper Beech School",
    "900010": "Quarry Hill Academy",
}

OFFICER: Final = f"officer@{DEMO_DOMAIN}"
FINANCE: Final = f"finance@{DEMO_DOMAIN}"
OPERATOR: Final = f"operator@{DEMO_DOMAIN}"


def teacher(urn: str) -> str:
    """Who books for a school."""
    return f"teacher-{urn}@{DEMO_DOMAIN}"


def approver(urn: str) -> str:
    """Who decides for a school about its staff."""
    return f"approver-{urn}@{DEMO_DOMAIN}"


def lead(urn: str) -> str:
    """Who speaks for a school in a partnership."""
    return f"lead-{urn}@{DEMO_DOMAIN}"
