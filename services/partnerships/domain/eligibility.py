"""Whether a school may take part, why not, and what would change the answer.

The rules are dated data, read from eligibility_rules.json: state-funded, open, in the UK, any phase. The type of an
establishment decides whether it is state-funded, by its code or its name; where the register gives no type, the school
type of the census does.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.partnerships.domain.school import Facts

ReasonCode = Literal["not-state-funded", "funding-unknown", "closed", "not-open-yet", "outside-uk"]


class RuleSet(BaseModel):
    """One version of the rules. Types are GIAS names by GIAS code; `abroad_types` are types outside the UK."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    valid_from: date
    state_funded_types: dict[str, str]
    other_types: dict[str, str]
    state_funded_census_types: tuple[str, ...]
    other_census_types: tuple[str, ...]
    abroad_types: tuple[str, ...]
    home_countries: tuple[str, ...]


class Reason(BaseModel):
    """Why not: a stable code, the rule in words, and what would change the answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    code: ReasonCode
    rule: str
    would_change: str


class Verdict(BaseModel):
    """The answer of one version of the rules. No reasons: eligible."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    eligible: bool
    state_funded: bool | None
    reasons: tuple[Reason, ...]
    rule_set: str


def _read() -> tuple[RuleSet, ...]:
    text = Path(__file__).with_name("eligibility_rules.json").read_bytes()
    return tuple(sorted(TypeAdapter(tuple[RuleSet, ...]).validate_json(text), key=lambda rule_set: rule_set.valid_from))


RULE_SETS: Final = _read()


def rule_set(on: date) -> RuleSet:
    """The rules in force on a day; before the first ones, the first."""
    in_force = [rules for rules in RULE_SETS if rules.valid_from <= on]
    return in_force[-1] if in_force else RULE_SETS[0]


def is_state_funded(facts: Facts, rules: RuleSet) -> bool | None:
    """By type, else by census type; None when neither says."""
    if facts.type is not None or facts.type_code is not None:
        if _is_one_of(facts, rules.state_funded_types):
            return True
        return False if _is_one_of(facts, rules.other_types) else None
    census = (facts.census_type or "").casefold()
    if census in {name.casefold() for name in rules.state_funded_census_types}:
        return True
    return False if census in {name.casefold() for name in rules.other_census_types} else None


def judge(facts: Facts, on: date, successor_urn: str | None = None) -> Verdict:
    """Whether the school may take part on a day."""
    rules = rule_set(on)
    state_funded = is_state_funded(facts, rules)
    reasons = [
        reason
        for reason in (_funding(facts, state_funded), _opening(facts, successor_urn), _place(facts, rules))
        if reason is not None
    ]
    return Verdict(eligible=not reasons, state_funded=state_funded, reasons=tuple(reasons), rule_set=rules.version)


def _is_one_of(facts: Facts, types: dict[str, str]) -> bool:
    """The name counts where both are given: codes are missing from many files."""
    if facts.type is not None:
        return facts.type.casefold() in {name.casefold() for name in types.values()}
    return facts.type_code in types


def _funding(facts: Facts, state_funded: bool | None) -> Reason | None:
    if state_funded:
        return None
    kind = facts.type or facts.census_type
    if state_funded is None:
        missing = (
            "gives neither type nor census type" if kind is None else f"gives a type the rules do not know: {kind}"
        )
        return Reason(
            code="funding-unknown",
            rule="The school must be state-funded.",
            would_change=f"The register {missing}. An import with its type of establishment would decide it.",
        )
    return Reason(
        code="not-state-funded",
        rule="The school must be state-funded.",
        would_change=f"It is registered as {kind!r}. It would have to become an academy or a maintained school.",
    )


def _opening(facts: Facts, successor_urn: str | None) -> Reason | None:
    if facts.status in ("open", "proposed-to-close"):
        return None
    if facts.status == "proposed-to-open":
        opening = f"on {facts.opened_on:%Y-%m-%d}" if facts.opened_on else "when the register shows it as open"
        return Reason(code="not-open-yet", rule="The school must be open.", would_change=f"It may take part {opening}.")
    successor = (
        f"Its successor is {successor_urn}: that school may take part."
        if successor_urn
        else "Nothing: a closed school can only take part as its successor, and the register names none."
    )
    return Reason(code="closed", rule="The school must be open.", would_change=successor)


def _place(facts: Facts, rules: RuleSet) -> Reason | None:
    abroad = (facts.type or "").casefold() in {name.casefold() for name in rules.abroad_types}
    homes = {name.casefold() for name in rules.home_countries}
    foreign = facts.country is not None and facts.country.casefold() not in homes
    if not abroad and not foreign:
        return None
    where = facts.country or facts.type
    return Reason(
        code="outside-uk",
        rule="The school must be in the United Kingdom.",
        would_change=f"Nothing: it is outside the United Kingdom ({where}).",
    )
