"""A service of nothing but tills, for tests of what every service has."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from shared.database import CommitUnknown, StoreUnavailable
from shared.decision import Decision
from shared.http.bodies import MEBIBYTE, takes
from shared.http.paging import Page, PageRequest, following
from shared.http.principal import Caller, PossibleCaller, Principal, requires
from shared.http.problems import problems
from shared.http.requests import RequestModel, ResponseModel
from shared.http.versions import is_current, set_etag
from shared.http.working import HttpWork, PublicWork
from shared.ids import new_id
from shared.refusals import NotFound
from shared.service import Service
from tests.shared.till import DOCUMENTS, Receipt, Till, TillFull, pay

router = APIRouter(prefix="/api")
nested = APIRouter()

TillId = Annotated[str, Path(max_length=40, examples=["0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"])]


class NewTill(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"limit": 100}]})
    limit: int = Field(ge=0, le=10_000)
    note: str = Field(default="", max_length=50)


class Payment(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 5}]})
    amount: int = Field(ge=1, le=10_000)
    kind: Literal["cash", "card"] = "cash"
    lines: tuple[NewTill, ...] = ()


class TillAnswer(ResponseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "1", "total": 5, "version": 2}]})
    id: str
    total: int
    version: int


class ReceiptAnswer(ResponseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "1", "amount": 5}]})
    id: str
    amount: int


def till_answer(till: Till) -> TillAnswer:
    return TillAnswer(id=till.id, total=till.total, version=till.version)


@router.post("/tills", status_code=201, summary="Open a till", responses=problems(TillFull))
async def open_till(
    body: NewTill, work: HttpWork, caller: Annotated[Principal, requires("operator")], response: Response
) -> TillAnswer:
    key = new_id()
    till = await work.create_or_change(
        Till, key, lambda _root, _documents, _now: Decision(fresh := Till(id=key, limit=body.limit), fresh)
    )
    response.headers["X-Opened-By"] = caller.subject
    set_etag(response, till.version)
    return till_answer(till)


@router.post("/tills/{till_id}/receipts", status_code=201, summary="Pay", responses=problems(TillFull, NotFound))
async def add_receipt(till_id: TillId, body: Payment, work: HttpWork) -> ReceiptAnswer:
    key = new_id()
    receipt = await work.change(
        Till, till_id, lambda till, _, now: pay(till, Receipt(id=key, till_id=till_id, amount=body.amount), now)
    )
    return ReceiptAnswer(id=receipt.id, amount=receipt.amount)


@router.get("/tills", summary="List tills")
async def list_tills(
    paging: PageRequest, work: HttpWork, fullest: Annotated[bool, Query(description="Order by total.")] = False
) -> Page[TillAnswer]:
    sort = (("total", -1), ("id", 1)) if fullest else (("id", 1),)
    after = paging.after(int, str) if fullest else paging.after(str)
    found = await work.collection(Till).find(following(sort, after), sort=sort, limit=paging.limit + 1)
    return paging.page(found, lambda till: (till.total, till.id) if fullest else (till.id,), till_answer)


@router.get("/tills/{till_id}", summary="Show a till", responses=problems(NotFound))
async def show_till(
    till_id: TillId, work: PublicWork, response: Response, if_none_match: Annotated[str | None, Header()] = None
) -> TillAnswer:
    till = await work.collection(Till).get(till_id)
    if till is None:
        raise NotFound()
    if is_current(if_none_match, till.version):
        response.status_code = 304
    set_etag(response, till.version)
    return till_answer(till)


@nested.post("/till-imports", status_code=202, summary="Import tills")
@takes("text/csv", limit=2 * MEBIBYTE)
async def import_tills(request: Request, work: HttpWork) -> dict[str, int]:
    assert work.idempotency is not None
    return {"bytes": len(await request.body())}


@router.get("/me", summary="Who am I")
async def show_me(caller: Caller) -> dict[str, str | None]:
    return {"subject": caller.subject, "school_urn": caller.school_urn}


@router.get("/guest", summary="Who might I be")
async def show_guest(caller: PossibleCaller) -> dict[str, str | None]:
    return {"subject": caller.subject if caller else None}


@router.get("/failures/{kind}", summary="Fail", include_in_schema=False)
async def fail(kind: str) -> None:
    raise {
        "store": StoreUnavailable("mongodb at 10.0.0.7 does not answer"),
        "commit": CommitUnknown("the connection broke"),
        "bug": RuntimeError("a secret of the inside"),
    }[kind]


router.include_router(nested)

SERVICE = Service(name="tills", summary="Tills.", router=router, documents=DOCUMENTS)
