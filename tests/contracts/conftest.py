"""An event on its way out, for tests that look at what is sent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.messaging.outbox import OutboxRow


@pytest.fixture
def outbox_row() -> OutboxRow:
    return OutboxRow(
        id="01992c20-11f4-7d0e-9b6a-6c1f0e2a4b02",
        subject="occurrences/01992c1e-7b00-7cc1-8a53-2f6d9c0b1e01",
        sequence=3,
        type="courses.occurrence-opened.v1",
        source="/courses",
        time=datetime(2026, 9, 14, 10, 17, 7, tzinfo=UTC),
        correlation_id="9c1f0e2a",
        causation_id="9c1f0e2a",
        triggered_by="user",
        body="{}",
    )
