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
    fees,
    imports,
    occurrences,
)

router = APIRouter()
for part in (courses, occurrences, bookings, fees, approvals, attendance, certificates, credentials, imports):
    router.include_router(part.router)
