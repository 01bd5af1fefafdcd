"""The HTTP interface of ambassadors: one module a noun, joined here."""

from __future__ import annotations

from fastapi import APIRouter

from services.ambassadors.api import activities, ambassadors, checks, safeguarding, tours, visits

router = APIRouter()
for part in (ambassadors, checks, activities, tours, visits, safeguarding):
    router.include_router(part.router)
