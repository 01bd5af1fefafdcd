"""Employers: registering, verifying, their compliance documents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.placements.api.employer_models import EmployerAnswer, EmployerRequest, PaperRequest, employer_answer
from services.placements.api.fields import EmployerId, Host, Officer, Overseer, ReasonRequest, own_employer
from services.placements.domain.compliance import NoSuchPaper, PaperExpired
from services.placements.domain.employer import CompanyNumberTaken, Employer, EmployerExists, EmployerStatus
from services.placements.domain.vocabulary import PaperKind
from services.placements.use_cases import employers as use_cases
from services.placements.views import employers as views
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/employers", tags=["Employers"])
ONE = "/{employer_id}"
CHANGE = (NotFound, WrongState, VersionMismatch)
Reader = Annotated[Principal, requires("host-contact", "programme-officer", "auditor")]


def _shown(employer: Employer, work: Work, response: Response) -> EmployerAnswer:
    set_etag(response, employer.version)
    return employer_answer(employer, work.clock.now())


def _check_own(caller: Principal, employer_id: str) -> None:
    """A host contact meets its own employer alone. Raises NotFound, NotAllowed."""
    if not caller.has("programme-officer") and own_employer(caller) != employer_id:
        raise NotFound()


@router.post(
    "",
    status_code=201,
    summary="Register an employer",
    responses=problems(EmployerExists, CompanyNumberTaken, NotAllowed),
)
async def register_employer(body: EmployerRequest, caller: Host, work: HttpWork, response: Response) -> EmployerAnswer:
    """A host contact registers its own employer, once; the programme may register any. It is verified afterwards."""
    own = None if caller.has("programme-officer") else own_employer(caller)
    employer = await use_cases.register(work, body.facts(), own)
    response.headers["Location"] = f"/api/employers/{employer.id}"
    return _shown(employer, work, response)


@router.get("", summary="List employers by name", responses=problems(CursorMalformed))
async def list_employers(
    _caller: Overseer,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[EmployerStatus | None, Query(description="In this status only.")] = None,
) -> Page[EmployerAnswer]:
    """All of them, for the programme."""
    found = await views.employers(work, status, paging.after(str, str), paging.limit + 1)
    now = work.clock.now()
    return paging.page(
        found, lambda employer: (employer.facts.name, employer.id), lambda employer: employer_answer(employer, now)
    )


@router.get(ONE, summary="Read an employer", responses=problems(NotFound, NotAllowed))
async def read_employer(employer_id: EmployerId, caller: Reader, work: HttpWork, response: Response) -> EmployerAnswer:
    """Your own, or any for the programme."""
    only = None if caller.has("programme-officer", "auditor") else own_employer(caller)
    return _shown(await views.employer(work, employer_id, only=only), work, response)


@router.put(ONE, summary="Change an employer", responses=problems(*CHANGE, CompanyNumberTaken, NotAllowed))
async def change_employer(
    employer_id: EmployerId, body: EmployerRequest, caller: Host, work: HttpWork, response: Response
) -> EmployerAnswer:
    """Replaces what it says of itself; offers that exist keep the sites they were made with. With another name, kind
    or company number it is to be verified again; one that was turned down is looked at again."""
    _check_own(caller, employer_id)
    return _shown(await use_cases.change(work, employer_id, body.facts()), work, response)


@router.post(ONE + "/verification", summary="Verify an employer", responses=problems(*CHANGE))
async def verify_employer(
    employer_id: EmployerId, _caller: Officer, work: HttpWork, response: Response
) -> EmployerAnswer:
    """Its offers may be published from now on."""
    return _shown(await use_cases.verify(work, employer_id), work, response)


@router.post(ONE + "/suspension", summary="Suspend an employer", responses=problems(*CHANGE))
async def suspend_employer(
    employer_id: EmployerId, body: ReasonRequest, _caller: Officer, work: HttpWork, response: Response
) -> EmployerAnswer:
    """Nobody is placed there until it is verified again; placements that were cleared are open again shortly."""
    return _shown(await use_cases.suspend(work, employer_id, body.reason), work, response)


@router.post(ONE + "/rejection", summary="Turn a registration down", responses=problems(*CHANGE))
async def reject_employer(
    employer_id: EmployerId, body: ReasonRequest, _caller: Officer, work: HttpWork, response: Response
) -> EmployerAnswer:
    """With a reason. It may change what it says of itself and be looked at again; its company number is free."""
    return _shown(await use_cases.reject(work, employer_id, body.reason), work, response)


@router.post(
    ONE + "/documents/{kind}",
    summary="Record a compliance document",
    responses=problems(NotFound, VersionMismatch, PaperExpired, NotAllowed),
)
async def record_document(
    employer_id: EmployerId,
    kind: PaperKind,
    body: PaperRequest,
    caller: Host,
    work: HttpWork,
    response: Response,
) -> EmployerAnswer:
    """The document itself stays with you. Placements that wait for it are cleared shortly."""
    _check_own(caller, employer_id)
    employer = await use_cases.record_paper(
        work, employer_id, caller.subject, kind, body.reference, body.valid_from, body.expires_on
    )
    return _shown(employer, work, response)


@router.post(
    ONE + "/documents/{kind}/withdrawal",
    summary="Withdraw a compliance document",
    responses=problems(NotFound, VersionMismatch, NoSuchPaper, NotAllowed),
)
async def withdraw_document(
    employer_id: EmployerId, kind: PaperKind, caller: Host, work: HttpWork, response: Response
) -> EmployerAnswer:
    """No document of this kind counts any more: placements that have not begun are opened again shortly."""
    _check_own(caller, employer_id)
    return _shown(await use_cases.withdraw_paper(work, employer_id, kind), work, response)
