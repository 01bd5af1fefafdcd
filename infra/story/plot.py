"""The chapters in their order."""

from __future__ import annotations

from infra.story.attending import attend
from infra.story.booking import offer_course, rush
from infra.story.chain import show_chain
from infra.story.claiming import claim
from infra.story.forming import begin, form
from infra.story.funding import fund
from infra.story.inviting import invite, replace
from infra.story.placing import place_teacher, post_offer
from infra.story.planning import correct, plan_work, show_green
from infra.story.reaching import report
from infra.story.reflecting import complete
from infra.story.registering import register
from infra.story.stage import Stage
from infra.story.visiting import visit
from infra.story.waiting import help_the_next, refuse_funds


def told(stage: Stage) -> None:
    """Tell the whole story. Raises Mismatch where it does not come true, Problem and Unreachable where it cannot."""
    register(stage)
    partnership = begin(stage, form(stage))
    fund(stage, partnership)
    occurrence = offer_course(stage)
    booked = rush(stage, occurrence, partnership.id)
    offered = refuse_funds(stage, booked, occurrence, partnership.id)
    final = help_the_next(stage, booked, offered, occurrence, partnership.id)
    plan_work(stage, partnership.id)
    attend(stage, occurrence, final, partnership.id)
    show_green(stage, partnership.id)
    claim(stage, partnership.id, final[:-1])
    correct(stage, partnership.id, final)
    complete(stage, place_teacher(stage, post_offer(stage), partnership.id), partnership.id)
    replace(stage, invite(stage, partnership.id))
    visit(stage, partnership.id)
    report(stage, partnership.id)
    show_chain(stage, booked)
