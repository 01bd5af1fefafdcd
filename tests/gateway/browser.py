"""A headless Chromium for tests, spoken to over its debugging pipe: no driver, no port, nothing left behind.

async with Browser.started(profile) as browser:
    await browser.open("http://127.0.0.1:8080/docs")
    await browser.until("document.querySelector('.opblock') !== null")
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

DEADLINE = 60.0
LOOK_AGAIN = """
new Promise((resolve, reject) => {
  const until = performance.now() + %d;
  const look = () => {
    let found;
    try { found = (%s); } catch (error) { found = undefined; }
    if (found) resolve(found);
    else if (performance.now() > until) reject(new Error('never came true: ' + %s));
    else requestAnimationFrame(look);
  };
  look();
})
"""


def chromium() -> str | None:
    """Where Chromium is, if it is there."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are not among the numbers that the browser wants its own at (3 and 4)."""
    ends = os.pipe()
    apart = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return apart[0], apart[1]


class BrowserError(Exception):
    """The page or the browser said no."""


class Browser:
    """One page of one browser. `complaints` holds what the page said on its console as a warning or an error."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._session: str | None = None
        self._loaded = asyncio.Event()
        self.complaints: list[str] = []

    @classmethod
    @asynccontextmanager
    async def started(cls, profile: Path, *, width: int = 1280, height: int = 900) -> AsyncIterator[Browser]:
        """A browser that ends with the block."""
        to_browser, from_us = _pipe()
        from_browser, to_us = _pipe()
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            f'exec "$0" "$@" 3<&{to_browser} 4>&{to_us}',
            str(chromium()),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            "about:blank",
            pass_fds=(to_browser, to_us),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_browser)
        os.close(to_us)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 26)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_browser, "rb", 0))
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(), os.fdopen(from_us, "wb", 0)
        )
        browser = cls(reader, asyncio.StreamWriter(transport, protocol, None, loop))
        listening = asyncio.create_task(browser._listen())
        try:
            await browser._attach()
            yield browser
        finally:
            # It is asked first, so that its profile is at rest; what does not end is killed.
            with suppress(BrowserError, OSError, TimeoutError):
                async with asyncio.timeout(5):
                    await browser._close()
                    await process.wait()
            listening.cancel()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            transport.close()

    async def open(self, address: str) -> None:
        """Go to a page and wait until it has loaded."""
        self._loaded.clear()
        await self._call("Page.navigate", url=address)
        async with asyncio.timeout(DEADLINE):
            await self._loaded.wait()

    async def until(self, condition: str) -> Any:
        """Wait until an expression is true on the page; gives its value."""
        return await self.run(LOOK_AGAIN % (DEADLINE * 1000, condition, json.dumps(condition)))

    async def run(self, expression: str) -> Any:
        """Evaluate an expression on the page."""
        answer = await self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"].get("exception", {}))[:2000])
        return answer["result"].get("value")

    async def click(self, selector: str) -> None:
        """Click what the selector finds, once it is there."""
        await self.until(f"document.querySelector({json.dumps(selector)}) !== null")
        await self.run(f"document.querySelector({json.dumps(selector)}).click()")

    async def type(self, selector: str, text: str) -> None:
        """Put the cursor into a field and type."""
        await self.until(f"document.querySelector({json.dumps(selector)}) !== null")
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self._call("Input.insertText", text=text)

    async def picture(self, file: Path) -> None:
        """Keep what the window shows as a PNG."""
        answer = await self._call("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(answer["data"]))  # noqa: ASYNC240 - for looking at by hand

    async def _close(self) -> None:
        self._session = None
        await self._call("Browser.close")

    async def _attach(self) -> None:
        targets = await self._call("Target.getTargets")
        page = next(target for target in targets["targetInfos"] if target["type"] == "page")
        attached = await self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            await self._call(f"{domain}.enable")

    async def _call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(DEADLINE + 10):
            return await answer

    async def _listen(self) -> None:
        while True:
            try:
                message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                return
            if "id" in message:
                self._take(message)
            else:
                self._hear(message["method"], message["params"])

    def _hear(self, event: str, told: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self._loaded.set()
        elif event == "Log.entryAdded" and told["entry"]["level"] in ("warning", "error"):
            self.complaints.append(told["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"])[:500])

    def _take(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(message["id"])
        if answer.done():
            return
        if "error" in message:
            answer.set_exception(BrowserError(message["error"]["message"]))
        else:
            answer.set_result(message["result"])
