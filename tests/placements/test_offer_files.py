"""Offer files: bad cells by row, column and rule; a partner's reference names an offer; the same file twice is once."""

from __future__ import annotations

from typing import Any

import pytest

from services.placements.domain.offer_file import (
    OfferColumnsMissing,
    OfferFileTooLong,
    OfferFileUnreadable,
    read_offers,
)
from services.placements.domain.vocabulary import AccessNeed, OfferKind, Phase
from tests.placements.host import EMPLOYER, FACTS, OTHER_EMPLOYER, SITE, Host

HEADER = (
    "reference,title,summary,kind,days,subjects,phases,starts_on,ends_on,places,site_id,remote,access,"
    "cover_pence_per_day,also_hosted_by"
)
GOOD = "OUSE-1,A week with us,Measure.,five days,,Physics; Chemistry,secondary,2027-06-07,2027-06-11,4,york,no,,15000,"
SECOND = GOOD.replace("2027-06-07,2027-06-11,4", "2027-06-14,2027-06-18,2")
REMOTE = "OUSE-2,A day at a distance,Listen.,single-days,1,Computing,Post-16,2027-06-07,2027-07-30,9,,yes,step-free,,"


def file(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode()


def test_rows_of_one_reference_are_cohorts_of_one_offer() -> None:
    (first, second), errors = read_offers(file(GOOD, REMOTE, SECOND))
    assert errors == []
    assert (first.facts.kind, first.facts.days, first.facts.cover_pence_per_day) == (OfferKind.FIVE_DAYS, 5, 15000)
    assert [cohort.places for cohort in first.cohorts] == [4, 2]
    assert (second.facts.remote, second.facts.phases, second.facts.access) == (
        True,
        (Phase.POST_16,),
        (AccessNeed.STEP_FREE,),
    )


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (GOOD.replace("OUSE-1", ""), "reference", "missing"),
        (GOOD.replace("OUSE-1", "OUSE 1"), "reference", "not-an-identifier"),
        (GOOD.replace("OUSE-1", "$where"), "reference", "not-an-identifier"),
        (GOOD.replace("A week", "=HYPERLINK(1)"), "title", "formula"),
        (GOOD.replace("Measure.", "@SUM(A1)"), "summary", "formula"),
        (GOOD.replace("Physics;", "+Physics;"), "subjects", "formula"),
        (GOOD.replace("A week with us", "x" * 201), "title", "too-long"),
        (GOOD.replace("Measure.", "Mea\x07sure."), "summary", "control-characters"),
        (GOOD.replace("five days", "a fortnight"), "kind", "unknown"),
        (GOOD.replace("secondary", "grown-ups"), "phases", "unknown"),
        (GOOD.replace("secondary", ""), "phases", "missing"),
        (GOOD.replace("2027-06-07", "7 June"), "starts_on", "not-a-date"),
        (GOOD.replace("2027-06-11", "2027-06-10"), "ends_on", "too-few-days"),
        (GOOD.replace(",4,york", ",none,york"), "places", "not-a-number"),
        (GOOD.replace("york,no", "york,perhaps"), "remote", "not-yes-or-no"),
        (GOOD.replace("york", ""), "site_id", "missing"),
        (REMOTE.replace("days,1,", "days,,"), "days", "missing"),
        (GOOD.replace(",no,,15000", ",no,a ramp,15000"), "access", "unknown"),
    ],
)
def test_a_bad_cell_is_named_by_row_column_and_rule(row: str, column: str, rule: str) -> None:
    rows, (error,) = read_offers(file(GOOD.replace("OUSE-1", "OUSE-9"), row))
    assert [good.reference for good in rows] == ["OUSE-9"]
    assert (error.row, error.column, error.rule) == (3, column, rule)


def test_rows_of_one_offer_say_the_same_of_it() -> None:
    rows, errors = read_offers(file(GOOD, SECOND.replace("Measure.", "Something else."), GOOD))
    assert rows == []
    assert [(error.row, error.rule) for error in errors] == [(3, "differs"), (4, "double")]


def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(OfferFileUnreadable):
        read_offers(b"\n")
    with pytest.raises(OfferColumnsMissing, match="reference"):
        read_offers(b"title\nx")
    with pytest.raises(OfferFileTooLong):
        read_offers(file(*[GOOD] * 5_001))


