"""The words of the field: how a course is delivered, for which ages and phases, and how a school pays."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """Who may book: every school, or those of the partnerships that are invited, active ones and alumni."""

    EVERYBODY = "everybody"
    INVITED = "invited-partnerships"


class Delivery(StrEnum):
    """How a course reaches its teachers."""

    FACE_TO_FACE = "face-to-face"
    RESIDENTIAL = "residential"
    LIVE_REMOTE = "live-remote"
    SELF_PACED = "self-paced"
    BLENDED = "blended"


class Phase(StrEnum):
    """A phase of education."""

    EARLY_YEARS = "early-years"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    POST_16 = "post-16"


class AgeGroup(StrEnum):
    """Ages of pupils that a course is about."""

    UNDER_5 = "under-5"
    AGE_5_TO_7 = "5-7"
    AGE_7_TO_11 = "7-11"
    AGE_11_TO_14 = "11-14"
    AGE_14_TO_16 = "14-16"
    AGE_16_TO_19 = "16-19"


class DurationUnit(StrEnum):
    """What a duration is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


PHASE_OF: dict[AgeGroup, Phase] = {
    AgeGroup.UNDER_5: Phase.EARLY_YEARS,
    AgeGroup.AGE_5_TO_7: Phase.PRIMARY,
    AgeGroup.AGE_7_TO_11: Phase.PRIMARY,
    AgeGroup.AGE_11_TO_14: Phase.SECONDARY,
    AgeGroup.AGE_14_TO_16: Phase.SECONDARY,
    AgeGroup.AGE_16_TO_19: Phase.POST_16,
}


def phases_of(age_groups: tuple[AgeGroup, ...]) -> tuple[Phase, ...]:
    """The phases that these ages belong to, each once, youngest first."""
    return tuple(phase for phase in Phase if any(PHASE_OF[group] is phase for group in age_groups))
