"""Employers as the placements service tells of them: a sponsor may be one, and hosts and ambassadors come from one."""

from __future__ import annotations

from shared.contracts.employers import EmployerKind
from shared.decision import Decision, Root
from shared.refusals import Invalid


class EmployerUnknown(Invalid):
    slug = "employer-unknown"
    title = "No employer has this id or company number, or placements has not told of it yet."


class KnownEmployer(Root):
    """A copy of an employer; `name` is None while only its verification was heard of.

    `verified` says that the programme vouches for it now: not before it was verified, nor while it is suspended.
    """

    collection = "known_employers"
    name: str | None = None
    kind: EmployerKind | None = None
    company_number: str | None = None
    verified: bool = False


def keep_registered(
    known: KnownEmployer | None, employer_id: str, name: str, kind: EmployerKind, company_number: str | None
) -> Decision[None]:
    """Take over who an employer is."""
    facts = {"name": name, "kind": kind, "company_number": company_number}
    return Decision(None, (known or KnownEmployer(id=employer_id)).model_copy(update=facts))


def keep_changed(
    known: KnownEmployer | None, employer_id: str, name: str, kind: EmployerKind, company_number: str | None
) -> Decision[None]:
    """Take over who an employer is now; nobody has verified that yet."""
    facts = {"name": name, "kind": kind, "company_number": company_number, "verified": False}
    return Decision(None, (known or KnownEmployer(id=employer_id)).model_copy(update=facts))


def keep_verified(known: KnownEmployer | None, employer_id: str) -> Decision[None]:
    """Take over that a programme officer has verified it."""
    return Decision(None, (known or KnownEmployer(id=employer_id)).model_copy(update={"verified": True}))


def keep_suspended(known: KnownEmployer | None, employer_id: str) -> Decision[None]:
    """Take over that the programme vouches for it no more, until it is verified again."""
    return Decision(None, (known or KnownEmployer(id=employer_id)).model_copy(update={"verified": False}))
