"""The catalogue of problem types: what each `type` in an answer means and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from services.gateway import edge
from services.gateway.description import METHODS, whole_api
from shared.http.problems import MEDIA_TYPE, example, status_of
from shared.refusals import Kind, Refusal

ADVICE: Final[Mapping[Kind, str]] = {
    "malformed": "Mend the request: as it is, it cannot be read.",
    "invalid": "Mend what `field` or `errors` name and send it again under a new Idempotency-Key.",
    "unauthenticated": "Get a new access token and send the request again.",
    "forbidden": "Ask somebody whose role allows it.",
    "missing": "Check the address. What belongs to others looks as if it were not there.",
    "conflict": "Read the object again: its state does not allow this now.",
    "stale": "Read the object again and repeat with its new ETag.",
    "limited": "Wait as long as Retry-After says.",
    "unavailable": "Send the same request again shortly, with the same Idempotency-Key.",
}
OWN: Final = ("shared.", "services.")


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of no: where it may come from, and one as an example."""

    slug: str
    title: str
    status: int
    advice: str
    operations: tuple[str, ...]
    example: Mapping[str, object]


@cache
def problem_types() -> Mapping[str, ProblemType]:
    """Every problem type of every service and the edge, by slug."""
    used = _operations_by_slug(whole_api())
    refusals = {slug: refusal for slug, refusal in Refusal.catalogue().items() if refusal.__module__.startswith(OWN)}
    return {slug: _problem_type(refusal, used.get(slug, ())) for slug, refusal in refusals.items()}


def _problem_type(refusal: type[Refusal], operations: tuple[str, ...]) -> ProblemType:
    advice = ADVICE[refusal.kind]
    return ProblemType(refusal.slug, refusal.title, status_of(refusal), advice, operations, example(refusal))


def _operations_by_slug(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    used: dict[str, list[str]] = {}
    for slug, operation in _documented(document):
        used.setdefault(slug, []).append(operation)
    return {slug: tuple(operations) for slug, operations in used.items()}


def _documented(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method not in METHODS:
                continue
            for response in operation["responses"].values():
                for slug in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}):
                    yield slug, f"{method.upper()} {path}"


__all__ = ["ADVICE", "ProblemType", "edge", "problem_types"]
