"""The pages people see: a landing page, the page to read and try the API, the catalogue of problems.

Plain HTML with one style sheet, all from this process: no other site is asked for anything, which the
Content-Security-Policy makes sure of. Whatever is put into a page is escaped here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from string import Template
from typing import Final

from services.gateway.catalogue import ProblemType
from services.gateway.demo_accounts import DEMO_PASSWORD, DEMO_SCHOOLS, PARTNERS, SCHOOLS, STAFF, DemoAccount

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_OUR_OWN: Final = files(__package__)
_SWAGGER_UI: Final = files("fastapi_offline") / "static"
ASSETS: Final[Mapping[str, str]] = {
    "page.css": "text/css",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "mark.svg": "image/svg+xml",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
"""What may be asked for by name, and its type. Nothing else is ever read."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to send as it is."""

    path: Path
    media_type: str


@cache
def asset(name: str) -> Asset | None:
    """One of the assets."""
    media_type = ASSETS.get(name)
    if media_type is None:
        return None
    source = _SWAGGER_UI if name.startswith("swagger-ui") else _OUR_OWN
    with as_file(source / name) as path:
        return Asset(path, media_type)


@cache
def assets_version() -> str:
    """Changes whenever an asset does, so that browsers may keep them."""
    times = [int(found.path.stat().st_mtime) for name in ASSETS if (found := asset(name)) is not None]
    return f"{version('fastapi-offline')}-{max(times):x}"


def landing(base: str, services: Iterable[Mapping[str, str]], *, with_demo_accounts: bool) -> str:
    """What this is, where to go on, and how to get a token by hand. `base` is where the reader reached us."""
    rows = [
        (f'<a href="/docs#/{escape(part["name"])}">{escape(part["name"])}</a>', escape(part["description"]))
        for part in services
    ]
    email = STAFF[1].email if with_demo_accounts else "you@school.example"
    password = DEMO_PASSWORD if with_demo_accounts else "your password"
    return _page(
        "landing.html",
        base=escape(base),
        services=_rows(rows),
        email=escape(email),
        password=escape(password),
        demo=_demo_accounts() if with_demo_accounts else "",
    )


def docs(*, with_demo_accounts: bool) -> str:
    """The page to read and try the API."""
    hint = (
        f"Sign in with Authorize: <code>{escape(STAFF[1].email)}</code> and <code>{escape(DEMO_PASSWORD)}</code>."
        if with_demo_accounts
        else "Sign in with Authorize."
    )
    return _page("docs.html", hint=hint)


def problem_list(types: Iterable[ProblemType]) -> str:
    """Every problem type."""
    rows = [
        (f'<a href="/problems/{escape(found.slug)}">{escape(found.slug)}</a>', str(found.status), escape(found.title))
        for found in types
    ]
    return _page("problems.html", rows=_rows(rows))


def problem(found: ProblemType, shown: str) -> str:
    """One problem type; `shown` is its example as JSON text."""
    where = "".join(f"<li><code>{escape(operation)}</code></li>" for operation in found.operations)
    return _page(
        "problem.html",
        slug=escape(found.slug),
        title=escape(found.title),
        status=str(found.status),
        advice=escape(found.advice),
        example=escape(shown),
        operations=where or "<li>The edge, before a request reaches a service, or any operation.</li>",
    )


def digest(body: bytes) -> str:
    """Names a content."""
    return hashlib.sha256(body).hexdigest()[:20]


def _demo_accounts() -> str:
    people = [(f"<code>{escape(account.email)}</code>", _who(account)) for account in (*STAFF, *PARTNERS)]
    for account in SCHOOLS[: len(SCHOOLS) // len(DEMO_SCHOOLS)]:
        name = escape(account.email.replace(DEMO_SCHOOLS[0], "N"))
        people.append((f"<code>{name}</code>", f"{_who(account)} of school N, {DEMO_SCHOOLS[0]} to {DEMO_SCHOOLS[-1]}"))
    return _template("demo.html").substitute(password=escape(DEMO_PASSWORD), rows=_rows(people))


def _who(account: DemoAccount) -> str:
    return escape(", ".join(account.scope.roles).replace("-", " "))


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)


def _page(name: str, **parts: str) -> str:
    return _template(name).substitute(parts, version=assets_version())


@cache
def _template(name: str) -> Template:
    return Template((_OUR_OWN / name).read_text(encoding="utf-8"))
