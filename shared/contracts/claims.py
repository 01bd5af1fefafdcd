"""What the partnerships service says about what is owed: progress reports, instalments, claims, payments, clawbacks.

Aggregates: `accounts/<partnership id>`, `payment_runs/<id>`, `reports/<id>`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.contracts.event import Event, Upcaster

ClaimPurpose = Literal["booking", "placement", "instalment"]
PayeeKind = Literal["school", "local-authority"]
ShortageEnding = Literal["funded", "reduced", "corrected"]
ClawbackEnding = Literal["recovered", "waived", "withdrawn"]


class ReportSubmitted(Event):
    """The lead school has handed in a term's progress report."""

    type: ClassVar[str] = "partnerships.report-submitted.v1"
    aggregate: ClassVar[str] = "reports/{report_id}"
    report_id: str
    partnership_id: str
    year: int
    term: int


class ReportReturned(Event):
    """A programme officer has given a term's progress report back: the lead school may hand it in again."""

    type: ClassVar[str] = "partnerships.report-returned.v1"
    aggregate: ClassVar[str] = "reports/{report_id}"
    report_id: str
    partnership_id: str
    year: int
    term: int


class ReportAccepted(Event):
    """A programme officer has accepted a term's progress report: its instalment falls due."""

    type: ClassVar[str] = "partnerships.report-accepted.v1"
    aggregate: ClassVar[str] = "reports/{report_id}"
    report_id: str
    partnership_id: str
    year: int
    term: int
    accepted_by: str


class InstalmentReleased(Event):
    """An instalment of the award is owed, and its claim waits for approval."""

    type: ClassVar[str] = "partnerships.instalment-released.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    instalment: str
    amount_pence: int


class InstalmentWaits(Event):
    """An instalment has fallen due, and the account holds too little for it: it waits for another allocation."""

    type: ClassVar[str] = "partnerships.instalment-waits.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    instalment: str
    amount_pence: int
    short_by_pence: int


class ClaimSubmitted(Event):
    """A school has handed in a claim that was drafted from what was settled."""

    type: ClassVar[str] = "partnerships.claim-submitted.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    school_urn: str
    amount_pence: int


class ClaimExpired(Event):
    """A claim was not submitted before its window closed: `amount_pence` of it have expired, and are not owed.

    What was committed for it is free again. Told again when a correction changes how much has expired, to 0 as well:
    that frees nothing.
    """

    type: ClassVar[str] = "partnerships.claim-expired.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    school_urn: str
    amount_pence: int


class ClaimFellShort(Event):
    """A correction charges more than the account can pay: the claim waits for money, or for a finance officer."""

    type: ClassVar[str] = "partnerships.claim-fell-short.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    school_urn: str
    short_by_pence: int


class ClaimShortageClosed(Event):
    """A claim that had fallen short is settled: by more money, by a finance officer, or by another correction."""

    type: ClassVar[str] = "partnerships.claim-shortage-closed.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    shortage_ending: ShortageEnding
    amount_pence: int


class ClaimApproved(Event):
    """Somebody else than who submitted it has approved the claim: the next payment run pays it."""

    type: ClassVar[str] = "partnerships.claim-approved.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    amount_pence: int


class ClaimPaid(Event):
    """A payment run has paid the claim: what was committed for it is spent."""

    type: ClassVar[str] = "partnerships.claim-paid.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    run_id: str
    payee_kind: PayeeKind
    payee_reference: str
    amount_pence: int


class ClawbackOpened(Event):
    """A correction shows that more was paid than was due, or that another amount than was told before is."""

    type: ClassVar[str] = "partnerships.clawback-opened.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    school_urn: str
    amount_pence: int


class ClawbackClosed(Event):
    """What was to be given back has come back, was waived, or turned out to be due after all."""

    type: ClassVar[str] = "partnerships.clawback-closed.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    claim_purpose: ClaimPurpose
    funded_id: str
    clawback_ending: ClawbackEnding
    amount_pence: int


class PaymentRunDrawnUp(Event):
    """Approved claims are to be paid together, each from its partnership's account."""

    type: ClassVar[str] = "partnerships.payment-run-drawn-up.v1"
    aggregate: ClassVar[str] = "payment_runs/{run_id}"
    run_id: str
    claims: int
    amount_pence: int


ClaimsEvent = (
    ReportSubmitted
    | ReportReturned
    | ReportAccepted
    | InstalmentReleased
    | InstalmentWaits
    | ClaimSubmitted
    | ClaimExpired
    | ClaimFellShort
    | ClaimShortageClosed
    | ClaimApproved
    | ClaimPaid
    | ClawbackOpened
    | ClawbackClosed
    | PaymentRunDrawnUp
)

UPCASTERS: tuple[Upcaster, ...] = ()
