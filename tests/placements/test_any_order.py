"""Whatever is asked in whatever order: never over-placed, no teacher in two places, every deadline kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.placements.domain import applying, choosing
from services.placements.domain.application import WAITING, Application, ApplicationStatus, Wishes, as_of
from services.placements.domain.applying import Request
from services.placements.domain.asking import Ask
from services.placements.domain.change import next_ones
from services.placements.domain.diary import Diary
from services.placements.domain.expiry import tidy
from services.placements.domain.known import KnownSchool, SchoolFacts
from services.placements.domain.offer import Cohort, Listing, Offer, OfferStatus, free
from services.placements.domain.vocabulary import OfferKind, Phase
from services.placements.policies import policy_at
from shared.contracts.event import Event
from shared.contracts.placements import ApplicationAccepted, ApplicationEnded, ApplicationSubmitted
from shared.decision import Decision, Document, Documents, Read
from shared.refusals import Refusal

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
DAY = date(2027, 2, 1)
SCHOOL = "900001"
PLACES = 1
TEACHERS = ("ada", "bo", "cy", "dee")
Decide = Callable[[Offer, Documents, datetime], Decision[Application] | Decision[None]]


def offer(key: str) -> Offer:
    """A published offer of one day with one place."""
    listing = Listing(
        title="A day",
        summary="",
        kind=OfferKind.SINGLE_DAYS,
        days=1,
        subjects=("Physics",),
        phases=(Phase.SECONDARY,),
        remote=True,
    )
    cohort = Cohort(
        number=1, employer_id="host", site_id=None, starts_on=DAY, ends_on=DAY + timedelta(days=1), places=PLACES
    )
    return Offer(
        id=key,
        status=OfferStatus.PUBLISHED,
        employer_ids=("host",),
        listing=listing,
        cohorts=(cohort,),
        terms=policy_at(NOW).terms(),
        posted_at=NOW,
    )


class Placing(RuleBasedStateMachine):
    """Teachers, their school, two hosts and the clock do what they like; the schedule comes when it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.offers = {key: offer(key) for key in ("offer-1", "offer-2")}
        school = KnownSchool(id=SCHOOL, facts=SchoolFacts(name="School", open=True))
        self.sides: dict[Read, Document] = {(KnownSchool, SCHOOL): school}
        self.events: list[Event] = []
        self.made = 0

    def get(self, kind: type[Document], key: str) -> Document | None:
        """The side documents as they stand."""
        return self.sides.get((kind, key))

    def decide(self, key: str, decide: Decide) -> None:
        """Make a decision on an offer and apply it; a refusal changes nothing."""
        try:
            made = decide(self.offers[key], self, self.now)  # type: ignore[arg-type]
        except Refusal:
            return
        if isinstance(made.root, Offer):
            self.offers[key] = made.root
        self.sides.update({(type(document), document.id): document for document in made.documents})
        self.events += made.events

    def applications(self) -> list[Application]:
        """All of them, as they truly stand."""
        return [as_of(one, self.now) for one in self.sides.values() if isinstance(one, Application)]

    @rule(key=st.sampled_from(["offer-1", "offer-2"]), teacher=st.sampled_from(TEACHERS), later=st.booleans())
    def apply(self, key: str, teacher: str, later: bool) -> None:
        self.made += 1
        mine = [one.id for one in self.applications() if (one.offer_id, one.teacher_id) == (key, teacher)]
        wishes = Wishes(cohort=1, dates=(DAY + timedelta(days=later),))
        request = Request(
            f"application-{self.made}", teacher, SCHOOL, wishes, True, frozenset(), mine[-1] if mine else None
        )
        self.decide(key, lambda root, sides, now: applying.apply(root, sides, now, request))

    @precondition(lambda self: self.applications())
    @rule(
        data=st.data(),
        verb=st.sampled_from(["approve", "shortlist", "offer", "offer", "accept", "accept", "turn_down", "withdraw"]),
    )
    def ask(self, data: st.DataObject, verb: str) -> None:
        self.do(data.draw(st.sampled_from(self.applications())), verb)

    def do(self, one: Application, verb: str) -> None:
        """Ask for a verb about an application."""
        ask = Ask(one.id, "somebody")
        decisions: dict[str, Decide] = {
            "approve": lambda root, sides, now: applying.approve(root, sides, now, ask),
            "shortlist": lambda root, sides, now: choosing.shortlist(root, sides, now, ask),
            "offer": lambda root, sides, now: choosing.offer_place(root, sides, now, ask),
            "accept": lambda root, sides, now: applying.accept(
                root, sides, now, ask, placement_id=f"placement-{one.id}"
            ),
            "turn_down": lambda root, sides, now: applying.turn_down(root, sides, now, ask, code="other"),
            "withdraw": lambda root, sides, now: applying.withdraw(root, sides, now, ask, code="other"),
        }
        self.decide(one.offer_id, decisions[verb])

    @precondition(lambda self: any(one.status is ApplicationStatus.ACCEPTED for one in self.applications()))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        accepted = [one for one in self.applications() if one.status is ApplicationStatus.ACCEPTED]
        one = data.draw(st.sampled_from(accepted))
        diary = self.sides[Diary, one.teacher_id]
        assert isinstance(diary, Diary)
        left = tuple(other for other in diary.engagements if other.placement_id != one.placement_id)
        self.sides[Diary, diary.id] = diary.model_copy(update={"engagements": left})
        self.decide(one.offer_id, lambda root, sides, now: applying.release(root, sides, now, application_id=one.id))

    @rule(key=st.sampled_from(["offer-1", "offer-2"]), teacher=st.sampled_from(TEACHERS), accept=st.booleans())
    def place(self, key: str, teacher: str, accept: bool) -> None:
        """The whole way at once, which single steps seldom go."""
        self.apply(key, teacher, later=False)
        for verb in ("approve", "offer", *(["accept"] if accept else [])):
            for one in self.applications():
                if (one.offer_id, one.teacher_id) == (key, teacher):
                    self.do(one, verb)

    @rule(days=st.sampled_from([1, 6, 7, 15]))
    def pass_time(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(key=st.sampled_from(["offer-1", "offer-2"]))
    def schedule(self, key: str) -> None:
        assert list(next_ones(self.offers[key])) is not None
        self.decide(key, tidy)

    @invariant()
    def no_place_is_given_twice(self) -> None:
        for root in self.offers.values():
            (cohort,) = root.cohorts
            mine = [one.status for one in self.applications() if one.offer_id == root.id]
            assert cohort.accepted == mine.count(ApplicationStatus.ACCEPTED)
            assert free(root, cohort, self.now) == PLACES - mine.count(ApplicationStatus.ACCEPTED) - mine.count(
                ApplicationStatus.OFFERED
            )
            assert free(root, cohort, self.now) >= 0

    @invariant()
    def no_teacher_is_in_two_places(self) -> None:
        accepted = [one for one in self.applications() if one.status is ApplicationStatus.ACCEPTED]
        days = Counter((one.teacher_id, day) for one in accepted for day in one.wishes.dates)
        assert max(days.values(), default=0) <= 1

    @invariant()
    def a_teacher_has_one_live_application_for_an_offer(self) -> None:
        live = (*WAITING, ApplicationStatus.ACCEPTED)
        mine = Counter((one.offer_id, one.teacher_id) for one in self.applications() if one.status in live)
        assert max(mine.values(), default=0) <= 1

    @invariant()
    def an_offer_waits_for_what_is_waiting(self) -> None:
        """Whatever is open has its deadline in the root, so that the schedule comes."""
        for root in self.offers.values():
            stored = [one for one in self.sides.values() if isinstance(one, Application) and one.offer_id == root.id]
            assert root.pending.keys() == {one.id for one in stored if one.status in WAITING}
            assert not root.pending or root.due_at is not None

    def teardown(self) -> None:
        """What was handed in ends once or is accepted once, at most."""
        ended = Counter(event.application_id for event in self.events if isinstance(event, ApplicationEnded))
        accepted = Counter(event.application_id for event in self.events if isinstance(event, ApplicationAccepted))
        submitted = {event.application_id for event in self.events if isinstance(event, ApplicationSubmitted)}
        assert set((ended + accepted).values()) <= {1}
        assert (ended + accepted).keys() <= submitted


Placing.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPlacing = Placing.TestCase
