"""Accounts to try the system with: one for each role, and three for each school of the invented register.

They are made at start where DEMO_ACCOUNTS=1 says so, all with the same password, which everybody can read here. The
settings refuse them behind a public https address.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from services.gateway.domain.scope import Scope
from shared.contracts.gateway import Role

DEMO_PASSWORD = "open-the-lab-door"  # noqa: S105 - meant to be known
DEMO_DOMAIN = "stem.example"
DEMO_SCHOOLS: tuple[str, ...] = tuple(str(urn) for urn in range(900001, 900013))
DEMO_EMPLOYER = "demo-employer"
SCHOOL_ACCOUNTS: tuple[tuple[str, Role], ...] = (
    ("teacher", "teacher"),
    ("approver", "school-approver"),
    ("lead", "partnership-lead"),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to be: what to sign in with, and what that person may do."""

    email: str
    scope: Scope

    @property
    def account_id(self) -> str:
        """The same wherever it is made."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{self.email}"))


def _account(name: str, *roles: Role, school_urn: str | None = None, employer_id: str | None = None) -> DemoAccount:
    return DemoAccount(f"{name}@{DEMO_DOMAIN}", Scope(roles=roles, school_urn=school_urn, employer_id=employer_id))


STAFF: tuple[DemoAccount, ...] = (
    _account("operator", "operator"),
    _account("officer", "programme-officer"),
    _account("finance", "finance-officer"),
    _account("auditor", "auditor"),
)
PARTNERS: tuple[DemoAccount, ...] = (
    _account("host", "host-contact", employer_id=DEMO_EMPLOYER),
    _account("ambassador", "ambassador"),
    _account("ambassador-2", "ambassador"),
    _account("ambassador-3", "ambassador"),
)
SCHOOLS: tuple[DemoAccount, ...] = tuple(
    _account(f"{name}-{urn}", role, school_urn=urn) for urn in DEMO_SCHOOLS for name, role in SCHOOL_ACCOUNTS
)
DEMO_ACCOUNTS: tuple[DemoAccount, ...] = (*STAFF, *PARTNERS, *SCHOOLS)