async def send(host: Host, content: bytes, **query: Any) -> Any:
    headers = {**host.host(), "Content-Type": "text/csv", "Idempotency-Key": f"file-{len(sent)}"}
    sent.append(content)
    answer = await host.world.client("placements").post(
        "/api/offer-imports", content=content, headers=headers, params=query
    )
    return answer.json()


sent: list[bytes] = []


async def test_a_dry_run_reports_and_writes_nothing(host: Host) -> None:
    await host.register()
    report = await send(host, file(GOOD, SECOND, REMOTE), dry_run="true")
    assert (report["offers"], report["created"], report["written"]) == (2, 2, False)
    assert (await host.get("/api/offers", host.host()))["items"] == []


async def test_the_same_file_again_changes_nothing(host: Host) -> None:
    await host.register()
    first, again = [await send(host, file(GOOD, SECOND, REMOTE)) for _ in range(2)]
    assert (first["created"], first["written"]) == (2, True)
    assert (again["created"], again["unchanged"]) == (0, 2)
    changed = await send(host, file(GOOD.replace("Measure.", "Measure with us."), REMOTE), submit="true")
    assert (changed["changed"], changed["unchanged"]) == (1, 1)
    offers = (await host.get("/api/offers", host.host()))["items"]
    assert {offer["status"] for offer in offers} == {"submitted"}
    again = await send(host, file(REMOTE), submit="true")
    assert (again["unchanged"], again["errors"]) == (1, [])
    posted = await send(host, file(REMOTE.replace("Listen.", "Look.")))
    assert [error["rule"] for error in posted["errors"]] == ["offer-posted"]


async def test_bad_rows_stop_the_file_unless_the_good_ones_are_wanted(host: Host) -> None:
    await host.register()
    bad = GOOD.replace("OUSE-1", "OUSE-7").replace("york", "nowhere")
    stopped = await send(host, file(REMOTE, bad))
    assert (stopped["written"], stopped["rejected"]) == (False, 1)
    assert [(error["column"], error["rule"]) for error in stopped["errors"]] == [("site_id", "cohort-host-unknown")]
    good = await send(host, file(REMOTE, bad), on_error="import-good-rows")
    assert (good["written"], good["created"], good["rejected"]) == (True, 1, 1)


def test_a_file_has_the_limits_of_a_request() -> None:
    cohorts = [GOOD.replace(",4,york", f",{places},york") for places in range(1, 22)]
    rows, (error,) = read_offers(file(*cohorts))
    assert (rows, error.row, error.column, error.rule) == ([], 22, "reference", "too-many")
    hosts = ";".join(f"host-{number}" for number in range(11))
    rows, (error,) = read_offers(file(GOOD + hosts))
    assert (rows, error.row, error.column, error.rule) == ([], 2, "also_hosted_by", "too-many")


async def test_a_dry_run_refuses_what_a_real_run_would_and_nothing_of_it_is_kept(host: Host) -> None:
    await host.register()
    begun = GOOD.replace("2027-06-07", host.day(-1).isoformat())
    for query in ({"dry_run": "true"}, {}, {"on_error": "import-good-rows"}):
        report = await send(host, file(begun), submit="true", **query)
        assert [(error["column"], error["rule"]) for error in report["errors"]] == [("starts_on", "offer-in-the-past")]
    assert (await host.get("/api/offers", host.host()))["items"] == []
    assert (await send(host, file(begun)))["created"] == 1


async def test_the_same_file_means_the_same_after_its_employer_and_site_are_renamed(host: Host) -> None:
    await host.register()
    await send(host, file(GOOD, REMOTE), submit="true")
    facts = FACTS | {"name": "Wharfe Instruments Ltd", "sites": [SITE | {"name": "New laboratory"}]}
    assert (await host.put(f"/api/employers/{EMPLOYER}", host.host(), facts)).status_code == 200
    again = await send(host, file(GOOD, REMOTE), submit="true")
    assert (again["unchanged"], again["errors"]) == (2, [])


async def test_an_offer_file_is_for_ones_own_employer(host: Host) -> None:
    await host.register()
    missing = await send(host, file(GOOD), employer_id=OTHER_EMPLOYER)
    assert missing["status"] == 404
    unknown = await send(host, file(GOOD.replace("15000,", f"15000,{OTHER_EMPLOYER}")))
    assert [(error["column"], error["rule"]) for error in unknown["errors"]] == [("also_hosted_by", "not-found")]
    assert (await send(host, file(GOOD), employer_id=EMPLOYER))["created"] == 1
