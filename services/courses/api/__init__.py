"""The HTTP interface of courses: one module a noun, joined here."""

from __future__ import annotations

from fastapi import APIRouter

from services.courses.api import (
    approvals,
    attendance,
    bookings,
    certificates,
    courses,
    credentials,
    imports,
    occurrences,
)

router = APIRouter()
for part in (courses, occurrences, bookings, approvals, attendance, certificates, credentials, imports):
    router.include_router(part.router)
