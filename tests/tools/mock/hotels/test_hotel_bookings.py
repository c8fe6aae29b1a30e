"""``POST /bookings`` and looking bookings up: prices, rooms, keys, and what can go wrong."""

import asyncio
from decimal import Decimal

import httpx
import pytest

from tests.tools.mock.hotels.client import GUESTS, Hotels

pytestmark = pytest.mark.asyncio(loop_scope="module")


def once(fault: str, operation: str = "book_hotel") -> dict:
    return {"once": [{"operation": operation, "fault": fault}], "rates": {}}


async def test_booking_gives_what_was_quoted(hotels: Hotels):
    rate = await hotels.rate()
    answer = await hotels.book(rate["rate_id"])
    booking = answer.json()
    assert answer.status_code == 201
    assert booking["status"] == "confirmed"
    assert booking["total"] == rate["total"]
    assert {name: booking["rate"][name] for name in ("room", "board", "refundable_until")} == {
        name: rate[name] for name in ("room", "board", "refundable_until")
    }
    assert booking["guests"] == GUESTS
    assert (booking["check_in_date"], booking["check_out_date"]) == ("2026-07-01", "2026-07-04")
    assert (await hotels.http.get(f"/bookings/{booking['booking_id']}")).json() == booking
    assert await hotels.bookings() == [booking]


async def test_every_adult_is_named_and_children_may_be(hotels: Hotels):
    rate = await hotels.rate(children=1)
    for count, status in ((1, 422), (4, 422), (2, 201), (3, 201)):
        guests = (GUESTS * 2)[:count]
        assert (await hotels.book(rate["rate_id"], guests=guests)).status_code == status


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"contact_email": "nobody"}, "/contact_email"),
        ({"guests": []}, "/guests"),
        ({"guests": [{"given_name": " ", "family_name": "X"}, GUESTS[0]]}, "/guests/0/given_name"),
        ({"price": 1}, "/price"),
    ],
)
async def test_a_wrong_booking_is_told_what_to_mend(hotels: Hotels, wrong: dict, pointer: str):
    answer = await hotels.book((await hotels.rate())["rate_id"], **wrong)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert await hotels.bookings() == []


