"""Checks and what a programme officer decides about an ambassador."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.ambassadors.api.ambassador_models import AmbassadorAnswer, CheckRequest, MonitoringRequest
from services.ambassadors.api.ambassadors import CHANGE, shown
from services.ambassadors.api.fields import AmbassadorId, Officer, ReasonRequest
from services.ambassadors.domain.checks import (
    CheckedInTheFuture,
    CheckRunOut,
    LevelNotOfScheme,
    LevelTooLow,
    NotMonitored,
    NoValidCheck,
)
from services.ambassadors.domain.vocabulary import Scheme
from services.ambassadors.use_cases import ambassadors as use_cases
from shared.http.problems import problems
from shared.http.working import HttpWork

router = APIRouter(prefix="/api/ambassadors/{ambassador_id}", tags=["Ambassadors"])


@router.post(
    "/credentials",
    status_code=201,
    summary="Record a check",
    responses=problems(*CHANGE, LevelNotOfScheme, LevelTooLow, CheckedInTheFuture, CheckRunOut),
)
async def record_ambassador_check(
    ambassador_id: AmbassadorId, body: CheckRequest, caller: Officer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """Its outcome replaces the earlier one of the scheme. What is not cleared any more shuts school doors at once.
    While a renewal is pending, a check that still counts goes on counting.
    """
    return shown(await use_cases.record_check(work, ambassador_id, caller.subject, body.outcome()), work, response)


@router.post(
    "/credentials/{scheme}/monitoring",
    summary="Record what continuous monitoring said",
    responses=problems(*CHANGE, NotMonitored),
)
async def record_check_monitoring(
    ambassador_id: AmbassadorId,
    scheme: Scheme,
    body: MonitoringRequest,
    caller: Officer,
    work: HttpWork,
    response: Response,
) -> AmbassadorAnswer:
    """A change suspends the check until a new one is recorded."""
    found = await use_cases.record_monitoring(work, ambassador_id, caller.subject, scheme, body.outcome)
    return shown(found, work, response)


@router.post("/induction", summary="Induct an ambassador", responses=problems(*CHANGE, NoValidCheck))
async def induct_ambassador(
    ambassador_id: AmbassadorId, caller: Officer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """Needs a valid check."""
    return shown(await use_cases.induct(work, ambassador_id, caller.subject), work, response)


@router.post("/suspension", summary="Suspend an ambassador", responses=problems(*CHANGE))
async def suspend_ambassador(
    ambassador_id: AmbassadorId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """Every visit ahead seeks a substitute at once. Schools are not told why, and others see a pause."""
    return shown(await use_cases.suspend(work, ambassador_id, caller.subject, body.reason), work, response)


@router.post("/reinstatement", summary="End a suspension", responses=problems(*CHANGE, NoValidCheck))
async def reinstate_ambassador(
    ambassador_id: AmbassadorId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """They are where they were, paused if they had paused. Needs a valid check. Visits that were given to others stay
    theirs.
    """
    return shown(await use_cases.reinstate(work, ambassador_id, caller.subject, body.reason), work, response)


@router.post("/restoration", summary="Let a lapsed ambassador be one again", responses=problems(*CHANGE, NoValidCheck))
async def restore_ambassador(
    ambassador_id: AmbassadorId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """They are where they were, paused if they had paused. Needs a valid check. A new check after one that ran out
    restores by itself.
    """
    return shown(await use_cases.restore(work, ambassador_id, caller.subject, body.reason), work, response)
