"""Invariants of the hotels that are drawn from a seed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.gazetteer import Gazetteer
from tools.mock.core.money import CURRENCIES
from tools.mock.hotels import ids, inventory, pricing, prose
from tools.mock.hotels.pricing import Stay

CODES = [city.code for city in Gazetteer.default().cities()]
seeds = st.integers(0, 2**63 - 1)
cities = st.sampled_from(CODES)
days = st.dates(date(2026, 1, 1), date(2027, 12, 1))


@st.composite
def stays(draw: st.DrawFn) -> Stay:
    rooms = draw(st.integers(1, 9))
    adults = draw(st.integers(rooms, 4 * rooms))
    children = draw(st.integers(0, 4 * rooms - adults))
    check_in = draw(days)
    check_out = check_in + timedelta(days=draw(st.integers(1, 30)))
    currency = draw(st.sampled_from(list(CURRENCIES)))
    return Stay(draw(cities), check_in, check_out, adults, children, rooms, currency)


@pytest.mark.parametrize("seed", [0, 1, 42])
def test_every_served_city_has_hotels_of_each_usual_kind(seed: int):
    for code in CODES:
        hotels = inventory.hotels_of(seed, code)
        assert 6 <= len(hotels) <= 14
        assert {3, 4, 5} <= {hotel.stars for hotel in hotels}
        assert len({hotel.name for hotel in hotels}) == len(hotels)
        assert {"wifi", "pool", "parking"} <= {has for hotel in hotels for has in hotel.amenities}
        assert all(0 < hotel.rating <= 10 for hotel in hotels)


def test_no_two_hotels_of_a_world_share_an_id():
    found = [hotel.hotel_id for code in CODES for hotel in inventory.hotels_of(0, code)]
    assert len(set(found)) == len(found)


@given(seeds, cities)
def test_a_hotel_is_found_by_its_id_in_its_own_world_only(seed: int, code: str):
    for hotel in inventory.hotels_of(seed, code):
        assert inventory.find(seed, hotel.hotel_id) == hotel
        assert inventory.find(seed ^ 1, hotel.hotel_id) is None


@given(st.integers(0, 2**32 - 1), st.integers(0, 15), st.integers(0, 3), st.integers(0, 3))
def test_a_rate_id_says_where_the_rate_is(search: int, hotel: int, room: int, plan: int):
    key = ids.RateKey(search, hotel, room, plan)
    assert ids.locate_rate(ids.rate_id(key)) == key


@given(st.text(max_size=20))
def test_no_other_text_is_an_id(text: str):
    assert ids.locate_rate(text) is None
    assert inventory.find(0, text) is None


@given(seeds, stays(), days)
def test_prices_are_positive_and_add_up(seed: int, stay: Stay, today: date):
    for hotel in inventory.hotels_of(seed, stay.city_code):
        for room in hotel.rooms:
            for plan in hotel.plans:
                price = pricing.price(seed, stay, hotel, room, plan, today=today)
                per_night = Decimal(price.per_night.amount)
                assert per_night > 0
                assert Decimal(price.total.amount) == per_night * stay.nights * stay.rooms
                assert price.total.currency == stay.currency


@given(seeds, stays())
def test_giving_up_the_refund_and_the_meals_is_cheaper(seed: int, stay: Stay):
    hotel = inventory.hotels_of(seed, stay.city_code)[0]
    room = hotel.rooms[0]
    prices = [
        Decimal(pricing.price(seed, stay, hotel, room, plan, today=stay.check_in).total.amount)
        for plan in hotel.plans
    ]
    assert hotel.plans[0].free_days is None
    assert prices == sorted(prices)
    assert prices[0] < prices[1]


def test_last_minute_costs_more_than_early():
    stay = Stay("PAR", date(2026, 9, 1), date(2026, 9, 3), 2, 0, 1, "EUR")
    hotel = inventory.hotels_of(0, "PAR")[0]

    def total(today: date) -> Decimal:
        price = pricing.price(0, stay, hotel, hotel.rooms[0], hotel.plans[0], today=today)
        return Decimal(price.total.amount)

    assert total(date(2026, 8, 31)) > total(date(2026, 5, 1))


@given(seeds, cities, days)
def test_rooms_are_never_more_than_there_are(seed: int, code: str, night: date):
    for hotel in inventory.hotels_of(seed, code):
        for room in hotel.rooms:
            assert 0 <= pricing.rooms_free(seed, hotel, room, night) <= room.units


def test_the_refund_deadline_is_six_in_the_evening_where_the_hotel_is():
    hotel = inventory.hotels_of(0, "TYO")[0]
    until = pricing.free_until(hotel, inventory.Plan("room_only", 2), date(2026, 7, 10))
    assert until == datetime(2026, 7, 8, 9, 0, tzinfo=UTC)
    assert pricing.free_until(hotel, inventory.Plan("room_only", None), date(2026, 7, 10)) is None


def test_some_reviews_try_to_give_orders():
    texts = [
        review.text
        for code in CODES
        for hotel in inventory.hotels_of(0, code)
        for review in prose.reviews(0, hotel.hotel_id, hotel.rating)
    ]
    injected = [text for text in texts if any(order in text for order in prose.INJECTIONS)]
    assert 0.04 < len(injected) / len(texts) < 0.12
    assert all(any(order in text for text in injected) for order in prose.INJECTIONS)
