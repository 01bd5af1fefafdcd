"""What the programme pays, and how much at most. Dated data, read from funding_schemes.json.

A version is valid from a day, and to a day where it has ended: on a day that no version covers nothing is funded.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter


class YearAward(BaseModel):
    """What a partnership gets in one of its years, in as many instalments."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    amount_pence: int
    instalments: int


class FundingScheme(BaseModel):
    """One version, amounts in pence.

    A placement is funded up to `placement_day_pence` a day. The caps hold for a teacher and for a school in an academic
    year. `start_up_pence` is paid once the plan is approved and the agreement signed, `years` as reports are accepted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    valid_from: date
    valid_to: date | None
    state_funded_only: bool
    placement_day_pence: int
    teacher_cap_pence: int
    school_cap_pence: int
    start_up_pence: int
    years: tuple[YearAward, ...]

    def instalment(self, year: int, term: int) -> int:
        """What a term's report releases, in pence; the last of a year gets what does not divide. 0: nothing."""
        if not 1 <= year <= len(self.years) or not 1 <= term <= self.years[year - 1].instalments:
            return 0
        award = self.years[year - 1]
        each = award.amount_pence // award.instalments
        return each if term < award.instalments else award.amount_pence - each * (award.instalments - 1)


def _read() -> tuple[FundingScheme, ...]:
    text = Path(__file__).with_name("funding_schemes.json").read_bytes()
    schemes = TypeAdapter(tuple[FundingScheme, ...]).validate_json(text)
    return tuple(sorted(schemes, key=lambda scheme: scheme.valid_from))


FUNDING_SCHEMES: Final = _read()


def funding_scheme(on: date, schemes: tuple[FundingScheme, ...] = FUNDING_SCHEMES) -> FundingScheme | None:
    """The scheme that funds what happens on a day; None where there is none."""
    in_force = [scheme for scheme in schemes if scheme.valid_from <= on]
    if not in_force or (in_force[-1].valid_to is not None and in_force[-1].valid_to < on):
        return None
    return in_force[-1]
