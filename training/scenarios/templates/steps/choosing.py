"""Steps that choose an offer or a hotel, say for whom, and book it; and what can get in the way."""

from __future__ import annotations

from collections.abc import Sequence

from tools.gazetteer import Gazetteer
from training.scenarios.draws import Person
from training.scenarios.scenario import Json
from training.scenarios.story import PICKED, Story
from training.scenarios.templates.steps import air
from training.scenarios.templates.steps.plot import Plot, step

_FLIGHT, _HOTEL = "flight booking", "hotel booking"
_POSITION = "choice by position"


@step("take", _FLIGHT, _POSITION)
async def by_position(plot: Plot) -> None:
    """An offer by its place in the list."""
    _say_take(plot, at := plot.story.pick(plot.offers))
    _book(plot, at)


@step("take-first", _FLIGHT)
async def the_first(plot: Plot) -> None:
    """The offer that comes first, as it was asked for."""
    _say_take(plot, 0)
    _book(plot, 0)


@step("take-cheapest", _FLIGHT, "choice by price")
async def the_cheapest(plot: Plot) -> None:
    """The cheapest of the offers that were shown, where only one is."""
    prices = [float(offer["total"]["amount"]) for offer in plot.offers]
    _say_who(plot, "take.cheapest")
    _book(plot, _only(prices, min(prices)))


@step("take-time", _FLIGHT, "choice by time")
async def by_departure(plot: Plot) -> None:
    """The one that leaves at a time, which no other does."""
    times = [_leaves(offer) for offer in plot.offers]
    at = _only(times, plot.story.rng.choice(times[:5]))
    hour, minute = map(int, times[at].split(":"))
    clock = plot.story.rng.choice(plot.story.wording.form("clock"))
    _say_who(plot, "take.time", clock=clock.format(hour=hour, minute=minute))
    _book(plot, at)


@step("take-airline", _FLIGHT)
async def by_airline(plot: Plot) -> None:
    """The one of an airline, which no other is of."""
    codes = [offer["slices"][0]["segments"][0]["carrier"] for offer in plot.offers]
    at = _only(codes, plot.story.rng.choice(codes[:5]))
    carrier = Gazetteer.default().carrier(codes[at])
    if carrier is None:
        raise LookupError(f"no airline {codes[at]}")
    _say_who(plot, "take.airline", airline=carrier.name)
    _book(plot, at)


@step("take-id", _FLIGHT, "missing slots")
async def by_id(plot: Plot) -> None:
    """An offer by its id, as the page's button says it; who travels is asked for."""
    at, (person, *_) = plot.story.pick(plot.offers), plot.travellers()
    plot.story.say("take.id", offer=plot.offers[at]["offer_id"])
    plot.story.act("ask_user", about=["born_on", "contact_email", "family_name", "given_name"])
    plot.story.say("give.name", person.slots, supplies=["family_name", "given_name"])
    plot.story.say("give.rest", person.slots, supplies=["born_on", "contact_email"])
    _book(plot, at)


@step("take-id-who", _FLIGHT)
async def by_id_for_somebody(plot: Plot) -> None:
    """An offer by its id, and who travels."""
    at = plot.story.pick(plot.offers)
    _say_who(plot, "take.id_who", offer=plot.offers[at]["offer_id"])
    _book(plot, at)


@step("take-asked", _FLIGHT, _POSITION, "missing slots")
async def details_asked(plot: Plot) -> None:
    """An offer by its place; who travels is asked for."""
    at, (person, *_) = plot.story.pick(plot.offers), plot.travellers()
    plot.story.say("take.bare", plot.story.ordinal("flight", at))
    plot.story.act("ask_user", about=["born_on", "contact_email", "family_name", "given_name"])
    plot.story.say("give.name", person.slots, supplies=["family_name", "given_name"])
    plot.story.say("give.rest", person.slots, supplies=["born_on", "contact_email"])
    _book(plot, at)


@step("take-nomail", _FLIGHT, _POSITION, "missing slots")
async def mail_asked(plot: Plot) -> None:
    """An offer by its place, for somebody whose address is asked for."""
    at, (person, *_) = plot.story.pick(plot.offers), plot.travellers()
    plot.story.say("take.nomail", plot.story.ordinal("flight", at), person.slots)
    plot.story.act("ask_user", about=["contact_email"])
    plot.story.say("give.mail", person.slots, supplies=["contact_email"])
    _book(plot, at)


