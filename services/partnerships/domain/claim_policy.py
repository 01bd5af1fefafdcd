"""How claims are made and paid. Dated data, read from claim_policies.json."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.partnerships.domain.school import Facts


class ClaimPolicy(BaseModel):
    """A claim is submitted within `window_days` of its draft; a payment run has at most `largest_run` claims.

    Schools of the types `paid_through_authority` (names of GIAS) are maintained: their local authority is paid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    valid_from: date
    window_days: int
    largest_run: int
    paid_through_authority: tuple[str, ...]


class Payee(BaseModel):
    """Who is paid for a school: itself, or its local authority. `reference` is the URN or the authority's code."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["school", "local-authority"]
    reference: str
    name: str


def _read() -> tuple[ClaimPolicy, ...]:
    text = Path(__file__).with_name("claim_policies.json").read_bytes()
    policies = TypeAdapter(tuple[ClaimPolicy, ...]).validate_json(text)
    return tuple(sorted(policies, key=lambda policy: policy.valid_from))


CLAIM_POLICIES: Final = _read()


def claim_policy(on: date) -> ClaimPolicy:
    """The policy in force on a day; before the first one, the first."""
    in_force = [policy for policy in CLAIM_POLICIES if policy.valid_from <= on]
    return in_force[-1] if in_force else CLAIM_POLICIES[0]


def payee_of(facts: Facts | None, policy: ClaimPolicy) -> Payee | None:
    """Who is paid for this school; None where the register does not tell its type, or its authority."""
    if facts is None or facts.type is None:
        return None
    maintained = {name.casefold() for name in policy.paid_through_authority}
    if facts.type.casefold() not in maintained:
        return Payee(kind="school", reference=facts.urn, name=facts.name)
    if facts.la_number is None:
        return None
    code = facts.la_number.partition("/")[0]
    return Payee(kind="local-authority", reference=code, name=facts.la_name or f"Local authority {code}")
