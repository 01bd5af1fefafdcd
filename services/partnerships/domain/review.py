"""What a review of a partnership had before it: how the plan stood, what was reported, and where the money was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.account import Account
from services.partnerships.domain.planned import ActionPlan
from services.partnerships.domain.standing import standings


class Review(BaseModel):
    """Numbers of the plan's activities and of the partnership's reports, and the account's balances in pence.

    They are kept as they stood on the day of the review, whatever is corrected later.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    activities: int
    done: int
    overdue: int
    reports_accepted: int
    allocated: int
    reserved: int
    committed: int
    spent: int


def review(plan: ActionPlan | None, account: Account, reports_accepted: int, today: date) -> Review:
    """What there is to be seen on a day; a partnership may have no plan."""
    stands: Sequence[str] = () if plan is None else tuple(standings(plan, today).values())
    return Review(
        activities=len(stands),
        done=stands.count("done"),
        overdue=stands.count("overdue"),
        reports_accepted=reports_accepted,
        allocated=account.allocated,
        reserved=account.reserved,
        committed=account.committed,
        spent=account.spent,
    )
