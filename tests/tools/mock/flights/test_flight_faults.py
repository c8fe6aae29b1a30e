"""What goes wrong on demand, and what an outcome is worth afterwards: one order, never two."""

import asyncio

import httpx
import pytest

from tests.tools.mock.flights.traveller import SEARCH, Flights

ONCE = "book_flight"


@pytest.mark.parametrize(
    ("fault", "status", "code", "retryable"),
    [
        ("price_changed", 409, "price_changed", False),
        ("sold_out", 409, "sold_out", False),
        ("expired", 410, "offer_expired", False),
        ("rate_limited", 429, "rate_limited", True),
        ("unavailable", 503, "unavailable", True),
    ],
)
async def test_a_scripted_fault_refuses_the_next_booking(
    flights: Flights, fault: str, status: int, code: str, *, retryable: bool
) -> None:
    offer = await flights.offer()
    await flights.set_faults((ONCE, fault))
    refused = await flights.book(offer["offer_id"])
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["retryable"]) == (status, code, retryable)
    assert ("retry-after" in refused.headers) is (fault == "rate_limited")
    assert await flights.orders() == []


@pytest.mark.parametrize("fault", ["rate_limited", "unavailable"])
async def test_a_passing_fault_passes(flights: Flights, fault: str) -> None:
    offer = await flights.offer()
    await flights.set_faults((ONCE, fault))
    statuses = [(await flights.book(offer["offer_id"])).status_code for _ in range(2)]
    assert statuses[1] == 201
    assert len(await flights.orders()) == 1


async def test_after_a_price_change_the_offer_is_booked_at_its_new_price(flights: Flights) -> None:
    offer = await flights.offer()
    await flights.set_faults((ONCE, "price_changed"))
    for _ in range(2):
        assert (await flights.book(offer["offer_id"])).json()["code"] == "price_changed"
    shown = (await flights.get(f"/offers/{offer['offer_id']}")).json()
    assert float(shown["total"]["amount"]) > float(offer["total"]["amount"])
    booked = await flights.book(offer["offer_id"])
    assert booked.json()["total"] == shown["total"]


async def test_a_sold_out_offer_stays_sold_out_and_leaves_the_search(flights: Flights) -> None:
    offer = await flights.offer()
    await flights.set_faults((ONCE, "sold_out"))
    codes = [(await flights.book(offer["offer_id"])).json()["code"] for _ in range(2)]
    assert codes == ["sold_out", "sold_out"]
    assert offer["offer_id"] not in [found["offer_id"] for found in await flights.search(limit=50)]


async def test_an_expired_offer_is_held_again_by_a_new_search(flights: Flights) -> None:
    offer = await flights.offer()
    await flights.set_faults((ONCE, "expired"))
    assert (await flights.book(offer["offer_id"])).json()["code"] == "offer_expired"
    await flights.search()
    assert (await flights.book(offer["offer_id"])).status_code == 201


async def test_a_lost_response_leaves_one_order_and_the_key_answers_it(flights: Flights) -> None:
    offer = await flights.offer()
    await flights.set_faults((ONCE, "lost_response"))
    with pytest.raises(httpx.RemoteProtocolError):
        await flights.book(offer["offer_id"])
    (order,) = await flights.orders(idempotency_key="key-1")
    again = await flights.book(offer["offer_id"])
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == order
    assert await flights.orders() == [order]


async def test_a_lost_confirmation_is_seen_on_the_cancellation(flights: Flights) -> None:
    order = await flights.order()
    quote = (await flights.quote(order["order_id"])).json()
    await flights.set_faults(("confirm_flight_cancellation", "lost_response"))
    with pytest.raises(httpx.RemoteProtocolError):
        await flights.confirm(quote["cancellation_id"])
    state = (await flights.get(f"/cancellations/{quote['cancellation_id']}")).json()
    assert state["confirmation"]["refund"] == quote["refund"]


