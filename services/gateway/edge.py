"""Problems that the edge itself answers with (infra/caddy/Caddyfile), so that the catalogue has them too."""

from __future__ import annotations

from typing import ClassVar

from shared.refusals import Refusal


class NoAnswerInTime(Refusal):
    kind = "unavailable"
    slug = "no-answer-in-time"
    title = "The service behind this address did not answer in time. Repeat with the same Idempotency-Key."
    status: ClassVar[int] = 504


class EdgeRefused(Refusal):
    kind = "malformed"
    slug = "edge-refused"
    title = "The edge could not pass this request on."
