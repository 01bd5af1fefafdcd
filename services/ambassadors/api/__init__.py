"""The HTTP interface of ambassadors: one module a noun, joined here."""

from __future__ import annotations

from fastapi import APIRouter

from services.ambassadors.api import activities, ambassadors, checks, visits

router = APIRouter()
for part in (ambassadors, checks, activities, visits):
    router.include_router(part.router)
