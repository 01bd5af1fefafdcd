"""Makes the topics of the services: `python -m infra.kafka.topics courses gateway`, with KAFKA_BOOTSTRAP set.

Does nothing to topics that exist. With what a service image has installed, so that Compose can run it once before the
services start.
"""

from __future__ import annotations

import asyncio
import os
import sys

from shared.messaging.broker import BrokerUnavailable
from shared.messaging.kafka import KafkaBroker


async def make_topics(bootstrap: str, services: list[str]) -> None:
    """Make `<service>.events` for each service. Raises BrokerUnavailable."""
    broker = KafkaBroker(bootstrap, client="topics")
    try:
        await broker.ensure_topics([f"{service}.events" for service in services])
    finally:
        await broker.close()


def main() -> None:
    """Read the command line and make the topics."""
    try:
        asyncio.run(make_topics(os.environ["KAFKA_BOOTSTRAP"], sys.argv[1:]))
    except BrokerUnavailable as error:
        sys.exit(f"the topics could not be made: {error}")


if __name__ == "__main__":
    main()
