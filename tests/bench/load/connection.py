"""One client's connection: HTTP/1.1 as cheap as it goes, so that the load is not what is measured."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

from httptools import HttpResponseParser

ANSWER_SECONDS = 60.0
HOST = "127.0.0.1"


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """Sends one request at a time and waits for its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._parts: list[bytes] = []

    async def ask(self, request: bytes) -> Answer:
        """Raises ConnectionError when the connection breaks; the deadline is the caller's."""
        assert self._transport is not None
        if self._transport.is_closing():
            raise ConnectionResetError("the connection was closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Let go."""
        if self._transport is not None:
            self._transport.close()

    # Called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("the connection was closed"))

    # Called by the parser

    def on_message_begin(self) -> None:
        self._parts.clear()

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(self._parser.get_status_code(), b"".join(self._parts)))


async def connected(port: int, count: int) -> list[Connection]:
    """So many open connections."""
    loop = asyncio.get_running_loop()

    async def connect() -> Connection:
        _, connection = await loop.create_connection(Connection, HOST, port)
        return connection

    return list(await asyncio.gather(*(connect() for _ in range(count))))
