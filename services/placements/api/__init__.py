"""The HTTP interface of placements: one module a noun, joined here."""

from __future__ import annotations

from fastapi import APIRouter

from services.placements.api import applications, employers, imports, offers, placements, requests

router = APIRouter()
for part in (employers, offers, imports, applications, placements, requests):
    router.include_router(part.router)
