"""Searching for flights, over HTTP."""

from decimal import Decimal

import pytest

from tests.tools.mock.flights.traveller import SEARCH, Flights


@pytest.mark.parametrize("query", ["Londra", "LONDON", "londres", "lon", "Lóndon"])
async def test_a_place_is_found_in_four_languages_by_code_and_without_accents(
    flights: Flights, query: str
) -> None:
    answer = await flights.get("/places", params={"query": query})
    assert answer.json()["data"][0] == {
        "iata_code": "LON",
        "name": "London",
        "type": "city",
        "city_code": "LON",
        "country_code": "GB",
        "time_zone": "Europe/London",
    }


async def test_an_offer_says_all_that_the_contract_names(flights: Flights) -> None:
    offer = await flights.offer(adults=2, children=1, infants=1)
    assert offer.keys() == {
        "offer_id", "slices", "cabin_class", "total", "passengers", "conditions", "baggage",
        "seats_left", "expires_at",
    }  # fmt: skip
    assert offer["passengers"] == {"adults": 2, "children": 1, "infants": 1}
    assert offer["conditions"].keys() == {"refundable", "change_fee", "cancel_fee"}
    assert offer["expires_at"] == "2026-06-01T09:30:00Z"
    assert Decimal(offer["total"]["amount"]) > 0
    (way,) = offer["slices"]
    assert way["departure_date"] == "2026-06-20"
    assert way["stops"] == len(way["segments"]) - 1
    first = way["segments"][0]
    assert first["departing_at"].startswith("2026-06-20T")
    assert first["departing_at"].endswith("+03:00")
    assert way["segments"][-1]["arriving_at"].endswith("+01:00")


async def test_a_return_brings_both_ways_under_one_price(flights: Flights) -> None:
    for offer in await flights.search(return_date="2026-06-27"):
        there, back = offer["slices"]
        assert (there["departure_date"], back["departure_date"]) == ("2026-06-20", "2026-06-27")


async def test_filters_hold_for_every_offer(flights: Flights) -> None:
    offers = await flights.search(
        max_stops=0, max_price=300, currency="USD", depart_after="10:00", depart_before="20:00"
    )
    assert offers
    for offer in offers:
        assert offer["slices"][0]["stops"] == 0
        assert offer["total"]["currency"] == "USD"
        assert Decimal(offer["total"]["amount"]) <= 300
        time = offer["slices"][0]["segments"][0]["departing_at"][11:16]
        assert "10:00" <= time <= "20:00"


async def test_an_airline_and_a_cabin_can_be_asked_for(flights: Flights) -> None:
    offers = await flights.search(airline="TK", cabin_class="business")
    assert offers
    for offer in offers:
        assert offer["cabin_class"] == "business"
        segments = [segment for way in offer["slices"] for segment in way["segments"]]
        assert {segment["carrier_name"] for segment in segments} == {"Turkish Airlines"}


async def test_pages_follow_each_other_without_gap_or_repeat(flights: Flights) -> None:
    whole = [offer["offer_id"] for offer in await flights.search(limit=12)]
    pages, cursor = [], {}
    for _ in range(3):
        body = SEARCH | {"limit": 4} | cursor
        answer = (await flights.post("/offers/search", json=body)).json()
        pages += [offer["offer_id"] for offer in answer["data"]]
        cursor = {"cursor": answer["meta"]["next_cursor"]}
    assert pages == whole
    assert len(set(whole)) == 12


async def test_the_last_page_has_no_cursor(flights: Flights) -> None:
    answer = await flights.post("/offers/search", json=SEARCH | {"limit": 50, "max_stops": 0})
    assert answer.json()["meta"] == {"next_cursor": None}


async def test_a_cursor_of_another_search_is_refused(flights: Flights) -> None:
    first = await flights.post("/offers/search", json=SEARCH | {"limit": 2})
    cursor = first.json()["meta"]["next_cursor"]
    other = await flights.post("/offers/search", json=SEARCH | {"limit": 3, "cursor": cursor})
    assert other.status_code == 422
    assert other.json()["errors"][0]["pointer"] == "/cursor"


async def test_the_same_offer_has_the_same_id_whatever_else_was_asked(flights: Flights) -> None:
    ids = {offer["offer_id"] for offer in await flights.search(limit=50)}
    nonstop = {offer["offer_id"] for offer in await flights.search(limit=50, max_stops=0)}
    assert nonstop < ids


async def test_a_later_search_makes_new_offers(flights: Flights) -> None:
    early = await flights.offer()
    await flights.patch(now="2026-06-01T09:10:00Z")
    late = await flights.offer()
    assert late["offer_id"] != early["offer_id"]
    assert late["expires_at"] == "2026-06-01T09:40:00Z"


async def test_flights_of_today_leave_later_than_now(flights: Flights) -> None:
    offers = await flights.search(departure_date="2026-06-01", sort="departure")
    assert offers[0]["slices"][0]["segments"][0]["departing_at"] >= "2026-06-01T12:45:00+03:00"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"origin": "XXX"}, "/origin"),
        ({"origin": "ist"}, "/origin"),
        ({"destination": "SAW"}, "/destination"),
        ({"departure_date": "2026-05-31"}, "/departure_date"),
        ({"departure_date": "2027-04-28"}, "/departure_date"),
        ({"departure_date": "tomorrow"}, "/departure_date"),
        ({"departure_date": 20260620}, "/departure_date"),
        ({"return_date": "2026-06-19"}, "/return_date"),
        ({"adults": 0}, "/adults"),
        ({"adults": "2"}, "/adults"),
        ({"adults": 5, "children": 5}, "/children"),
        ({"infants": 2}, "/infants"),
        ({"currency": "XXX"}, "/currency"),
        ({"airline": "ZZ"}, "/airline"),
        ({"depart_after": "25:00"}, "/depart_after"),
        ({"max_price": -1}, "/max_price"),
        ({"sort": None}, "/sort"),
        ({"passengers": 2}, "/passengers"),
    ],
)
async def test_a_bad_value_is_refused_with_a_pointer_to_it(
    flights: Flights, change: dict[str, object], pointer: str
) -> None:
    answer = await flights.post("/offers/search", json=SEARCH | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "validation_failed"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["errors"][0]["message"]


async def test_all_faults_of_a_search_are_listed_at_once(flights: Flights) -> None:
    change = {"origin": "XXX", "departure_date": "2020-01-01", "infants": 3, "airline": "ZZ"}
    answer = await flights.post("/offers/search", json=SEARCH | change)
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/origin", "/departure_date", "/infants", "/airline"]
