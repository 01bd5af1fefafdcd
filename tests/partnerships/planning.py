"""Plans for tests: who owns what, and what is heard of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.partnerships.domain.evidence import Heard
from services.partnerships.domain.planned import Activity, Objective
from tests.partnerships.programme import URNS

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

PHYSICS: dict[str, Any] = {"kind": "cpd", "subjects": ["Physics"], "teachers": 4, "attendance": "full"}
PLACED: dict[str, Any] = {"kind": "placement", "completed": 1}
VISITED: dict[str, Any] = {"kind": "visit", "count": 2, "year_groups": ["9"]}
DECLARED: dict[str, Any] = {"kind": "declared"}


def activity(name: str, kind: str, evidence: dict[str, Any], *, year: int = 1, term: int = 1) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"What {name} is about",
        "kind": kind,
        "owner_urn": URNS[1],
        "year": year,
        "term": term,
        "evidence": evidence,
    }


def whole_plan() -> dict[str, Any]:
    """One activity of every kind of the programme."""
    return {
        "first_year": 2026,
        "objectives": [
            {
                "title": "More girls choose physics",
                "activities": [
                    activity("physics", "cpd", PHYSICS),
                    activity("packs", "resource", DECLARED, term=2),
                ],
            },
            {
                "title": "Teachers know the industry",
                "activities": [
                    activity("placement", "placement", PLACED, term=2),
                    activity("visits", "ambassador", VISITED, term=3),
                    activity("fair", "enrichment", DECLARED, year=2),
                ],
            },
        ],
    }


def objectives(*activities: dict[str, Any]) -> tuple[Objective, ...]:
    return (Objective(title="One", activities=tuple(Activity.model_validate(each) for each in activities)),)


def attended(number: int, *teachers: str, revision: int = 1, others: int = 0, subject: str = "Physics") -> Heard:
    fields: dict[str, object] = {"subjects": (subject,), "teachers": teachers, "others": others}
    return Heard("cpd", f"occurrences/o{number}/b{number}", revision, fields, "attendance was corrected")


def completed(number: int, days: int = 5) -> Heard:
    fields: dict[str, object] = {"subjects": ("Physics",), "teachers": (f"teacher-{number}",), "completed_days": days}
    return Heard("placement", f"placements/p{number}", None, fields, "a placement was completed")


def days(number: int, done: int, revision: int) -> Heard:
    return Heard("placement", f"placements/p{number}", revision, {"days": done}, "days were corrected")


def cancelled(number: int) -> Heard:
    return Heard("placement", f"placements/p{number}", None, {"cancelled": True}, "the placement was cancelled")


def visited(number: int, revision: int = 1, *, year: str = "9", happened: bool = True) -> Heard:
    fields: dict[str, object] = {
        "subjects": ("Physics",),
        "year_groups": (year,),
        "visit_format": "talk",
        "happened": happened,
    }
    return Heard("visit", f"visits/v{number}", revision, fields, "the visit was corrected")
