"""Refusals: the errors that are part of the interface.

A rule that says no raises a Refusal. Its kind says what sort of no it is (and so which HTTP status answers it),
its slug is the stable identity a client may switch on, its title is the rule in a sentence. Subclasses are
declared beside the rule they state; `Refusal.catalogue()` lists every one that has been imported.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Kind = Literal[
    "malformed", "invalid", "unauthenticated", "forbidden", "missing", "conflict", "stale", "limited", "unavailable"
]
FactValue = str | int | bool | None | list[str]


class Refusal(Exception):
    """A no with a stable identity.

    `detail` says what happened in this case, `field` names the offending field of the request (dotted path) where
    there is one, `facts` are extra members of the answer that a client may show or compute with (ids, amounts in
    pence, limits); never personal data.
    """

    kind: ClassVar[Kind] = "conflict"
    slug: ClassVar[str] = ""
    title: ClassVar[str] = ""
    _declared: ClassVar[dict[str, type[Refusal]]] = {}

    def __init__(self, detail: str = "", *, field: str | None = None, **facts: FactValue) -> None:
        self.detail = detail or self.title
        self.field = field
        self.facts = facts
        super().__init__(self.detail)

    def __init_subclass__(cls) -> None:
        """Register the slug; two rules may not share one."""
        super().__init_subclass__()
        if not cls.__dict__.get("slug"):
            return
        other = Refusal._declared.get(cls.slug)
        if other is not None and other.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.__qualname__} and {other.__qualname__} both call themselves {cls.slug!r}")
        Refusal._declared[cls.slug] = cls

    @staticmethod
    def catalogue() -> dict[str, type[Refusal]]:
        """Every declared refusal by slug, in alphabetical order."""
        return dict(sorted(Refusal._declared.items()))


class Conflict(Refusal):
    """The state does not allow it: full, already booked, wrong status (409)."""

    kind = "conflict"


class Missing(Refusal):
    """There is no such object, or it belongs to another tenant (404)."""

    kind = "missing"


class Forbidden(Refusal):
    """The caller may see the object but not do this to it (403)."""

    kind = "forbidden"


class Invalid(Refusal):
    """The payload breaks a rule of its shape (422)."""

    kind = "invalid"


class NotFound(Missing):
    slug = "not-found"
    title = "There is no such object, or you may not see it."


class NotAllowed(Forbidden):
    slug = "not-allowed"
    title = "Your role does not allow this."


class VersionMismatch(Refusal):
    kind = "stale"
    slug = "version-mismatch"
    title = "The object has changed since you read it: read it again and repeat with its new ETag."


class IdempotencyKeyReused(Refusal):
    kind = "invalid"
    slug = "idempotency-key-reused"
    title = "This Idempotency-Key was used before with another request."


class Unavailable(Refusal):
    kind = "unavailable"
    slug = "temporarily-unavailable"
    title = "The store does not answer in time: nothing was written. Try again shortly."


class OutcomeUnknown(Refusal):
    kind = "unavailable"
    slug = "outcome-unknown"
    title = "The connection broke while committing: repeat with the same Idempotency-Key to learn the outcome."
