"""HTTP in: accounts and API clients, tokens, and the pages that describe the whole API."""

from fastapi import APIRouter

from services.gateway.api import accounts, clients, me, oauth, pages

router = APIRouter()
for part in (oauth, me, accounts, clients, pages):
    router.include_router(part.router)
