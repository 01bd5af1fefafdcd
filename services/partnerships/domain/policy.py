"""The forming rule: how many schools make a partnership. Dated data, read from forming_policies.json."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter


class FormingPolicy(BaseModel):
    """How many schools may submit (`fewest` to `most`), and how large a partnership may grow once approved."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    valid_from: date
    fewest: int
    most: int
    largest: int


def _read() -> tuple[FormingPolicy, ...]:
    text = Path(__file__).with_name("forming_policies.json").read_bytes()
    policies = TypeAdapter(tuple[FormingPolicy, ...]).validate_json(text)
    return tuple(sorted(policies, key=lambda policy: policy.valid_from))


FORMING_POLICIES: Final = _read()


def forming_policy(on: date) -> FormingPolicy:
    """The policy in force on a day; before the first one, the first."""
    in_force = [policy for policy in FORMING_POLICIES if policy.valid_from <= on]
    return in_force[-1] if in_force else FORMING_POLICIES[0]
