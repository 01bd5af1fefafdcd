"""The pages: plain, escaped, asking no other site for anything, and good enough to sign in and call an operation."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn

from services.gateway import pages
from services.gateway.catalogue import problem_types
from services.gateway.demo_accounts import DEMO_PASSWORD
from services.gateway.settings import gateway_settings
from tests.gateway.browser import Browser, chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.gateway.conftest import Gateway

PAGES = ("/", "/docs", "/problems", "/problems/wrong-state")
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_nothing_of_its_own_and_asks_no_other_site(gateway: Gateway, path: str) -> None:
    answer = await gateway.http.get(path, headers=HTML)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.findall(r'(?:src|href)="(?!/)[^"]*"', answer.text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script>", answer.text)


@pytest.mark.parametrize("path", PAGES)
async def test_what_a_page_needs_is_there_and_may_be_kept(gateway: Gateway, path: str) -> None:
    page = await gateway.http.get(path, headers=HTML)
    needed = re.findall(r'(?:src|href)="(/docs/assets/[^"]+)"', page.text)
    assert needed
    for address in needed:
        answer = await gateway.http.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_link_on_a_page_leads_somewhere(gateway: Gateway, path: str) -> None:
    page = await gateway.http.get(path, headers=HTML)
    for address in set(re.findall(r'<a [^>]*href="([^"#]+)', page.text)):
        assert (await gateway.http.get(address)).status_code == 200, address


@pytest.mark.parametrize("name", ["landing.html", "__init__.py", "..%2f__init__.py", "%2e%2e/settings.py", "x" * 40])
async def test_nothing_but_the_assets_is_read(gateway: Gateway, name: str) -> None:
    assert (await gateway.http.get(f"/docs/assets/{name}")).status_code == 404


async def test_the_landing_page_shows_a_command_that_works(gateway: Gateway) -> None:
    page = (await gateway.http.get("/")).text
    shown = re.search(r"curl (\S+) .*?-d username=(\S+).*?password=([^']+)'", page.replace("&#x27;", "'"), re.DOTALL)
    assert shown is not None
    address, email, password = shown.groups()
    answer = await gateway.http.post(address, data={"grant_type": "password", "username": email, "password": password})
    assert answer.status_code == 200


async def test_a_hostile_host_name_is_only_text(gateway: Gateway) -> None:
    page = await gateway.http.get("/", headers={"Host": '"><script>alert(1)</script>'})
    assert "<script>" not in page.text


async def test_demo_accounts_are_shown_only_where_they_are(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/", "/docs"):
        assert DEMO_PASSWORD in (await gateway.http.get(path)).text
    monkeypatch.setenv("DEMO_ACCOUNTS", "0")
    gateway_settings.cache_clear()
    for path in ("/", "/docs"):
        assert DEMO_PASSWORD not in (await gateway.http.get(path)).text


async def test_demo_accounts_are_refused_behind_a_public_address(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://stem.example")
    gateway_settings.cache_clear()
    with pytest.raises(ValueError, match="not behind a public https address"):
        gateway_settings()


async def test_every_problem_type_resolves_for_programs_and_for_people(gateway: Gateway) -> None:
    listed = (await gateway.http.get("/problems")).json()["items"]
    assert [item["type"] for item in listed] == [f"/problems/{slug}" for slug in problem_types()]
    for item in listed:
        assert (await gateway.http.get(item["type"])).json() == item
        page = await gateway.http.get(item["type"], headers=HTML)
        assert page.headers["vary"] == "Accept"
        assert "Where it may come from" in page.text


async def test_an_unknown_problem_type_is_a_problem(gateway: Gateway) -> None:
    answer = await gateway.http.get("/problems/made-up")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_whatever_is_put_into_a_page_is_escaped() -> None:
    page = pages.landing("<b>", [{"name": "<i>", "description": "<u>&"}], with_demo_accounts=False)
    assert not re.search(r"<[biu]>", page)
    assert "&lt;u&gt;&amp;" in page


@asynccontextmanager
async def listening(gateway: Gateway) -> AsyncIterator[str]:
    """The gateway behind a real port."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        server = uvicorn.Server(uvicorn.Config(gateway.running.app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve([port]))
        try:
            yield f"http://127.0.0.1:{port.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@pytest.mark.skipif(chromium() is None, reason="no Chromium here (Debian: apt install chromium)")
@pytest.mark.timeout(300)
async def test_somebody_signs_in_on_the_page_and_registers_an_account(gateway: Gateway, tmp_path: Path) -> None:
    operation = "#operations-gateway-register_account"
    async with listening(gateway) as address, Browser.started(tmp_path / "profile") as browser:
        await browser.open(f"{address}/docs")
        await browser.click(".scheme-container .btn.authorize")
        await browser.type("#oauth_username", "officer@stem.example")
        await browser.type("#oauth_password", DEMO_PASSWORD)
        await browser.click(".auth-container .btn.authorize")
        await browser.until("document.querySelector('.auth-container h6')?.textContent === 'Authorized'")
        await browser.click(".auth-container .btn-done")
        await browser.click(f"{operation} .opblock-summary-control")
        await browser.click(f"{operation} .btn.execute")
        answered = f"{operation} .live-responses-table tbody .response-col_status"
        status = await browser.until(f"document.querySelector({answered!r})?.innerText.includes('201') && '201'")
        assert status == "201"
        assert browser.complaints == []
    listed = await gateway.http.get(
        "/api/identity/accounts",
        params={"email": "a.teacher@school-900001.example"},
        headers=await gateway.as_("officer"),
    )
    assert len(listed.json()["items"]) == 1
