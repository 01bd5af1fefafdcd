"""Who stands beside a partnership: an adviser whom officers name, and the sponsors that its money came from."""

from __future__ import annotations

from typing import Any

from tests.partnerships.programme import URNS, Programme


async def name(programme: Programme, path: str, adviser_id: str | None, caller: Any = None) -> Any:
    client = programme.world.client("partnerships")
    headers = dict(caller or programme.officer())
    return await client.put(f"{path}/adviser", headers=headers, json={"adviser_id": adviser_id})


async def advised_by(programme: Programme, adviser_id: str) -> list[str]:
    found = await programme.get("/api/partnerships", programme.officer(), adviser_id=adviser_id)
    return [one["id"] for one in found["items"]]


async def test_an_officer_names_the_adviser_whom_the_schools_see(programme: Programme) -> None:
    partnership_id = await programme.funded(10_000)
    path = f"/api/partnerships/{partnership_id}"
    assert (await programme.get(path, programme.school(URNS[1])))["adviser_id"] is None
    assert (await name(programme, path, "officer-2", programme.school(URNS[0]))).status_code == 403
    assert (await name(programme, path, "officer-2")).json()["adviser_id"] == "officer-2"
    assert (await programme.get(path, programme.school(URNS[1])))["adviser_id"] == "officer-2"
    assert (await advised_by(programme, "officer-2"), await advised_by(programme, "officer-1")) == (
        [partnership_id],
        [],
    )
    assert (await name(programme, path, "officer-2")).status_code == 200
    assert (await name(programme, path, None)).json()["adviser_id"] is None
    steps = [step["verb"] for step in (await programme.get(f"{path}/history", programme.officer()))["items"]]
    assert steps.count("name-adviser") == 2


async def test_its_sponsors_are_those_whose_pots_have_given_it_money(programme: Programme) -> None:
    partnership_id = await programme.funded(10_000)
    path, finance = f"/api/partnerships/{partnership_id}", programme.finance()
    (first,) = (await programme.get(path, programme.school(URNS[1])))["sponsors"]
    assert first["name"] == "Northern Turbines plc"
    other = await programme.post("/api/sponsors", finance, {"name": "Coastal Foundation"})
    pots = [
        await programme.post("/api/pots", finance, {"sponsor_id": sponsor_id, "name": "Both", "restrictions": {}})
        for sponsor_id in (other["id"], other["id"], first["id"])
    ]
    for pot in pots:
        await programme.post(f"/api/pots/{pot['id']}/payments", finance, {"amount_pence": 5_000})
    assert len((await programme.get(path, finance))["sponsors"]) == 1
    for pot in pots:
        body = {"partnership_id": partnership_id, "amount_pence": 5_000, "kind": "bursaries"}
        await programme.post(f"/api/pots/{pot['id']}/allocations", finance, body)
    await programme.world.settle()
    sponsors = (await programme.get(path, finance))["sponsors"]
    assert sponsors == [{"id": other["id"], "name": "Coastal Foundation"}, first]
