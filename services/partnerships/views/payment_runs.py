"""Payment runs as clients see them, and the file to pay from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pydantic import ConfigDict, Field

from services.partnerships.domain.claim_policy import Payee
from services.partnerships.domain.payment_run import Outcome, PaymentRun, RunLine, RunStatus
from services.partnerships.views.accounts import BOOKING_ID
from services.partnerships.views.claims import PAYEE_EXAMPLE, PayeeAnswer, payee_answer
from services.partnerships.views.pots import MOMENT, PARTNERSHIP_ID
from shared.contracts.claims import ClaimPurpose
from shared.http.requests import ResponseModel

RUN_ID: Final = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d31"
COLUMNS: Final = ("payee_kind", "payee_reference", "payee_name", "amount_gbp", "claims", "reference")


class RunLineAnswer(ResponseModel):
    """A claim of a run."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": PARTNERSHIP_ID,
                    "purpose": "booking",
                    "funded_id": BOOKING_ID,
                    "school_urn": "900001",
                    "amount_pence": 45_000,
                    "payee": PAYEE_EXAMPLE,
                    "outcome": "paid",
                }
            ]
        }
    )
    partnership_id: str
    purpose: ClaimPurpose
    funded_id: str
    school_urn: str | None
    amount_pence: int
    payee: PayeeAnswer
    outcome: Outcome = Field(description="Left out: it was not approved any more, or for another amount.")


class PaymentRunAnswer(ResponseModel):
    """A payment run; amounts in pence."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": RUN_ID,
                    "status": "settled",
                    "drawn_up_by": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d08",
                    "drawn_up_at": MOMENT,
                    "paid_pence": 45_000,
                    "lines": [
                        {
                            "partnership_id": PARTNERSHIP_ID,
                            "purpose": "booking",
                            "funded_id": BOOKING_ID,
                            "school_urn": "900001",
                            "amount_pence": 45_000,
                            "payee": PAYEE_EXAMPLE,
                            "outcome": "paid",
                        }
                    ],
                    "version": 2,
                }
            ]
        }
    )
    id: str
    status: RunStatus
    drawn_up_by: str
    drawn_up_at: datetime
    paid_pence: int
    lines: tuple[RunLineAnswer, ...]
    version: int


def payment_run_answer(run: PaymentRun) -> PaymentRunAnswer:
    """A run as clients see it."""
    return PaymentRunAnswer(
        id=run.id,
        status=run.status,
        drawn_up_by=run.drawn_up_by,
        drawn_up_at=run.drawn_up_at,
        paid_pence=sum(line.amount for line in run.lines if line.outcome == "paid"),
        lines=tuple(_line(line) for line in run.lines),
        version=run.version,
    )


def file_rows(run: PaymentRun) -> Iterator[tuple[str, ...]]:
    """A row for each payee, in the order of their references: kind, reference, name, pounds, claims, our reference."""
    payees: dict[Payee, list[RunLine]] = {}
    for line in run.lines:
        if line.outcome == "paid":
            payees.setdefault(line.payee, []).append(line)
    for payee, lines in sorted(payees.items(), key=lambda item: (item[0].kind, item[0].reference, item[0].name)):
        pence = sum(line.amount for line in lines)
        pounds = f"{pence // 100}.{pence % 100:02d}"
        yield payee.kind, payee.reference, payee.name, pounds, str(len(lines)), f"STEM-{run.id}"


def _line(line: RunLine) -> RunLineAnswer:
    return RunLineAnswer(
        partnership_id=line.partnership_id,
        purpose=line.purpose,
        funded_id=line.funded_id,
        school_urn=line.school_urn,
        amount_pence=line.amount,
        payee=payee_answer(line.payee),
        outcome=line.outcome,
    )
