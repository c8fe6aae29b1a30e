"""Cancelling a booking: quote, confirm, and what the hotel gives back."""

from decimal import Decimal

import httpx
import pytest

from tests.tools.mock.hotels.client import Hotels

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def quote(hotels: Hotels, booking: dict) -> httpx.Response:
    return await hotels.http.post(f"/bookings/{booking['booking_id']}/cancellations")


async def confirm(hotels: Hotels, cancellation: dict) -> httpx.Response:
    return await hotels.http.post(f"/cancellations/{cancellation['cancellation_id']}/confirm")


async def test_a_quote_cancels_nothing(hotels: Hotels):
    booking = await hotels.booked()
    quoted = await quote(hotels, booking)
    assert quoted.status_code == 201
    assert quoted.json()["booking_id"] == booking["booking_id"]
    assert quoted.json()["expires_at"] == "2026-06-01T09:30:00Z"
    assert await hotels.bookings() == [booking]


async def test_everything_comes_back_before_the_deadline(hotels: Hotels):
    booking = await hotels.booked(refundable=True)
    assert (await quote(hotels, booking)).json()["refund"] == booking["total"]


async def test_nothing_comes_back_after_the_deadline(hotels: Hotels):
    booking = await hotels.booked(refundable=True)
    await hotels.clock(booking["rate"]["refundable_until"])
    assert (await quote(hotels, booking)).json()["refund"] == booking["total"]
    await hotels.clock(booking["rate"]["refundable_until"].replace(":00Z", ":01Z"))
    assert Decimal((await quote(hotels, booking)).json()["refund"]["amount"]) == 0


async def test_nothing_comes_back_of_a_rate_without_refund(hotels: Hotels):
    booking = await hotels.booked(refundable=False)
    assert Decimal((await quote(hotels, booking)).json()["refund"]["amount"]) == 0


async def test_confirming_cancels_once(hotels: Hotels):
    booking = await hotels.booked()
    cancellation = (await quote(hotels, booking)).json()
    first, second = await confirm(hotels, cancellation), await confirm(hotels, cancellation)
    assert first.status_code == 200
    assert first.content == second.content
    assert first.json()["refund"] == cancellation["refund"]
    assert [item["status"] for item in await hotels.bookings()] == ["cancelled"]
    again = await quote(hotels, booking)
    assert (again.status_code, again.json()["code"]) == (409, "not_cancellable")


async def test_only_the_newest_quote_can_be_confirmed(hotels: Hotels):
    booking = await hotels.booked()
    old, new = (await quote(hotels, booking)).json(), (await quote(hotels, booking)).json()
    refused = await confirm(hotels, old)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_cancellable")
    assert (await confirm(hotels, new)).status_code == 200


async def test_an_expired_quote_cannot_be_confirmed(hotels: Hotels):
    booking = await hotels.booked()
    cancellation = (await quote(hotels, booking)).json()
    await hotels.clock("2026-06-01T09:30:00Z")
    refused = await confirm(hotels, cancellation)
    assert (refused.status_code, refused.json()["code"]) == (410, "offer_expired")
    assert (await confirm(hotels, (await quote(hotels, booking)).json())).status_code == 200


async def test_a_stay_that_has_begun_cannot_be_cancelled(hotels: Hotels):
    booking = await hotels.booked()
    await hotels.clock("2026-07-01T08:00:00Z")
    refused = await quote(hotels, booking)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_cancellable")


@pytest.mark.parametrize(
    ("fault", "status"), [("expired", 410), ("unavailable", 503), ("rate_limited", 429)]
)
async def test_a_scripted_fault_refuses_one_confirmation(hotels: Hotels, fault: str, status: int):
    script = {"once": [{"operation": "confirm_hotel_cancellation", "fault": fault}], "rates": {}}
    await hotels.sandbox("faulty", faults=script)
    booking = await hotels.booked()
    refused = await confirm(hotels, (await quote(hotels, booking)).json())
    assert refused.status_code == status
    assert await hotels.bookings(status="cancelled") == []
    assert (await confirm(hotels, (await quote(hotels, booking)).json())).status_code == 200


async def test_a_lost_confirmation_can_be_read_back(hotels: Hotels):
    script = [{"operation": "confirm_hotel_cancellation", "fault": "lost_response"}]
    await hotels.sandbox("faulty", faults={"once": script, "rates": {}})
    cancellation = (await quote(hotels, await hotels.booked())).json()
    path = f"/cancellations/{cancellation['cancellation_id']}"
    before = (await hotels.http.get(path)).json()
    assert before == cancellation | {"confirmation": None}
    with pytest.raises(httpx.TransportError):
        await confirm(hotels, cancellation)
    after = (await hotels.http.get(path)).json()
    assert after["confirmation"] == (await confirm(hotels, cancellation)).json()


async def test_unknown_ids_are_not_found(hotels: Hotels):
    for answer in (
        await hotels.http.post("/bookings/hbk_aaaaaaaa/cancellations"),
        await hotels.http.get("/bookings/hbk_aaaaaaaa"),
        await hotels.http.get("/cancellations/hcn_aaaaaaaa"),
        await hotels.http.post("/cancellations/hcn_aaaaaaaa/confirm"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
