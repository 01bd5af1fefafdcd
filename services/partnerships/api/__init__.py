"""HTTP in: a file a subject. Each operation parses, calls one use case and answers."""

from fastapi import APIRouter

from services.partnerships.api import (
    accounts,
    cover,
    partnerships,
    plans,
    pots,
    progress,
    reach,
    register_imports,
    schools,
)

router = APIRouter()
for part in (schools, register_imports, partnerships, progress, plans, accounts, pots, cover, reach):
    router.include_router(part.router)
