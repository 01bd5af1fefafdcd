"""Payment runs: approved claims, paid together from a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response, status

from services.partnerships.domain.payment_run import NothingToPay, PaymentRun, RunNotSettled, RunStatus
from services.partnerships.use_cases import claims
from services.partnerships.views.payment_runs import COLUMNS, PaymentRunAnswer, file_rows, payment_run_answer
from shared.http.files import CSV_RESPONSE, csv_file
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound

router = APIRouter(prefix="/api/payment-runs", tags=["claims"])

Finance = Annotated[Principal, requires("finance-officer")]
Reader = Annotated[Principal, requires("finance-officer", "auditor")]
RunId = Annotated[str, Path(description="The payment run.", pattern="^[0-9A-Za-z-]{1,64}$", max_length=64)]


async def existing_run(run_id: RunId, work: HttpWork) -> PaymentRun:
    """The run of the path. Raises NotFound."""
    run = await work.collection(PaymentRun).get(run_id)
    if run is None:
        raise NotFound()
    return run


ExistingRun = Annotated[PaymentRun, Depends(existing_run)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Draw up a payment run",
    responses=problems(NotAllowed, NothingToPay),
)
async def draw_up_payment_run(caller: Finance, work: HttpWork, response: Response) -> PaymentRunAnswer:
    """All approved claims, longest waiting first. They are paid from their accounts a moment later."""
    run = await claims.draw_up_run(work, caller.subject)
    response.headers["Location"] = f"/api/payment-runs/{run.id}"
    set_etag(response, run.version)
    return payment_run_answer(run)


@router.get("", summary="List payment runs", responses=problems(NotAllowed, CursorMalformed))
async def list_payment_runs(caller: Reader, work: HttpWork, paging: PageRequest) -> Page[PaymentRunAnswer]:
    """Oldest first."""
    where = following((("id", 1),), paging.after(str))
    found = await work.collection(PaymentRun).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda run: (run.id,), show=payment_run_answer)


@router.get("/{run_id}", summary="Show a payment run", responses=problems(NotAllowed, NotFound))
async def get_payment_run(caller: Reader, run: ExistingRun, response: Response) -> PaymentRunAnswer:
    """Its claims, and which of them were paid."""
    set_etag(response, run.version)
    return payment_run_answer(run)


@router.get(
    "/{run_id}/file",
    summary="The file to pay from",
    responses={**problems(NotAllowed, NotFound, RunNotSettled), **CSV_RESPONSE},
)
async def get_payment_file(caller: Reader, run: ExistingRun) -> Response:
    """One row a payee, with what it is paid in all. No cell of it is a formula to a spreadsheet."""
    if run.status is not RunStatus.SETTLED:
        raise RunNotSettled()
    return csv_file(f"payment-run-{run.id}", COLUMNS, file_rows(run))
