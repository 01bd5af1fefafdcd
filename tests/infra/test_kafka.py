"""Kafka without Docker: a new data directory is formatted, whatever identifier the cluster happens to get."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from infra.local.kafka import Kafka
from infra.local.ports import free_ports
from tests.stack import KAFKA_CACHE


def test_an_identifier_that_begins_with_a_hyphen_is_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=bytes([0b111110_00, *range(15)])))
    port, controller_port = free_ports(2)
    kafka = Kafka(tmp_path, port, controller_port, KAFKA_CACHE)

    kafka.prepare()

    assert "cluster.id=-A" in (tmp_path / "data" / "meta.properties").read_text()
