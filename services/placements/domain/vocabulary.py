"""The words of the field: how long a placement is, for which phases, what a teacher may need, which documents count."""

from __future__ import annotations

from enum import StrEnum


class OfferKind(StrEnum):
    """How the days of a placement lie."""

    TEN_DAYS = "ten-days"
    FIVE_DAYS = "five-days"
    SINGLE_DAYS = "single-days"


class Phase(StrEnum):
    """A phase of education."""

    EARLY_YEARS = "early-years"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    POST_16 = "post-16"


class AccessNeed(StrEnum):
    """What a teacher may need at the host's, and a host can say that it has."""

    STEP_FREE = "step-free"
    PARKING = "parking"
    HEARING_LOOP = "hearing-loop"
    QUIET_ROOM = "quiet-room"
    SIGN_LANGUAGE = "sign-language"
    PUBLIC_TRANSPORT = "public-transport"


class PaperKind(StrEnum):
    """A compliance document that an employer has to have."""

    LIABILITY_INSURANCE = "liability-insurance"
    RISK_ASSESSMENT = "risk-assessment"
    HEALTH_AND_SAFETY = "health-and-safety"


DAYS_OF = {OfferKind.TEN_DAYS: 10, OfferKind.FIVE_DAYS: 5}
"""How many days a kind has; single days are as many as the offer says."""
