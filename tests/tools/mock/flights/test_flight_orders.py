"""Booking and cancelling flights, over HTTP."""

from decimal import Decimal

import pytest

from tests.tools.mock.flights.traveller import ADA, Flights

CHILD = ADA | {"given_name": "Cem", "born_on": "2019-01-01"}
INFANT = ADA | {"given_name": "Ece", "born_on": "2026-01-01"}


async def test_a_booked_offer_is_an_order_that_can_be_read(flights: Flights) -> None:
    offer = await flights.offer()
    answer = await flights.book(offer["offer_id"])
    assert answer.status_code == 201
    order = answer.json()
    assert order["status"] == "confirmed"
    assert len(order["booking_reference"]) == 6
    for name in ("offer_id", "slices", "cabin_class", "conditions", "total"):
        assert order[name] == offer[name]
    assert order["passengers"] == [ADA]
    assert (await flights.get(f"/orders/{order['order_id']}")).json() == order
    assert await flights.orders() == [order]


async def test_seats_run_out(flights: Flights) -> None:
    offer = await flights.offer(max_stops=0)
    for number in range(offer["seats_left"]):
        assert (await flights.book(offer["offer_id"], f"key-{number}")).status_code == 201
    assert (await flights.get(f"/offers/{offer['offer_id']}")).json()["seats_left"] == 0
    refused = await flights.book(offer["offer_id"], "one-more")
    assert (refused.status_code, refused.json()["code"]) == (409, "sold_out")
    assert offer["offer_id"] not in [found["offer_id"] for found in await flights.search(limit=50)]


async def test_an_offer_expires_and_stays_readable(flights: Flights) -> None:
    offer = await flights.offer()
    await flights.patch(now="2026-06-01T09:30:00Z")
    refused = await flights.book(offer["offer_id"])
    assert (refused.status_code, refused.json()["code"]) == (410, "offer_expired")
    assert (await flights.get(f"/offers/{offer['offer_id']}")).status_code == 200


async def test_an_offer_is_booked_only_at_todays_price(flights: Flights) -> None:
    await flights.patch(now="2026-06-01T23:50:00Z")
    offer = await flights.offer()
    await flights.patch(now="2026-06-02T00:10:00Z")
    refused = await flights.book(offer["offer_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "price_changed")
    today = (await flights.get(f"/offers/{offer['offer_id']}")).json()["total"]
    assert today != offer["total"]
    assert (await flights.book(offer["offer_id"])).json()["total"] == today


@pytest.mark.parametrize(
    ("passengers", "pointer"),
    [
        ([ADA], "/passengers"),
        ([ADA, ADA, CHILD, INFANT], "/passengers"),
        ([ADA, ADA, INFANT], "/passengers/1/born_on"),
        ([ADA, CHILD, CHILD], "/passengers/2/born_on"),
        ([ADA, CHILD, INFANT | {"born_on": "2026-06-02"}], "/passengers/2/born_on"),
        ([ADA, CHILD, INFANT | {"given_name": " "}], "/passengers/2/given_name"),
        ([ADA, CHILD, INFANT | {"seat": "1A"}], "/passengers/2/seat"),
    ],
)
async def test_passengers_match_the_offer(
    flights: Flights, passengers: list[dict[str, str]], pointer: str
) -> None:
    offer = await flights.offer(children=1, infants=1)
    refused = await flights.book(offer["offer_id"], passengers=passengers)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert await flights.orders() == []


async def test_a_family_books(flights: Flights) -> None:
    offer = await flights.offer(children=1, infants=1)
    family = [ADA, CHILD, INFANT]
    assert (await flights.book(offer["offer_id"], passengers=family)).status_code == 201


async def test_orders_are_listed_newest_first_in_pages(flights: Flights) -> None:
    made = [(await flights.order(f"key-{number}"))["order_id"] for number in range(5)]
    seen, query = [], {"limit": 2}
    while True:
        answer = (await flights.get("/orders", params=query)).json()
        seen += [order["order_id"] for order in answer["data"]]
        if answer["meta"]["next_cursor"] is None:
            break
        query["cursor"] = answer["meta"]["next_cursor"]
    assert seen == made[::-1]


async def test_an_order_is_found_by_the_key_that_made_it(flights: Flights) -> None:
    await flights.order("key-1")
    second = await flights.order("key-2")
    assert await flights.orders(idempotency_key="key-2") == [second]
    assert await flights.orders(idempotency_key="key-3") == []


async def test_the_refund_is_the_total_less_the_fee_or_nothing(flights: Flights) -> None:
    offers = await flights.search(limit=50)
    refundable = [offer for offer in offers if offer["conditions"]["refundable"]]
    final = [offer for offer in offers if not offer["conditions"]["refundable"]]
    for offer, key in ((refundable[0], "a"), (refundable[-1], "b"), (final[0], "c")):
        order = (await flights.book(offer["offer_id"], key)).json()
        quote = (await flights.quote(order["order_id"])).json()
        fee = offer["conditions"]["cancel_fee"]
        paid = Decimal(offer["total"]["amount"])
        expected = paid - Decimal(fee["amount"]) if fee else 0
        assert Decimal(quote["refund"]["amount"]) == expected


async def test_a_confirmed_cancellation_frees_the_seat_and_is_final(flights: Flights) -> None:
    offer = await flights.offer()
    order = (await flights.book(offer["offer_id"])).json()
    quote = (await flights.quote(order["order_id"])).json()
    path = f"/cancellations/{quote['cancellation_id']}"
    assert (await flights.get(path)).json() == quote | {"confirmation": None}

    confirmation = await flights.confirm(quote["cancellation_id"])
    assert confirmation.status_code == 200
    assert confirmation.json()["refund"] == quote["refund"]
    assert (await flights.get(path)).json() == quote | {"confirmation": confirmation.json()}
    assert (await flights.get(f"/orders/{order['order_id']}")).json()["status"] == "cancelled"
    again = (await flights.get(f"/offers/{offer['offer_id']}")).json()
    assert again["seats_left"] == offer["seats_left"]

    assert (await flights.confirm(quote["cancellation_id"])).json() == confirmation.json()
    refused = await flights.quote(order["order_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_cancellable")


async def test_only_the_newest_quote_confirms(flights: Flights) -> None:
    order = await flights.order()
    old, new = [(await flights.quote(order["order_id"])).json() for _ in range(2)]
    refused = await flights.confirm(old["cancellation_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_cancellable")
    assert (await flights.confirm(new["cancellation_id"])).status_code == 200


async def test_a_quote_expires(flights: Flights) -> None:
    order = await flights.order()
    quote = (await flights.quote(order["order_id"])).json()
    await flights.patch(now=quote["expires_at"])
    refused = await flights.confirm(quote["cancellation_id"])
    assert (refused.status_code, refused.json()["code"]) == (410, "offer_expired")


async def test_a_flight_that_has_left_cannot_be_cancelled(flights: Flights) -> None:
    order = await flights.order()
    await flights.patch(now=order["slices"][0]["segments"][0]["departing_at"])
    refused = await flights.quote(order["order_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_cancellable")


@pytest.mark.parametrize("path", ["/offers/off_x", "/orders/ord_x", "/cancellations/cxl_x"])
async def test_what_does_not_exist_is_not_found(flights: Flights, path: str) -> None:
    answer = await flights.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
