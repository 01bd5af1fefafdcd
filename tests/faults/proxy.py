"""A TCP proxy that can be told to be slow, to cut what goes through it, and to let nobody in."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Self

from infra.local.ports import HOST, free_ports

CHUNK = 64 * 1024


class Proxy:
    """Stands before `target` (a port of this machine) on a port of its own while the block lasts.

    `delay` is added to every chunk in both directions, in seconds; without `open` new connections are refused.
    """

    def __init__(self, target: int) -> None:
        self.port = free_ports(1)[0]
        self.delay = 0.0
        self.open = True
        self.cuts = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._pipes: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{target}", daemon=True)

    def __enter__(self) -> Self:
        """Begin to pass on."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *failure: object) -> None:
        """Cut everything, and end."""
        self.open = False
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def cut(self) -> int:
        """Break every connection, in the middle of whatever it is at; how many there were."""
        return asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    async def _cut(self) -> int:
        broken = len(self._pipes) // 2
        for writer in list(self._pipes):
            writer.transport.abort()
        self.cuts += broken
        return broken

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.transport.abort()
            return
        try:
            there, thither = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        self._pipes |= {writer, thither}
        try:
            await asyncio.gather(self._pass_on(reader, thither), self._pass_on(there, writer))
        finally:
            self._pipes -= {writer, thither}

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(chunk)
                await writer.drain()
        writer.close()
