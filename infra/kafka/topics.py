"""Makes a topic for each service: `python -m infra.kafka.topics`, with KAFKA_BOOTSTRAP set.

A service is a folder of services/ with an app.py. Does nothing to topics that exist. With what a service image has
installed, so that Compose can run it once before the services start.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import services
from shared.messaging.broker import BrokerUnavailable
from shared.messaging.kafka import KafkaBroker
from shared.observability import start_logging


def services_here() -> list[str]:
    """The services that this code has."""
    return sorted(app.parent.name for root in services.__path__ for app in Path(root).glob("*/app.py"))


async def make_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Make `<name>.events` for each name. Raises BrokerUnavailable."""
    broker = KafkaBroker(bootstrap, client="topics")
    try:
        await broker.ensure_topics([f"{name}.events" for name in names])
    finally:
        await broker.close()


def main() -> None:
    """Make the topics, or say why not."""
    start_logging("topics")
    try:
        asyncio.run(make_topics(os.environ["KAFKA_BOOTSTRAP"], services_here()))
    except BrokerUnavailable as error:
        sys.exit(f"the topics could not be made: {error}")


if __name__ == "__main__":
    main()
