"""What the gateway keeps, with indexes, and its named queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.gateway.domain.account import Account, Login, email_key
from services.gateway.domain.api_client import ApiClient
from services.gateway.domain.attempts import Attempts
from services.gateway.domain.sign_in import SignIn
from shared.database import Index
from shared.decision import Document
from shared.work import Work

DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    Account: (Index((("scope.school_urn", 1), ("id", 1))),),
    Login: (Index((("email_key", 1),), unique=True),),
    Attempts: (Index((("forget_at", 1),), expire_seconds=0),),
    SignIn: (Index((("ends_at", 1),), expire_seconds=0),),
    ApiClient: (),
}


async def login_with_email(work: Work, email: str) -> Login | None:
    """The login that an e-mail address belongs to."""
    found = await work.collection(Login).find({"email_key": email_key(email)}, limit=1)
    return found[0] if found else None