@step("take-rather", _FLIGHT, _POSITION, "correction")
async def rather_another(plot: Plot) -> None:
    """Another offer while the approval of the first waits."""
    other, at = _two(plot, plot.offers)
    _say_take(plot, other)
    plot.story.gold.append((plot.story.flight_call(plot.offers[other], *plot.travellers()),))
    said = plot.story.move("rather", "flight")
    plot.story.say(said, plot.story.ordinal("flight", at), interrupts=True)
    _book(plot, at)


@step("take-declined", "declined approval", _POSITION)
async def declined(plot: Plot) -> None:
    """An offer by its place; the approval is declined."""
    at = plot.story.pick(plot.offers)
    _say_take(plot, at)
    plot.story.gold.append((plot.story.flight_call(plot.offers[at], *plot.travellers()),))
    plot.story.decision = "decline"
    plot.story.must_read("search_flights", **plot.journey.arguments, **plot.wishes, **plot.party)
    plot.story.closes = ("declined",)


@step("take-sold-out", _FLIGHT, "fault", _POSITION)
async def sold_out(plot: Plot) -> None:
    """An offer that is sold out when it is booked, then another one."""
    fail(plot.story, "book_flight", "sold_out")
    other, at = _two(plot, plot.offers)
    _say_take(plot, other)
    plot.story.gold.append((plot.story.flight_call(plot.offers[other], *plot.travellers()),))
    plot.story.say(plot.story.move("next", "flight"), plot.story.ordinal("flight", at))
    _book(plot, at)


@step("take-expired", _FLIGHT, "fault", _POSITION)
async def expired(plot: Plot) -> None:
    """An offer that has expired when it is booked; a new search brings it back."""
    fail(plot.story, "book_flight", "expired")
    at = plot.story.pick(plot.offers)
    _say_take(plot, at)
    plot.story.gold.append((plot.story.flight_call(plot.offers[at], *plot.travellers()),))
    plot.story.say("again")
    await air.search(plot)
    plot.story.say("again.take", plot.story.ordinal("flight", at))
    _book(plot, at)


@step("stay-take", _HOTEL, _POSITION)
async def hotel_by_position(plot: Plot) -> None:
    """A hotel by its place in the list."""
    _say_hotel(plot, at := plot.story.pick(plot.hotels))
    _book_hotel(plot, at)


@step("stay-take-first", _HOTEL)
async def the_first_hotel(plot: Plot) -> None:
    """The hotel that comes first, as it was asked for."""
    _say_hotel(plot, 0)
    _book_hotel(plot, 0)


@step("stay-take-name", _HOTEL)
async def hotel_by_name(plot: Plot) -> None:
    """A hotel by its name."""
    at, people = plot.story.pick(plot.hotels), plot.travellers()
    said = {"hotel": plot.hotels[at]["name"], "guest": plot.story.block("guest", people[0])}
    plot.story.say("hotel.take_name", said)
    _book_hotel(plot, at)


@step("stay-take-id", _HOTEL, "missing slots")
async def rate_by_id(plot: Plot) -> None:
    """A rate by its id, as the page's button says it; who stays is asked for."""
    at, rate, (person, *_) = *_a_rate(plot), plot.travellers()
    plot.story.say("hotel.take_id", rate=plot.hotels[at]["rates"][rate]["rate_id"])
    plot.story.act("ask_user", about=["contact_email", "family_name", "given_name"])
    plot.story.say("give.name", person.slots, supplies=["family_name", "given_name"])
    plot.story.say("give.mail", person.slots, supplies=["contact_email"])
    _book_hotel(plot, at, rate)


@step("stay-take-id-who", _HOTEL)
async def rate_by_id_for_somebody(plot: Plot) -> None:
    """A rate by its id, and who stays."""
    at, rate = _a_rate(plot)
    guest = plot.story.block("guest", plot.travellers()[0])
    said = plot.hotels[at]["rates"][rate]["rate_id"]
    plot.story.say("hotel.take_id_who", rate=said, guest=guest)
    _book_hotel(plot, at, rate)


@step("stay-take-asked", _HOTEL, _POSITION, "missing slots")
async def guest_asked(plot: Plot) -> None:
    """A hotel by its place; who stays is asked for."""
    at, (person, *_) = plot.story.pick(plot.hotels), plot.travellers()
    plot.story.say("hotel.take_bare", plot.story.ordinal("hotel", at))
    plot.story.act("ask_user", about=["contact_email", "family_name", "given_name"])
    plot.story.say("give.name", person.slots, supplies=["family_name", "given_name"])
    plot.story.say("give.mail", person.slots, supplies=["contact_email"])
    _book_hotel(plot, at)


