"""What goes over the wire about placement requests and matching."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.placements.api.fields import OFFER_ID, REQUEST_ID, TEACHER_ID, ShortText
from services.placements.domain.matching import Fit
from services.placements.domain.seeking import PlacementRequest, RequestStatus
from services.placements.domain.vocabulary import AccessNeed, Phase
from services.placements.use_cases.seeking import Wanted
from services.placements.views.matching import Ranking
from shared.http.requests import RequestModel, ResponseModel

_WANTED: dict[str, Any] = {
    "subjects": ["Physics"],
    "phases": ["secondary"],
    "free_from": "2027-06-01",
    "free_to": "2027-07-16",
    "most_km": 40,
    "remote": True,
    "access_needs": [],
}


class PlacementRequestRequest(RequestModel):
    """What you look for. Without `most_km` it is the programme's usual distance."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WANTED]})
    subjects: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=10)]
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=4)]
    free_from: date
    free_to: date
    most_km: Annotated[float, Field(gt=0, le=1000)] | None = None
    remote: bool = True
    access_needs: Annotated[tuple[AccessNeed, ...], Field(max_length=10)] = ()

    def wanted(self) -> Wanted:
        """As the use case takes it."""
        return Wanted(**self.model_dump())


class PlacementRequestAnswer(ResponseModel):
    """A placement request. `because` is the application or placement it follows from, where one came to nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request_id": REQUEST_ID,
                    "teacher_id": TEACHER_ID,
                    "school_urn": "900001",
                    "status": "open",
                    **_WANTED,
                    "made_at": "2026-09-14T10:17:07.250000Z",
                    "expires_at": "2027-03-13T10:17:07.250000Z",
                    "because": None,
                }
            ]
        }
    )
    request_id: str
    teacher_id: str
    school_urn: str
    status: RequestStatus
    subjects: tuple[str, ...]
    phases: tuple[Phase, ...]
    free_from: date
    free_to: date
    most_km: float
    remote: bool
    access_needs: tuple[AccessNeed, ...]
    made_at: datetime
    expires_at: datetime
    because: str | None


class FactorAnswer(ResponseModel):
    """A soft rule: points of its weight, and why."""

    name: str
    weight: int
    points: float
    says: str


class BrokenAnswer(ResponseModel):
    """A hard rule that does not hold, and what would make it hold."""

    rule: str
    says: str
    would_match: str | None


class FitAnswer(ResponseModel):
    """How well it fits: the points of all factors make the score."""

    offer_id: str | None
    request_id: str | None
    score: float
    cohort: int | None
    distance_km: float | None
    broken: tuple[BrokenAnswer, ...]
    factors: tuple[FactorAnswer, ...]


_FIT: dict[str, Any] = {
    "offer_id": OFFER_ID,
    "request_id": None,
    "score": 83.5,
    "cohort": 1,
    "distance_km": 12.4,
    "broken": [],
    "factors": [{"name": "subject", "weight": 35, "points": 35.0, "says": "1 of 1 subjects."}],
}


class RankingAnswer(ResponseModel):
    """What matches, best first, and what would match but for one rule. `considered` were compared."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "matches": [_FIT],
                    "near_misses": [
                        {
                            **_FIT,
                            "cohort": None,
                            "broken": [
                                {
                                    "rule": "dates",
                                    "says": "The teacher is not free on its days.",
                                    "would_match": "A week later it would match.",
                                }
                            ],
                        }
                    ],
                    "considered": 2,
                }
            ]
        }
    )
    matches: tuple[FitAnswer, ...]
    near_misses: tuple[FitAnswer, ...]
    considered: int


def request_answer(request: PlacementRequest) -> PlacementRequestAnswer:
    """A request as it is stored."""
    return PlacementRequestAnswer(
        request_id=request.id,
        teacher_id=request.teacher_id,
        school_urn=request.school_urn,
        status=request.status,
        **request.search.model_dump(exclude={"latitude", "longitude"}),
        made_at=request.made_at,
        expires_at=request.expires_at,
        because=request.because,
    )


def ranking_answer(ranking: Ranking, *, of_offers: bool) -> RankingAnswer:
    """A ranking of offers, or of requests."""
    return RankingAnswer(
        matches=tuple(_fit_answer(one, of_offers) for one in ranking.matches),
        near_misses=tuple(_fit_answer(one, of_offers) for one in ranking.near_misses),
        considered=ranking.considered,
    )


def _fit_answer(fit: Fit, of_offers: bool) -> FitAnswer:
    return FitAnswer(
        offer_id=fit.key if of_offers else None,
        request_id=None if of_offers else fit.key,
        score=fit.score,
        cohort=fit.cohort,
        distance_km=fit.distance_km,
        broken=tuple(BrokenAnswer(rule=one.rule, says=one.says, would_match=one.would_match) for one in fit.broken),
        factors=tuple(
            FactorAnswer(name=one.name, weight=one.weight, points=one.points, says=one.says) for one in fit.factors
        ),
    )