async def test_slow_answers_come_all_the_same(flights: Flights) -> None:
    await flights.set_faults(("search_flights", "slow"))
    assert await flights.search()


async def test_one_shots_hit_once_each_in_their_order(flights: Flights) -> None:
    await flights.set_faults(("find_places", "unavailable"), ("find_places", "rate_limited"))
    statuses = [
        (await flights.get("/places", params={"query": "Rom"})).status_code for _ in range(3)
    ]
    assert statuses == [503, 429, 200]


async def test_rates_draw_the_same_faults_in_twin_worlds(flights: Flights) -> None:
    await flights.set_faults(unavailable=0.3, rate_limited=0.2)
    twin = await flights.fork(f"{flights.sandbox}-twin")
    drawn = [
        [(await world.get("/places", params={"query": "Rom"})).status_code for _ in range(40)]
        for world in (flights, twin)
    ]
    assert drawn[0] == drawn[1]
    assert {200, 429, 503} == set(drawn[0])


async def test_a_fault_that_cannot_hit_is_refused(flights: Flights) -> None:
    script = {"once": [{"operation": "search_flights", "fault": "sold_out"}]}
    answer = await flights.http.patch(f"/sandboxes/{flights.sandbox}", json={"faults": script})
    assert answer.status_code == 422
    assert "search_flights" in answer.json()["detail"]


async def test_a_booking_needs_a_key(flights: Flights) -> None:
    offer = await flights.offer()
    answer = await flights.post("/orders", json={"offer_id": offer["offer_id"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_key_belongs_to_one_request(flights: Flights) -> None:
    one, other = (await flights.search())[:2]
    assert (await flights.book(one["offer_id"])).status_code == 201
    refused = await flights.book(other["offer_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_conflict")
    assert len(await flights.orders()) == 1


async def test_the_same_booking_sent_many_times_at_once_is_one_order(flights: Flights) -> None:
    offer = await flights.offer()
    answers = await asyncio.gather(*(flights.book(offer["offer_id"]) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert set(refused) <= {"idempotency_key_in_flight"}
    (order,) = await flights.orders()
    assert all(answer.json() == order for answer in answers if answer.status_code == 201)


async def test_the_last_seat_is_sold_once(flights: Flights) -> None:
    offer = await flights.offer(adults=9, max_stops=0)
    passengers = [{"given_name": "Ada", "family_name": "Y", "born_on": "1990-01-01"}] * 9
    attempts = range(offer["seats_left"] // 9 + 3)
    answers = await asyncio.gather(
        *(flights.book(offer["offer_id"], f"k{n}", passengers=passengers) for n in attempts)
    )
    sold = [answer for answer in answers if answer.status_code == 201]
    assert len(sold) == offer["seats_left"] // 9
    assert {answer.json()["code"] for answer in answers if answer not in sold} == {"sold_out"}


async def test_worlds_of_one_seed_are_the_same_byte_for_byte(flights: Flights) -> None:
    twin = {"id": f"{flights.sandbox}-b", "seed": 0, "now": "2026-06-01T09:00:00Z"}
    await flights.http.post("/sandboxes", json=twin)
    worlds = [flights, Flights(flights.http, twin["id"])]
    searched = [(await world.post("/offers/search", json=SEARCH)).content for world in worlds]
    assert searched[0] == searched[1]
    booked = []
    for world in worlds:
        answer = await world.book((await world.offer())["offer_id"])
        quote = await world.quote(answer.json()["order_id"])
        booked.append(answer.content + quote.content)
    assert booked[0] == booked[1]


async def test_a_fork_goes_its_own_way(flights: Flights) -> None:
    order = await flights.order("before")
    fork = await flights.fork(f"{flights.sandbox}-fork")
    assert await fork.orders() == [order]
    theirs = await fork.order("after")
    assert await flights.orders() == [order]
    ours = await flights.order("after")
    assert ours == theirs, "the same steps from the same world lead to the same world"