async def test_a_booking_needs_a_rate_that_a_search_has_shown(hotels: Hotels):
    answer = await hotels.book("rate_aaaaaaaa")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_rooms_run_out_and_come_back(hotels: Hotels):
    rate = await hotels.rate()
    left = rate["rooms_left"]
    booked = [await hotels.book(rate["rate_id"]) for _ in range(left)]
    assert [answer.status_code for answer in booked] == [201] * left
    refused = await hotels.book(rate["rate_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "sold_out")
    shown = {rate["rate_id"] for hotel in await hotels.search() for rate in hotel["rates"]}
    assert rate["rate_id"] not in shown
    assert (await hotels.http.get(f"/rates/{rate['rate_id']}")).json()["rooms_left"] == 0
    quote = await hotels.http.post(f"/bookings/{booked[0].json()['booking_id']}/cancellations")
    await hotels.http.post(f"/cancellations/{quote.json()['cancellation_id']}/confirm")
    assert (await hotels.book(rate["rate_id"])).status_code == 201


async def test_a_taken_room_is_missing_only_in_nights_that_overlap(hotels: Hotels):
    rate = await hotels.rate()
    (await hotels.book(rate["rate_id"])).raise_for_status()

    async def left(check_in: str, check_out: str, sandbox: str) -> int:
        await hotels.sandbox(sandbox)
        found = await hotels.search(check_in_date=check_in, check_out_date=check_out)
        return sum(rate["rooms_left"] for hotel in found for rate in hotel["rates"])

    for nights, differs in (
        (("2026-07-03", "2026-07-04"), True),
        (("2026-07-04", "2026-07-05"), False),
        (("2026-06-30", "2026-07-01"), False),
    ):
        assert (await left(*nights, "main") < await left(*nights, "untouched")) == differs


async def test_a_rate_expires_by_the_sandbox_clock_and_stays_readable(hotels: Hotels):
    rate = await hotels.rate()
    await hotels.clock("2026-06-01T09:30:00Z")
    answer = await hotels.book(rate["rate_id"])
    assert (answer.status_code, answer.json()["code"]) == (410, "offer_expired")
    assert (await hotels.http.get(f"/rates/{rate['rate_id']}")).status_code == 200
    renewed = await hotels.rate()
    assert renewed["expires_at"] == "2026-06-01T10:00:00Z"
    assert (await hotels.book(renewed["rate_id"])).status_code == 201


async def test_a_price_of_yesterday_is_refused_until_todays_was_seen(hotels: Hotels):
    await hotels.sandbox("evening", now="2026-06-01T23:45:00Z")
    rate = await hotels.rate()
    await hotels.clock("2026-06-02T00:05:00Z")
    refused = await hotels.book(rate["rate_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "price_changed")
    today = (await hotels.http.get(f"/rates/{rate['rate_id']}")).json()
    assert today["total"] != rate["total"]
    booking = await hotels.book(rate["rate_id"])
    assert booking.status_code == 201
    assert booking.json()["total"] == today["total"]


async def test_the_same_key_and_body_book_once(hotels: Hotels):
    rate = await hotels.rate()
    first = await hotels.book(rate["rate_id"], key="k")
    second = await hotels.book(rate["rate_id"], key="k")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert len(await hotels.bookings()) == 1
    other = await hotels.book(rate["rate_id"], key="k", contact_email="other@example.com")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_conflict")


async def test_without_a_key_nothing_is_booked(hotels: Hotels):
    rate = await hotels.rate()
    body = {"rate_id": rate["rate_id"], "guests": GUESTS, "contact_email": "ada@example.com"}
    answer = await hotels.http.post("/bookings", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert await hotels.bookings() == []


async def test_the_same_key_at_once_books_once(hotels: Hotels):
    rate = await hotels.rate()
    answers = await asyncio.gather(*(hotels.book(rate["rate_id"], key="k") for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(await hotels.bookings()) == 1


async def test_a_lost_response_leaves_exactly_one_booking_to_be_found_by_its_key(hotels: Hotels):
    await hotels.sandbox("faulty", faults=once("lost_response"))
    rate = await hotels.rate()
    with pytest.raises(httpx.TransportError):
        await hotels.book(rate["rate_id"], key="k")
    found = await hotels.bookings(idempotency_key="k")
    again = await hotels.book(rate["rate_id"], key="k")
    assert [again.json()] == found == await hotels.bookings()


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("price_changed", 409, "price_changed"),
        ("sold_out", 409, "sold_out"),
        ("expired", 410, "offer_expired"),
        ("rate_limited", 429, "rate_limited"),
        ("unavailable", 503, "unavailable"),
    ],
)
async def test_a_scripted_fault_refuses_one_booking(
    hotels: Hotels, fault: str, status: int, code: str
):
    await hotels.sandbox("faulty", faults=once(fault))
    answer = await hotels.book((await hotels.rate())["rate_id"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["retryable"] == (status in (429, 503))
    assert ("retry-after" in answer.headers) == (status == 429)
    assert await hotels.bookings() == []
    assert (await hotels.book((await hotels.rate())["rate_id"])).status_code == 201


async def test_a_changed_price_is_shown_by_the_rate_and_then_booked(hotels: Hotels):
    await hotels.sandbox("faulty", faults=once("price_changed"))
    rate = await hotels.rate()
    assert (await hotels.book(rate["rate_id"])).json()["code"] == "price_changed"
    assert (await hotels.book(rate["rate_id"])).json()["code"] == "price_changed"
    now = (await hotels.http.get(f"/rates/{rate['rate_id']}")).json()
    assert Decimal(now["total"]["amount"]) > Decimal(rate["total"]["amount"])
    booking = await hotels.book(rate["rate_id"])
    assert booking.json()["total"] == now["total"]


async def test_an_expired_rate_stays_expired_until_it_is_searched_again(hotels: Hotels):
    await hotels.sandbox("faulty", faults=once("expired"))
    rate = await hotels.rate()
    for _ in range(2):
        assert (await hotels.book(rate["rate_id"])).json()["code"] == "offer_expired"
    await hotels.search()
    assert (await hotels.book(rate["rate_id"])).status_code == 201


async def test_bookings_are_listed_newest_first_by_filter_and_page(hotels: Hotels):
    made = [await hotels.booked(), await hotels.booked(city_code="PAR"), await hotels.booked()]
    ids = [booking["booking_id"] for booking in reversed(made)]
    assert len(set(ids)) == 3
    assert [booking["booking_id"] for booking in await hotels.bookings()] == ids
    paris = await hotels.bookings(city_code="PAR")
    assert [booking["booking_id"] for booking in paris] == [made[1]["booking_id"]]
    assert await hotels.bookings(status="cancelled") == []
    first = (await hotels.http.get("/bookings", params={"limit": 2})).json()
    rest = await hotels.bookings(limit=2, cursor=first["meta"]["next_cursor"])
    assert [booking["booking_id"] for booking in [*first["data"], *rest]] == ids


async def test_a_fork_has_the_past_and_its_own_future(hotels: Hotels):
    rate = await hotels.rate()
    booking = await hotels.booked()
    await hotels.fork("branch")
    assert await hotels.bookings() == [booking]
    assert (await hotels.book(rate["rate_id"])).status_code == 201
    assert len(await hotels.bookings()) == 2
    await hotels.sandbox("main")
    assert await hotels.bookings() == [booking]


async def test_the_same_steps_give_the_same_bytes(hotels: Hotels):
    seen = []
    for sandbox in ("a", "b"):
        await hotels.sandbox(sandbox)
        booked = await hotels.book((await hotels.rate())["rate_id"], key="k")
        path = f"/bookings/{booked.json()['booking_id']}/cancellations"
        seen.append((booked.content, (await hotels.http.post(path)).content))
    assert seen[0] == seen[1]
