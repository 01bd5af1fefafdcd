"""HTTP in: a file a subject. Each operation parses, calls one use case and answers."""

from fastapi import APIRouter

from services.partnerships.api import (
    accounts,
    claims,
    cover,
    partnerships,
    payment_runs,
    plans,
    pots,
    progress,
    reach,
    register_imports,
    reports,
    schools,
)

SUBJECTS = (
    schools,
    register_imports,
    partnerships,
    progress,
    plans,
    accounts,
    claims,
    payment_runs,
    reports,
    pots,
    cover,
    reach,
)

router = APIRouter()
for part in SUBJECTS:
    router.include_router(part.router)
