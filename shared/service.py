"""A service as a value, and the application that runs it.

SERVICE = Service(name="courses", …)
app = create_app(SERVICE)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI

from shared.database import Index
from shared.decision import Document, Root
from shared.subscriptions import Subscription
from shared.work import Work


@dataclass(frozen=True, slots=True)
class Due:
    """What to do with roots of a kind whose `due_at` has come: `act(work, root id)`."""

    kind: type[Root]
    act: Callable[[Work, str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Service:
    """What a service is made of. Its name is its store, its consumer group, "<name>.events" and "/<name>"."""

    name: str
    summary: str
    router: APIRouter
    documents: Mapping[type[Document], Sequence[Index]]
    reactions: tuple[Subscription, ...] = ()
    schedule: tuple[Due, ...] = ()


def create_app(service: Service) -> FastAPI:
    """The application of a service."""
    app = FastAPI(title=service.name, summary=service.summary)
    app.include_router(service.router)
    return app
