"""Worlds: sandboxes of one's own that leave nothing behind, and everything that was written."""

from __future__ import annotations

from typing import Any

import pytest

from training.worlds import NOW, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEARCH = {"origin": "BER", "destination": "LIS", "departure_date": "2027-03-03"}
STAY = {"city_code": "LIS", "check_in_date": "2027-03-03", "check_out_date": "2027-03-05"}
ADA = {"given_name": "Ada", "family_name": "Lovelace"}


async def post(world: World, api: str, path: str, sandbox: str, body: Any, *, key: str = "") -> Any:
    headers = {"X-Sandbox": sandbox, **({"Idempotency-Key": key} if key else {})}
    url = f"{world.apis[api].base_url}{path}"
    response = await world.client.post(url, json=body, headers=headers)
    response.raise_for_status()
    return response.json()


async def test_a_sandbox_is_fresh_and_is_deleted(earth: World):
    async with earth.sandbox(seed=1) as one, earth.sandbox(seed=1) as other:
        assert one != other
        assert await earth.orders(one) == []
        assert await earth.bookings(other) == []
    for api in earth.apis.values():
        gone = await earth.client.get(f"{api.base_url}/sandboxes/{one}")
        assert gone.status_code == 404


async def test_it_is_deleted_when_something_fails_in_it_too(earth: World):
    name = ""
    with pytest.raises(ZeroDivisionError):
        async with earth.sandbox(seed=1) as name:
            raise ZeroDivisionError
    gone = await earth.client.get(f"{earth.apis['hotels'].base_url}/sandboxes/{name}")
    assert gone.status_code == 404


async def test_one_seed_makes_one_world(earth: World):
    found: list[Any] = []
    for seed in (3, 3, 4):
        async with earth.sandbox(seed) as name:
            found.append(await post(earth, "flights", "/offers/search", name, SEARCH))
    assert found[0] == found[1]
    assert found[0] != found[2]


async def test_the_clock_stands_where_it_says(earth: World):
    async with earth.sandbox(seed=0) as name:
        url = f"{earth.apis['flights'].base_url}/sandboxes/{name}"
        shown = (await earth.client.get(url)).json()["now"]
        assert (await earth.now(name)).isoformat() == NOW
        assert shown.replace("Z", "+00:00") == NOW


async def test_everything_is_listed_however_many_pages_it_takes(earth: World):
    async with earth.sandbox(seed=0) as name:
        offers = (await post(earth, "flights", "/offers/search", name, SEARCH))["data"]
        hotels = (await post(earth, "hotels", "/stays/search", name, STAY))["data"]
        rates = [hotel["rates"][0] for hotel in hotels[:3]]
        for number in range(22):
            passenger = {**ADA, "born_on": "1990-12-10"}
            body = {"offer_id": offers[number % 3]["offer_id"], "passengers": [passenger],
                    "contact_email": "ada@example.com"}  # fmt: skip
            await post(earth, "flights", "/orders", name, body, key=f"f{number}")
        for number, rate in enumerate(rates):
            body = {"rate_id": rate["rate_id"], "guests": [ADA],
                    "contact_email": "ada@example.com"}  # fmt: skip
            await post(earth, "hotels", "/bookings", name, body, key=f"h{number}")
        orders = await earth.orders(name)
        assert len({order["order_id"] for order in orders}) == 22
        assert len(await earth.bookings(name)) == 3


async def test_calls_fail_from_when_they_are_disturbed(earth: World):
    async with earth.sandbox(seed=0) as name:
        await post(earth, "flights", "/offers/search", name, SEARCH)
        await earth.disturb(name, {"rates": {"unavailable": 1.0}})
        url = f"{earth.apis['flights'].base_url}/offers/search"
        failed = await earth.client.post(url, json=SEARCH, headers={"X-Sandbox": name})
        assert failed.status_code == 503
        await earth.disturb(name, {})
        await post(earth, "flights", "/offers/search", name, SEARCH)


async def test_both_documents_become_tools(earth: World):
    assert {"search_flights", "book_flight", "search_hotels", "book_hotel"} <= {
        tool.name for tool in earth.catalog
    }
