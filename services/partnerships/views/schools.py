"""Schools and their eligibility as clients see them."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.eligibility import ReasonCode, Verdict
from services.partnerships.domain.school import School
from shared.contracts.partnerships import SchoolStatus
from shared.http.requests import ResponseModel

SCHOOL_EXAMPLE: JsonDict = {
    "urn": "900001",
    "identifier_scheme": "urn",
    "ukprn": "10099001",
    "la_number": "391/4001",
    "la_name": "Newcastle upon Tyne",
    "name": "St Mary's Academy",
    "type": "Academy converter",
    "census_type": "State-funded secondary",
    "phase": "Secondary",
    "status": "open",
    "trust_id": "9001",
    "trust": "Tyne Learning Trust",
    "postcode": "NE1 4ST",
    "town": "Newcastle upon Tyne",
    "region": "North East",
    "country": None,
    "latitude": 54.973,
    "longitude": -1.614,
    "pupils": 912,
    "free_meals_percent": 31.4,
    "low_age": 11,
    "high_age": 18,
    "opened_on": "2012-09-01",
    "closed_on": None,
    "state_funded": True,
    "successor_urn": None,
    "version": 1,
}


class SchoolAnswer(ResponseModel):
    """What the register says of a school. Null: it does not say. Ages in years, shares in percent, WGS84 degrees."""

    model_config = ConfigDict(json_schema_extra={"examples": [SCHOOL_EXAMPLE | {"distance_km": None}]})
    urn: str
    identifier_scheme: str = Field(description='"urn" in England.')
    ukprn: str | None
    la_number: str | None = Field(description="Local authority code and establishment number: kept in a conversion.")
    la_name: str | None
    name: str
    type: str | None
    census_type: str | None
    phase: str
    status: SchoolStatus
    trust_id: str | None
    trust: str | None
    postcode: str | None
    town: str | None
    region: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    pupils: int | None
    free_meals_percent: float | None
    low_age: int | None
    high_age: int | None
    opened_on: date | None
    closed_on: date | None
    state_funded: bool | None = Field(description="Null where neither type nor census type says.")
    successor_urn: str | None = Field(description="The school that this one goes on as.")
    distance_km: float | None = Field(default=None, description="From the postcode of a search.")
    version: int


class SchoolDetail(SchoolAnswer):
    """One school, and what it was and has become."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                SCHOOL_EXAMPLE | {"distance_km": None, "current_urn": "900001", "predecessor_urns": ["800001"]}
            ]
        }
    )
    current_urn: str = Field(description="Where its history goes on today: its own URN, or its last successor's.")
    predecessor_urns: tuple[str, ...] = Field(description="The schools that go on as this one.")


class ReasonAnswer(ResponseModel):
    """Why a school may not take part."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "closed",
                    "rule": "The school must be open.",
                    "would_change": "Its successor is 900001: that school may take part.",
                }
            ]
        }
    )
    code: ReasonCode
    rule: str
    would_change: str = Field(description="What would change the answer.")


class EligibilityAnswer(ResponseModel):
    """Whether a school may take part. No reasons: it may."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "urn": "800001",
                    "eligible": False,
                    "state_funded": True,
                    "reasons": [
                        {
                            "code": "closed",
                            "rule": "The school must be open.",
                            "would_change": "Its successor is 900001: that school may take part.",
                        }
                    ],
                    "rule_set": "2020-09",
                    "on": "2026-09-14",
                }
            ]
        }
    )
    urn: str
    eligible: bool
    state_funded: bool | None
    reasons: tuple[ReasonAnswer, ...]
    rule_set: str = Field(description="The version of the rules that answered.")
    on: date = Field(description="The day the answer is for.")


def school_answer(school: School, distance_metres: int | None = None) -> SchoolAnswer:
    """A school as clients see it."""
    return SchoolAnswer(**_shown(school), distance_km=None if distance_metres is None else distance_metres / 1000)


def school_detail(school: School, current_urn: str, predecessor_urns: tuple[str, ...]) -> SchoolDetail:
    """A school with its past and future."""
    return SchoolDetail(**_shown(school), current_urn=current_urn, predecessor_urns=predecessor_urns)


def eligibility_answer(school: School, verdict: Verdict, on: date) -> EligibilityAnswer:
    """A verdict as clients see it."""
    return EligibilityAnswer(
        urn=school.id,
        eligible=verdict.eligible,
        state_funded=verdict.state_funded,
        reasons=tuple(
            ReasonAnswer(code=reason.code, rule=reason.rule, would_change=reason.would_change)
            for reason in verdict.reasons
        ),
        rule_set=verdict.rule_set,
        on=on,
    )


def _shown(school: School) -> dict[str, object]:
    facts = school.facts.model_dump(exclude={"type_code"})
    return facts | {
        "state_funded": school.state_funded,
        "successor_urn": school.successor_urn,
        "version": school.version,
    }
