"""What holds of every offer, whatever the world, the pair of cities and the day."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tools.gazetteer import Gazetteer
from tools.mock.flights.fares import CABINS, Party, Sales
from tools.mock.flights.network import distance_km, paths
from tools.mock.flights.search import Market, Wish, find
from tools.mock.flights.timetable import flight_of, travel_minutes

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
PLACES = Gazetteer.default()
CITIES = sorted(city.code for city in PLACES.cities())

seeds = st.integers(0, 2**63 - 1)
pairs = st.lists(st.sampled_from(CITIES), min_size=2, max_size=2, unique=True)
ahead = st.integers(1, 330)
quick = settings(max_examples=20, deadline=None, derandomize=True)


def wish(pair: list[str], day: date, party: Party | None = None, **filters: object) -> Wish:
    airports = [PLACES.airports_of(code) for code in pair]
    here, there = (tuple(airport.code for airport in some) for some in airports)
    return Wish(here, there, day, None, party or Party(1, 0, 0), "EUR", **filters)  # type: ignore[arg-type]


def day_after(days: int) -> date:
    return NOW.date() + timedelta(days=days)


@quick
@given(seeds, pairs, ahead)
def test_every_pair_has_offers_for_nine_on_every_day(seed: int, pair: list[str], days: int) -> None:
    market = Market(seed, NOW, {})
    assert find(wish(pair, day_after(days), Party(5, 4, 5)), market)


@quick
@given(seeds, pairs, ahead)
def test_times_agree_with_zones_distances_and_each_other(
    seed: int, pair: list[str], days: int
) -> None:
    for offer in find(wish(pair, day_after(days)), Market(seed, NOW, {})):
        (way,) = offer.slices
        assert PLACES.airport(way[0].origin).city_code == pair[0]
        assert PLACES.airport(way[-1].destination).city_code == pair[1]
        assert way[0].departs.date() == day_after(days)
        for flight in way:
            for at, airport in (
                (flight.departs, flight.origin),
                (flight.arrives, flight.destination),
            ):
                zone = ZoneInfo(PLACES.airport(airport).time_zone)
                assert at.utcoffset() == at.astimezone(UTC).astimezone(zone).utcoffset()
            flown = flight.arrives.astimezone(UTC) - flight.departs.astimezone(UTC)
            assert flown == timedelta(minutes=flight.minutes)
            assert 300 < flight.km / (flight.minutes - 25) * 60 < 1_000, "km/h in the air"
        for before, after in pairwise(way):
            assert before.destination == after.origin
            changing = after.departs.astimezone(UTC) - before.arrives.astimezone(UTC)
            assert timedelta(minutes=60) <= changing < timedelta(hours=26)


@quick
@given(seeds, pairs, ahead, st.sampled_from(CABINS))
def test_prices_are_positive_and_seats_suffice(
    seed: int, pair: list[str], days: int, cabin: str
) -> None:
    party = Party(2, 1, 1)
    for offer in find(wish(pair, day_after(days), party, cabin=cabin), Market(seed, NOW, {})):
        assert offer.cents > 0
        assert offer.cabin == cabin
        assert offer.seats_left >= party.seats


@quick
@given(seeds, pairs, ahead)
def test_the_same_world_has_the_same_offers_and_another_seed_others(
    seed: int, pair: list[str], days: int
) -> None:
    question = wish(pair, day_after(days))
    offers = find(question, Market(seed, NOW, {}))
    assert offers == find(question, Market(seed, NOW, {}))
    assert offers != find(question, Market(seed ^ 1, NOW, {}))


@quick
@given(seeds, pairs, ahead)
def test_a_flight_is_found_again_by_its_key(seed: int, pair: list[str], days: int) -> None:
    for offer in find(wish(pair, day_after(days)), Market(seed, NOW, {})):
        for flight in offer.slices[0]:
            assert flight_of(seed, flight.key) == flight


@quick
@given(seeds, pairs, ahead)
def test_sold_seats_are_gone_and_raised_prices_are_higher(
    seed: int, pair: list[str], days: int
) -> None:
    question = wish(pair, day_after(days))
    before = find(question, Market(seed, NOW, {}))[0]
    keys = [(flight.key, before.cabin) for flight in before.slices[0]]

    def offered(sales: Sales) -> list[tuple[int, int]]:
        found = find(question, Market(seed, NOW, dict.fromkeys(keys, sales)))
        same = [offer for offer in found if offer.slices == before.slices]
        return [(offer.cents, offer.seats_left) for offer in same if offer.cabin == before.cabin]

    assert offered(Sales(sold=1)) in ([(before.cents, before.seats_left - 1)], [])
    assert offered(Sales(sold=before.seats_left)) == []
    assert offered(Sales(price_steps=1))[0][0] > before.cents


@quick
@given(seeds, pairs, ahead)
def test_offers_come_in_the_order_asked_for(seed: int, pair: list[str], days: int) -> None:
    market, day = Market(seed, NOW, {}), day_after(days)
    prices = [offer.cents for offer in find(wish(pair, day, sort="price"), market)]
    times = [
        travel_minutes(offer.slices[0]) for offer in find(wish(pair, day, sort="duration"), market)
    ]
    starts = [
        offer.slices[0][0].departs for offer in find(wish(pair, day, sort="departure"), market)
    ]
    assert prices == sorted(prices)
    assert times == sorted(times)
    assert starts == sorted(starts)


@quick
@given(pairs)
def test_paths_lead_from_end_to_end_through_a_third_city(pair: list[str]) -> None:
    origin, destination = (PLACES.airports_of(code)[0].code for code in pair)
    for path in paths(origin, destination):
        assert (path.airports[0], path.airports[-1]) == (origin, destination)
        legs = list(pairwise(path.airports))
        assert path.km == sum(distance_km(*leg) for leg in legs)
        assert len({PLACES.airport(code).city_code for code in path.airports}) == len(path.airports)


def test_distances_are_great_circles() -> None:
    assert abs(distance_km("LHR", "JFK") - 5_540) < 20
    assert abs(distance_km("SIN", "SYD") - 6_290) < 30
    assert distance_km("FRA", "MUC") == distance_km("MUC", "FRA")


def test_a_week_ahead_costs_less_than_tomorrow_on_average() -> None:
    def mean_price(now: datetime) -> float:
        offers = find(wish(["LON", "ROM"], date(2026, 8, 12)), Market(0, now, {}))
        return sum(offer.cents for offer in offers) / len(offers)

    eve = datetime(2026, 8, 11, 9, 0, tzinfo=UTC)
    assert mean_price(eve - timedelta(days=60)) < mean_price(eve - timedelta(days=7))
    assert mean_price(eve - timedelta(days=7)) < mean_price(eve)
