"""The HTTP interface of placements: one module a noun, joined here."""

from __future__ import annotations

from fastapi import APIRouter

from services.placements.api import employers, offers

router = APIRouter()
for part in (employers, offers):
    router.include_router(part.router)
