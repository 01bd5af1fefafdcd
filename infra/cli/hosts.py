"""The demo's employer: invented, with a site, its compliance documents, its offers, and the account of its contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from infra.cli.client import Answer, Problem, Session
from infra.local.obstacles import Obstacle
from services.gateway.demo_accounts import DEMO_DOMAIN, DEMO_EMPLOYER

HOST: Final = f"host@{DEMO_DOMAIN}"
SITE: Final = "blade-hall"
EMPLOYER: Final = {
    "name": "Northern Turbines plc",
    "kind": "company",
    "company_number": "99000001",
    "sic_codes": ["28110"],
    "region": "North East",
    "sites": [{"site_id": SITE, "name": "Blade hall", "postcode": "ZF2 6DG", "region": "North East"}],
}
GOOD_FOR: Final = timedelta(days=365)


class EmployerAnswer(Answer):
    """An employer; `lacks` are the compliance documents that are missing today."""

    employer_id: str
    name: str
    status: str
    lacks: tuple[str, ...]


class PostedOffer(Answer):
    """An offer of the employer."""

    offer_id: str


class OfferErrorAnswer(Answer):
    """A broken rule of a row."""

    row: int
    column: str
    message: str


class OfferImportAnswer(Answer):
    """What came of an offer file."""

    written: bool
    offers: int
    created: int
    unchanged: int
    errors: tuple[OfferErrorAnswer, ...]


def hosting(host: Session, officer: Session) -> EmployerAnswer:
    """The employer of the demo, verified and with all its documents; what is there already stays."""
    path = f"/api/employers/{DEMO_EMPLOYER}"
    known = _known(host, path) or host.post("/api/employers", EmployerAnswer, EMPLOYER)
    if known.status != "verified":
        known = officer.post(f"{path}/verification", EmployerAnswer)
    today = datetime.now(UTC).date()
    for number, kind in enumerate(known.lacks, 1):
        paper = {
            "reference": f"NT-{today.year}-{number:04}",
            "valid_from": today.isoformat(),
            "expires_on": (today + GOOD_FOR).isoformat(),
        }
        known = host.post(f"{path}/documents/{kind}", EmployerAnswer, paper)
    return known


def offering(host: Session, officer: Session, content: bytes) -> OfferImportAnswer:
    """Post the offers of a file and have them published; what is there already stays. Raises Obstacle for a bad row."""
    done = host.upload("/api/offer-imports", OfferImportAnswer, content, {"submit": True})
    if not done.written:
        faults = "; ".join(f"row {error.row}, {error.column}: {error.message}" for error in done.errors)
        raise Obstacle(f"the offers of the demo were not taken: {faults}", "this is a fault of the demo data")
    for offer in host.each("/api/offers", PostedOffer, {"status": "submitted"}):
        officer.post(f"/api/offers/{offer.offer_id}/review", PostedOffer)
        officer.post(f"/api/offers/{offer.offer_id}/publication", PostedOffer)
    return done


def _known(host: Session, path: str) -> EmployerAnswer | None:
    try:
        return host.get(path, EmployerAnswer)
    except Problem as problem:
        if problem.slug != "not-found":
            raise
        return None
