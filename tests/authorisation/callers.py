"""Who asks: everybody who could meet an operation, from nobody in particular to the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.gateway.demo_accounts import DEMO_ACCOUNTS, DEMO_EMPLOYER
from shared.http.principal import Role
from tests.partnerships.programme import URNS

FOREIGN_URN: Final = "900007"
FOREIGN_EMPLOYER: Final = "another-employer"

ACCOUNTS: Final[Mapping[str, str]] = {account.email.partition("@")[0]: account.account_id for account in DEMO_ACCOUNTS}


@dataclass(frozen=True, slots=True)
class Who:
    """A caller: the account behind it, one role, and for whom it acts. `leads` is the name of an id of the stage."""

    account: str
    role: Role
    urn: str | None = None
    leads: str | None = None
    employer: str | None = None

    @property
    def subject(self) -> str:
        """The id of the account."""
        return ACCOUNTS.get(self.account, self.account)


CALLERS: Final[Mapping[str, Who | None]] = {
    "anonymous": None,
    "nobody": Who("nobody", "teacher"),
    "teacher": Who("teacher-900001", "teacher", URNS[0]),
    "school-approver": Who("approver-900001", "school-approver", URNS[0]),
    "partnership-lead": Who("lead-900001", "partnership-lead", URNS[0], "partnership_id"),
    "member-approver": Who("approver-900002", "school-approver", URNS[1]),
    "member-lead": Who("lead-900002", "partnership-lead", URNS[1], "partnership_id"),
    "foreign-teacher": Who("teacher-900007", "teacher", FOREIGN_URN),
    "foreign-approver": Who("approver-900007", "school-approver", FOREIGN_URN),
    "foreign-lead": Who("lead-900007", "partnership-lead", FOREIGN_URN, "foreign-partnership"),
    "programme-officer": Who("officer", "programme-officer"),
    "finance-officer": Who("finance", "finance-officer"),
    "operator": Who("operator", "operator"),
    "auditor": Who("auditor", "auditor"),
    "host-contact": Who("host", "host-contact", employer=DEMO_EMPLOYER),
    "foreign-host": Who("another-host", "host-contact", employer=FOREIGN_EMPLOYER),
    "ambassador": Who("ambassador", "ambassador"),
    "foreign-ambassador": Who("another-ambassador", "ambassador"),
}
WITHOUT_ROLE: Final = "nobody"
"""Somebody who is signed in and has no role at all."""