@step("stay-take-rather", _HOTEL, _POSITION, "correction")
async def rather_another_hotel(plot: Plot) -> None:
    """Another hotel while the approval of the first waits."""
    other, at = _two(plot, plot.hotels)
    _say_hotel(plot, other)
    plot.story.gold.append((plot.story.hotel_call(plot.hotels[other], *plot.travellers()),))
    said = plot.story.move("rather", "hotel")
    plot.story.say(said, plot.story.ordinal("hotel", at), interrupts=True)
    _book_hotel(plot, at)


@step("stay-take-declined", "declined approval", _POSITION)
async def hotel_declined(plot: Plot) -> None:
    """A hotel by its place; the approval is declined."""
    at = plot.story.pick(plot.hotels)
    _say_hotel(plot, at)
    plot.story.gold.append((plot.story.hotel_call(plot.hotels[at], *plot.travellers()),))
    plot.story.decision = "decline"
    plot.story.must_read("search_hotels", **plot.nights.arguments, **plot.wishes, **plot.party)
    plot.story.closes = ("declined",)


@step("stay-take-sold-out", _HOTEL, "fault", _POSITION)
async def hotel_sold_out(plot: Plot) -> None:
    """A hotel whose room is gone when it is booked, then another one."""
    fail(plot.story, "book_hotel", "sold_out")
    other, at = _two(plot, plot.hotels)
    _say_hotel(plot, other)
    plot.story.gold.append((plot.story.hotel_call(plot.hotels[other], *plot.travellers()),))
    plot.story.say(plot.story.move("next", "hotel"), plot.story.ordinal("hotel", at))
    _book_hotel(plot, at)


def _two(plot: Plot, rows: Sequence[Json]) -> tuple[int, int]:
    """Two positions near the top of a list: what is let go, and what is taken instead.

    The price of what is let go is read afresh for its approval, which makes it the newest "first"
    one; so what is taken comes further down. Raises LookupError where there are not two.
    """
    at = plot.story.pick(rows, beyond=1)
    return plot.story.rng.choice([n for n in range(min(len(rows), PICKED)) if n != at]), at


def fail(story: Story, operation: str, fault: str) -> None:
    """Let the next call of an operation fail."""
    story.faults = {"once": [{"operation": operation, "fault": fault}]}


def _book(plot: Plot, at: int) -> None:
    plot.story.book_flight(plot.offers[at], *plot.travellers())
    plot.story.done()


def _a_rate(plot: Plot) -> tuple[int, int]:
    """A hotel near the top of the list, and one of its rates that were shown."""
    at = plot.story.pick(plot.hotels)
    return at, plot.story.rng.randrange(len(plot.hotels[at]["rates"]))


def _book_hotel(plot: Plot, at: int, rate: int = 0) -> None:
    plot.story.book_hotel(plot.hotels[at], plot.nights, *plot.travellers(), rate=rate)
    if rooms := plot.wishes.get("rooms"):
        plot.story.hotels[-1] = {**plot.story.hotels[-1], "rooms": rooms}
    plot.story.done()


def _say_take(plot: Plot, at: int) -> None:
    people, ordinal = plot.travellers(), plot.story.ordinal("flight", at)
    if len(people) == 1:
        _say_who(plot, "take", **ordinal)
        return
    party = f"{_listed(plot.story, people)}. {plot.story.block('contact', people[0])}"
    plot.story.say("take.many", ordinal, party=party)


def _say_who(plot: Plot, move: str, **slots: object) -> None:
    person, *others = plot.travellers()
    if others:
        raise LookupError(f"{move} is said of one traveller only")
    plot.story.say(move, slots, who=plot.story.block("who", person))


def _say_hotel(plot: Plot, at: int) -> None:
    people, ordinal = plot.travellers(), plot.story.ordinal("hotel", at)
    if len(people) == 1:
        plot.story.say("hotel.take", ordinal, guest=plot.story.block("guest", people[0]))
        return
    names = ", ".join(person.slots["name"] for person in people)
    plot.story.say("hotel.take_many", ordinal, guests=names, mail=people[0].slots["mail"])


def _listed(story: Story, people: tuple[Person, ...]) -> str:
    """Everybody with their day of birth, in one manner."""
    phrase = story.wording.phrase("person", story.rng)
    return "; ".join(phrase.format_map(person.slots) for person in people)


def _only(values: Sequence[object], wanted: object) -> int:
    """Where a value stands that stands nowhere else. Raises LookupError for one that does."""
    if values.count(wanted) != 1:
        raise LookupError(f"{wanted} is not the only one")
    return values.index(wanted)


def _leaves(offer: Json) -> str:
    return offer["slices"][0]["segments"][0]["departing_at"][11:16]
