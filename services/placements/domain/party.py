"""Who stands where towards a placement: its teacher, its school, its host, the programme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.placements.domain.placement import Party, Placement
from shared.refusals import Forbidden, NotFound


class WrongParty(Forbidden):
    slug = "wrong-party"
    title = "This is for another party of the placement."


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: as a teacher, for a school (and those that it has succeeded) as its approver, for an employer, for the
    programme.
    """

    subject: str
    is_teacher: bool = False
    school_urns: Sequence[str] = ()
    employer_id: str | None = None
    officer: bool = False

    def parties(self, placement: Placement) -> frozenset[Party]:
        """The parties of the placement that the actor speaks for."""
        match = placement.match
        found: set[Party] = set()
        if self.is_teacher and self.subject == match.teacher_id:
            found.add("teacher")
        if match.school_urn in self.school_urns:
            found.add("school")
        if self.employer_id == match.employer_id:
            found.add("host")
        return frozenset(found)


def permit(placement: Placement, actor: Actor, allowed: Iterable[Party], *, officer: bool = False) -> None:
    """Raises NotFound to who has nothing to do with it, WrongParty to who is none of the `allowed` parties."""
    parties = actor.parties(placement)
    if not parties and not actor.officer:
        raise NotFound()
    wanted = frozenset(allowed)
    if parties.isdisjoint(wanted) and not (officer and actor.officer):
        raise WrongParty(parties=sorted(wanted))
