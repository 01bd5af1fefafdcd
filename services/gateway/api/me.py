"""What callers may know and change about themselves."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.gateway.api.models import MeAnswer, PasswordRequest
from services.gateway.domain.account import CurrentPasswordWrong, Login, PasswordTooWeak
from services.gateway.passwords import TooManySignIns
from services.gateway.use_cases import accounts as use_cases
from shared.http.principal import Caller
from shared.http.problems import problems
from shared.http.working import HttpWork
from shared.refusals import NotFound
from shared.transitions import WrongState

router = APIRouter(prefix="/api/identity/me")


@router.get("", summary="Read whom the token stands for")
async def read_me(caller: Caller, work: HttpWork) -> MeAnswer:
    """Roles are as the token says them; after a change they are new with the next token."""
    login = await work.collection(Login).get(caller.subject)
    return MeAnswer(
        subject=caller.subject,
        kind="api-client" if login is None else "account",
        email=None if login is None else login.email,
        roles=tuple(sorted(caller.roles)),
        school_urn=caller.school_urn,
        employer_id=caller.employer_id,
        partnership_id=caller.partnership_id,
    )


@router.put(
    "/password",
    status_code=204,
    summary="Change one's own password",
    responses=problems(PasswordTooWeak, CurrentPasswordWrong, WrongState, NotFound, TooManySignIns),
)
async def change_my_password(body: PasswordRequest, caller: Caller, work: HttpWork) -> Response:
    """Earlier sign-ins end, this one too at its next refresh: sign in with the new password."""
    await use_cases.change_own_password(work, caller, body.current_password, body.new_password)
    return Response(status_code=204)
