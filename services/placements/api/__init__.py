"""The HTTP interface of placements: one module a noun, joined here."""

from __future__ import annotations

from fastapi import APIRouter

from services.placements.api import applications, employers, offers, placements

router = APIRouter()
for part in (employers, offers, applications, placements):
    router.include_router(part.router)
