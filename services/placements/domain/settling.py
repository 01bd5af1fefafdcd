"""What recorded days come to: how many were done, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.placements.domain.placement import Placement, latest_marks
from shared.contracts.placements import PlacementDaysSettled


@dataclass(frozen=True, slots=True)
class Done:
    """The days that were done, and their price for the bursary."""

    days: tuple[date, ...]
    charged_pence: int

    def event(self, placement: Placement) -> PlacementDaysSettled:
        """The settlement as it is told."""
        match = placement.match
        return PlacementDaysSettled(
            placement_id=placement.id,
            employer_id=match.employer_id,
            school_urn=match.school_urn,
            teacher_id=match.teacher_id,
            partnership_id=match.partnership_id,
            revision=placement.settled,
            days=len(placement.dates),
            days_done=len(self.days),
            done_on=self.days,
            charged_pence=self.charged_pence,
        )


def conclude(placement: Placement) -> Done:
    """What the marks that hold come to."""
    marks = latest_marks(placement)
    days = tuple(day for day in placement.dates if day in marks and marks[day].done)
    pays = placement.match.partnership_id is not None and placement.funds != "own-cost"
    rate = placement.terms.day_rate_pence if pays else 0
    return Done(days, rate * len(days))
