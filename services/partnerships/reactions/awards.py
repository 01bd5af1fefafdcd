"""What releases the instalments of a partnership's award, and what pays claims."""

from __future__ import annotations

from services.partnerships.domain.claim import Claimed
from services.partnerships.use_cases import claims, reports
from shared.contracts.claims import (
    ClaimExpired,
    ClaimShortageClosed,
    ClawbackClosed,
    InstalmentReleased,
    PaymentRunDrawnUp,
    ReportAccepted,
)
from shared.contracts.partnerships import AccountCredited, FundsReleased, PartnershipAgreementSigned
from shared.contracts.placements import PlacementCompleted
from shared.contracts.plans import PlanApproved
from shared.subscriptions import on
from shared.work import Work


async def start_up_planned(work: Work, event: PlanApproved) -> None:
    """The plan is approved: with the agreement signed, the start-up grant falls due."""
    await reports.release_start_up(work, event.partnership_id)


async def start_up_signed(work: Work, event: PartnershipAgreementSigned) -> None:
    """The agreement is signed: with the plan approved, the start-up grant falls due."""
    await reports.release_start_up(work, event.partnership_id)


async def release_term(work: Work, event: ReportAccepted) -> None:
    """A term's report is accepted: its instalment falls due."""
    await reports.release_term(work, event.partnership_id, event.year, event.term, event.accepted_by)


async def release_after_credit(work: Work, event: AccountCredited) -> None:
    """Money has come: what waits for it may be released."""
    await reports.release_waiting(work, event.partnership_id)


async def release_next(work: Work, event: InstalmentReleased) -> None:
    """One instalment was released: the money may do for the next that waits."""
    await reports.release_waiting(work, event.partnership_id)


async def release_after_freeing(work: Work, event: FundsReleased | ClaimExpired) -> None:
    """Money is free again: what waits for it may be released."""
    if event.amount_pence:
        await reports.release_waiting(work, event.partnership_id)


async def release_after_recovery(work: Work, event: ClawbackClosed) -> None:
    """Money has come back: what waits for it may be released."""
    if event.clawback_ending == "recovered":
        await reports.release_waiting(work, event.partnership_id)


async def settle_after_credit(work: Work, event: AccountCredited) -> None:
    """Money has come: a claim that the account could not pay may be settled."""
    await claims.settle_short(work, event.partnership_id)


async def settle_after_freeing(work: Work, event: FundsReleased | ClaimExpired) -> None:
    """Money is free again: a claim that the account could not pay may be settled."""
    if event.amount_pence:
        await claims.settle_short(work, event.partnership_id)


async def settle_after_recovery(work: Work, event: ClawbackClosed) -> None:
    """Money has come back: a claim that the account could not pay may be settled."""
    if event.clawback_ending == "recovered":
        await claims.settle_short(work, event.partnership_id)


async def settle_next(work: Work, event: ClaimShortageClosed) -> None:
    """One claim is settled: the money may do for the next that is short."""
    await claims.settle_short(work, event.partnership_id)


async def reflect_placement(work: Work, event: PlacementCompleted) -> None:
    """The reflection was handed in: the placement's claim lacks it no more."""
    if event.partnership_id is not None:
        claimed = Claimed(event.partnership_id, "placement", event.placement_id)
        await claims.reflect(work, claimed, f"placements/{event.placement_id}")


async def pay_claims(work: Work, event: PaymentRunDrawnUp) -> None:
    """Claims are to be paid: ask every account that owes them."""
    await claims.pay_run(work, event.run_id)


REACTIONS = (
    on(PlanApproved, start_up_planned),
    on(PartnershipAgreementSigned, start_up_signed),
    on(ReportAccepted, release_term),
    on(AccountCredited, release_after_credit),
    on(FundsReleased, release_after_freeing),
    on(ClaimExpired, release_after_freeing),
    on(ClawbackClosed, release_after_recovery),
    on(InstalmentReleased, release_next),
    on(AccountCredited, settle_after_credit),
    on(FundsReleased, settle_after_freeing),
    on(ClaimExpired, settle_after_freeing),
    on(ClawbackClosed, settle_after_recovery),
    on(ClaimShortageClosed, settle_next),
    on(PlacementCompleted, reflect_placement, changes_once=True),
    on(PaymentRunDrawnUp, pay_claims),
)
