"""``POST /stays/search``, ``GET /hotels/{hotel_id}``, ``GET /rates/{rate_id}``."""

from decimal import Decimal

import pytest

from tests.tools.mock.hotels.client import STAY, Hotels

pytestmark = pytest.mark.asyncio(loop_scope="module")


def amounts(hotels: list[dict]) -> list[Decimal]:
    return [Decimal(hotel["rates"][0]["total"]["amount"]) for hotel in hotels]


async def test_a_search_answers_hotels_with_rates_the_cheapest_first(hotels: Hotels):
    found = await hotels.search()
    assert found
    assert amounts(found) == sorted(amounts(found))
    for hotel in found:
        assert hotel["city_code"] == "BER"
        totals = [Decimal(rate["total"]["amount"]) for rate in hotel["rates"]]
        assert totals == sorted(totals)
        for rate in hotel["rates"]:
            assert Decimal(rate["total"]["amount"]) == 3 * Decimal(rate["per_night"]["amount"])
            assert rate["rooms_left"] >= 1
            assert rate["expires_at"] == "2026-06-01T09:30:00Z"


@pytest.mark.parametrize("city_code", ["ABJ", "LON", "TYO", "REK", "ZRH"])
async def test_small_and_large_cities_have_rooms(hotels: Hotels, city_code: str):
    assert await hotels.search(city_code=city_code, check_out_date="2026-07-02")


async def test_filters_leave_what_was_asked_for(hotels: Hotels):
    found = await hotels.search(min_stars=4, amenities=["wifi", "gym"], max_price_per_night=200)
    assert found
    for hotel in found:
        assert hotel["stars"] >= 4
        assert {"wifi", "gym"} <= set(hotel["amenities"])
        assert all(Decimal(rate["per_night"]["amount"]) <= 200 for rate in hotel["rates"])
    assert await hotels.search(max_price_per_night=1) == []


@pytest.mark.parametrize(("sort", "field"), [("rating", "rating"), ("stars", "stars")])
async def test_sorting_puts_the_best_first(hotels: Hotels, sort: str, field: str):
    values = [hotel[field] for hotel in await hotels.search(sort=sort)]
    assert values == sorted(values, reverse=True)


async def test_prices_come_in_the_wanted_currency(hotels: Hotels):
    euros, yen = await hotels.search(), await hotels.search(currency="JPY")
    assert {rate["total"]["currency"] for hotel in yen for rate in hotel["rates"]} == {"JPY"}
    assert amounts(yen)[0] > 100 * amounts(euros)[0]


async def test_rooms_are_large_enough_for_the_party(hotels: Hotels):
    found = await hotels.search(adults=4, rooms=1)
    rooms = {rate["room"] for hotel in found for rate in hotel["rates"]}
    assert rooms <= {"Family room", "Suite"}


async def test_pages_follow_one_another_without_overlap(hotels: Hotels):
    whole = [hotel["hotel_id"] for hotel in await hotels.search()]
    paged: list[str] = []
    cursor = {}
    while True:
        answer = await hotels.http.post("/stays/search", json=STAY | {"limit": 3} | cursor)
        paged += [hotel["hotel_id"] for hotel in answer.json()["data"]]
        following = answer.json()["meta"]["next_cursor"]
        if following is None:
            break
        cursor = {"cursor": following}
    assert paged == whole


async def test_a_cursor_of_another_search_is_refused(hotels: Hotels):
    first = await hotels.http.post("/stays/search", json=STAY | {"limit": 1})
    cursor = first.json()["meta"]["next_cursor"]
    answer = await hotels.http.post("/stays/search", json=STAY | {"adults": 1, "cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize(
    ("wrong", "pointer", "says"),
    [
        ({"city_code": "LHR"}, "/city_code", "its city is LON"),
        ({"city_code": "QQQ"}, "/city_code", "no city"),
        ({"city_code": "Berlin"}, "/city_code", "pattern"),
        ({"check_in_date": "2026-05-31"}, "/check_in_date", "2026-06-01 or later"),
        ({"check_in_date": "2028-01-01"}, "/check_in_date", "or earlier"),
        ({"check_in_date": "1 July"}, "/check_in_date", "YYYY-MM-DD"),
        ({"check_out_date": "2026-07-01"}, "/check_out_date", "after check_in_date"),
        ({"check_out_date": "2026-09-01"}, "/check_out_date", "30 nights"),
        ({"adults": 0}, "/adults", "greater"),
        ({"adults": "2"}, "/adults", "integer"),
        ({"rooms": 3}, "/rooms", "an adult"),
        ({"adults": 5}, "/rooms", "more rooms"),
        ({"currency": "XXX"}, "/currency", "EUR"),
        ({"max_price_per_night": "low"}, "/max_price_per_night", "number"),
        ({"amenities": ["wifi", "zoo"]}, "/amenities/1", "pet_friendly"),
        ({"breakfast": True}, "/breakfast", "not permitted"),
    ],
)
async def test_a_wrong_wish_is_told_what_to_mend(
    hotels: Hotels, wrong: dict, pointer: str, says: str
):
    answer = await hotels.http.post("/stays/search", json=STAY | wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "validation_failed"
    messages = {error["pointer"]: error["message"] for error in answer.json()["errors"]}
    assert says in messages[pointer]


async def test_every_fault_is_told_at_once(hotels: Hotels):
    wrong = {"city_code": "LHR", "check_out_date": "2026-07-01", "adults": 9}
    answer = await hotels.http.post("/stays/search", json=STAY | wrong)
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/city_code", "/check_out_date", "/rooms"]


async def test_a_hotel_can_be_read_with_its_reviews(hotels: Hotels):
    found = (await hotels.search())[0]
    details = (await hotels.http.get(f"/hotels/{found['hotel_id']}")).json()
    assert {name: details[name] for name in ("name", "stars", "rating", "amenities")} == {
        name: found[name] for name in ("name", "stars", "rating", "amenities")
    }
    assert details["name"] in details["description"]
    written = [review["written_on"] for review in details["reviews"]]
    assert written == sorted(written, reverse=True)
    assert max(written) < "2026-06-01"


async def test_a_rate_can_be_read_again_with_its_stay(hotels: Hotels):
    rate = await hotels.rate()
    again = (await hotels.http.get(f"/rates/{rate['rate_id']}")).json()
    assert {name: again[name] for name in rate} == rate
    assert again["check_in_date"] == STAY["check_in_date"]
    assert again["adults"] == 2


@pytest.mark.parametrize("path", ["/hotels/htl_aaaaaaaa", "/rates/rate_aaaaaaaa", "/rates/x"])
async def test_unknown_ids_are_not_found(hotels: Hotels, path: str):
    answer = await hotels.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_rates_of_one_sandbox_are_unknown_to_another(hotels: Hotels):
    rate = await hotels.rate()
    await hotels.sandbox("other")
    assert (await hotels.http.get(f"/rates/{rate['rate_id']}")).status_code == 404


async def test_same_seed_and_clock_give_the_same_bytes(hotels: Hotels):
    async def bytes_of(sandbox: str, seed: int) -> bytes:
        await hotels.sandbox(sandbox, seed=seed)
        return (await hotels.http.post("/stays/search", json=STAY)).content

    first, second, other = await bytes_of("a", 3), await bytes_of("b", 3), await bytes_of("c", 4)
    assert first == second
    assert first != other


async def test_another_day_has_other_prices(hotels: Hotels):
    before = amounts(await hotels.search())
    await hotels.clock("2026-06-29T09:00:00Z")
    assert amounts(await hotels.search()) != before
