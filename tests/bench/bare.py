"""The measure for the edge: an endpoint that takes and answers what booking does, and does nothing in between.

`python -m tests.bench.bare PORT` serves it as our services are served, so that what differs is what a booking costs.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI

from services.courses.api.booking_models import BookingAnswer, BookingRequest, booking_answer
from services.courses.domain.booking import Booking, BookingStatus
from shared.ids import new_id

app = FastAPI(openapi_url=None)


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    """Asked by the edge."""
    return {"status": "ok"}


@app.post("/api/placements/{occurrence_id}/bookings", status_code=201)
async def book(occurrence_id: str, body: BookingRequest) -> BookingAnswer:
    """A booking that nobody keeps."""
    now = datetime.now(UTC)
    booking = Booking(
        id=new_id(),
        occurrence_id=occurrence_id,
        school_urn="900001",
        booked_by="bench",
        booked_at=now,
        status=BookingStatus.CONFIRMED,
        delegates=tuple(delegate.delegate() for delegate in body.delegates),
        places=len(body.delegates),
        price_pence=0,
        funding=body.payer(),
    )
    return booking_answer(booking, now)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=2048,
        timeout_keep_alive=75,
    )
