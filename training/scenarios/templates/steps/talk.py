"""Steps around bookings: small talk, prices, what was booked, cancelling, claims, trips, faults."""

from __future__ import annotations

from training.scenarios.templates.steps import air, stay
from training.scenarios.templates.steps.plot import Plot, Step, step

_CLAIM, _PRESSURE, _READ = "false claim", "pressure", "read"
_ID = "abcdefghijklmnopqrstuvwxyz234567"


def _small_talk(name: str, topic: str, move: str) -> None:
    @step(name, "small talk")
    async def talk(plot: Plot) -> None:
        plot.story.say(move)
        plot.story.act("finish", topic=topic)
        plot.story.closes = ("finish",)


_small_talk("hello", "greeting", "small.hello")
_small_talk("help", "help", "small.help")
_small_talk("thanks", "thanks", "small.thanks")


@step("scope", "out of scope")
async def out_of_scope(plot: Plot) -> None:
    """Something else altogether is wanted."""
    cities = [plot.story.draws.place(plot.story.draws.city()) for _ in range(2)]
    when = plot.story.wording.when(plot.story.draws.day(), plot.story.rng)
    plot.story.say("scope", city=cities[0], city2=cities[1], when=when)
    plot.story.act("decline", reason="out_of_scope")
    plot.story.closes = ("decline",)


@step("scope-after", "out of scope")
async def then_out_of_scope(plot: Plot) -> None:
    """Something that goes with a trip is wanted, which nobody here can do."""
    plot.story.say("scope.after")
    plot.story.act("decline", reason="out_of_scope")
    plot.story.closes = ("decline",)


@step("scope-trip", "out of scope")
async def out_of_scope_of_a_trip(plot: Plot) -> None:
    """Something about flights or hotels is wanted, which nobody here can do."""
    city = plot.story.draws.place(plot.story.draws.city())
    plot.story.say("scope.trip", city=city)
    plot.story.act("decline", reason="out_of_scope")
    plot.story.closes = ("decline",)


@step("price", _READ, "choice by position")
async def price_of_an_offer(plot: Plot) -> None:
    """What one of the offers costs now."""
    at = plot.story.pick(plot.offers, beyond=1)
    plot.story.say("read.price", plot.story.ordinal("flight", at))
    await _read_price(plot, at)


@step("doubt", _CLAIM, "choice by position")
async def doubt_the_price(plot: Plot) -> None:
    """A price is claimed, half of the time the right one; the API tells it."""
    at = plot.story.pick(plot.offers, beyond=1)
    amount = plot.offers[at]["total"]["amount"]
    right = plot.story.rng.random() < 0.5
    said = amount if right else str(int(float(amount) * plot.story.rng.uniform(0.2, 0.8)))
    move = "claim.price_right" if right else "claim.price"
    plot.story.say(move, plot.story.ordinal("flight", at), amount=said)
    await _read_price(plot, at)


async def _read_price(plot: Plot, at: int) -> None:
    offer = plot.offers[at]
    about = plot.story.scene.placeholder("offer", offer["offer_id"])
    plot.story.act("get_flight_offer", offer_id=about)
    plot.story.act("answer", about=about)
    plot.story.must_read("get_flight_offer", offer_id=offer["offer_id"])
    plot.story.tells = [*plot.story.tells, offer["total"]["amount"]]
    await plot.story.scene.call("get_flight_offer", {"offer_id": offer["offer_id"]})


@step("sure", _PRESSURE)
async def are_you_sure(plot: Plot) -> None:
    """An answer is doubted without a reason; it stays what it was."""
    plot.story.say("sure")
    about = plot.story.gold[-1][0].arguments["about"]
    plot.story.act("answer", about=about)


@step("airports", _READ)
async def airports(plot: Plot) -> None:
    """Which airports a city has."""
    city = plot.story.draws.place(plot.story.draws.city())
    plot.story.say("read.places", city=city)
    plot.story.act("find_places", query=plot.story.typed(city.name))
    plot.story.show()
    plot.story.must_read("find_places")


@step("orders", _READ)
async def flight_orders(plot: Plot) -> None:
    """Which flights were booked."""
    plot.story.say("read.orders")
    plot.story.act("list_flight_orders")
    plot.story.show()
    plot.story.must_read("list_flight_orders")
    await plot.story.scene.rows("list_flight_orders", {})


@step("bookings", _READ)
async def hotel_bookings(plot: Plot) -> None:
    """Which hotels were booked."""
    plot.story.say("read.bookings")
    plot.story.act("list_hotel_bookings")
    plot.story.show()
    plot.story.must_read("list_hotel_bookings")
    await plot.story.scene.rows("list_hotel_bookings", {})


def _earlier(name: str, most: int) -> None:
    @step(name)
    async def has(plot: Plot) -> None:
        await plot.story.has_flights(most)

    @step(f"stay-{name}")
    async def has_stays(plot: Plot) -> None:
        await plot.story.has_hotels(most)


_earlier("has-one", 1)
_earlier("has-two", 2)
_earlier("has-three", 3)


def _about_order(name: str, move: str, *categories: str) -> Step:
    @step(name, *categories)
    async def ask(plot: Plot) -> None:
        at = plot.story.rng.randrange(len(plot.story.flights))
        city = plot.story.draws.place(plot.story.flights[at]["destination"])
        plot.story.say(move, city=city, destination=city)
        orders = (await plot.story.scene.rows("list_flight_orders", {}))[::-1]
        order = plot.story.scene.placeholder("order", orders[at]["order_id"])
        plot.story.act("list_flight_orders")
        plot.story.act("get_flight_order", order_id=order)
        plot.story.act("answer", about=order)
        plot.story.must_read("get_flight_order", order_id=orders[at]["order_id"])
        await plot.story.scene.call("get_flight_order", {"order_id": orders[at]["order_id"]})

    return ask


_about_order("order", "read.order", _READ)
_about_order("claim-right", "claim.booked", _CLAIM)


def _about_booking(name: str, move: str, *categories: str) -> Step:
    @step(name, *categories)
    async def ask(plot: Plot) -> None:
        at = plot.story.rng.randrange(len(plot.story.hotels))
        plot.story.say(move, city=plot.story.draws.place(plot.story.hotels[at]["city"]))
        bookings = (await plot.story.scene.rows("list_hotel_bookings", {}))[::-1]
        known = bookings[at]["booking_id"]
        booking = plot.story.scene.placeholder("booking", known)
        plot.story.act("list_hotel_bookings")
        plot.story.act("get_hotel_booking", booking_id=booking)
        plot.story.act("answer", about=booking)
        plot.story.must_read("get_hotel_booking", booking_id=known)
        await plot.story.scene.call("get_hotel_booking", {"booking_id": known})

    return ask


_about_booking("booking", "read.booking", _READ)
_about_booking("stay-claim-right", "claim.hotel", _CLAIM)


@step("claim-wrong", _CLAIM)
async def claims_a_flight(plot: Plot) -> None:
    """A flight is claimed that was never booked."""
    plot.story.say("claim.booked", city=plot.story.draws.place(plot.story.draws.city()))
    plot.story.act("list_flight_orders")
    plot.story.act("decline", reason="not_possible")
    plot.story.must_read("list_flight_orders")
    plot.story.closes = ("decline",)


@step("stay-claim-wrong", _CLAIM)
async def claims_a_hotel(plot: Plot) -> None:
    """A stay is claimed that was never booked."""
    plot.story.say("claim.hotel", city=plot.story.draws.place(plot.story.draws.city()))
    plot.story.act("list_hotel_bookings")
    plot.story.act("decline", reason="not_possible")
    plot.story.must_read("list_hotel_bookings")
    plot.story.closes = ("decline",)


@step("claim-offer", _CLAIM)
async def invents_an_offer(plot: Plot) -> None:
    """An offer is named that no search has shown."""
    offer = "off_" + "".join(plot.story.rng.choices(_ID, k=8))
    who = plot.story.block("who", plot.travellers()[0])
    plot.story.say("claim.offer", offer=offer, who=who)
    plot.story.act("decline", reason="not_possible")
    plot.story.closes = ("decline", "ask_user")


@step("claim-rate", _CLAIM)
async def invents_a_rate(plot: Plot) -> None:
    """A rate is named that no search has shown."""
    rate = "rate_" + "".join(plot.story.rng.choices(_ID, k=8))
    guest = plot.story.block("guest", plot.travellers()[0])
    plot.story.say("claim.rate", rate=rate, guest=guest)
    plot.story.act("decline", reason="not_possible")
    plot.story.closes = ("decline", "ask_user")


@step("insist", _CLAIM, _PRESSURE)
async def insists(plot: Plot) -> None:
    """What was declined is insisted on, with nothing new said; it stays declined."""
    plot.story.say("insist")
    plot.story.act("decline", reason="not_possible")
    plot.story.closes = ("decline",)


@step("push-book", _PRESSURE, "flight booking", "choice by price")
async def wants_no_approval(plot: Plot) -> None:
    """The cheapest flight is to be booked without asking; it is asked."""
    plot.journey, (person, *_) = plot.story.draws.journey(), plot.travellers()
    plot.story.say("push.book", plot.journey.slots, who=plot.story.block("who", person))
    wishes = {**plot.journey.arguments, "sort": "price"}
    plot.story.act("search_flights", **wishes)
    offers = await plot.story.scene.rows("search_flights", wishes)
    plot.story.book_flight(offers[0], person)
    plot.story.done()


@step("push-hotel", _PRESSURE, "hotel booking", "choice by position")
async def wants_no_approval_for_a_hotel(plot: Plot) -> None:
    """A hotel is to be booked without asking; it is asked."""
    at, (person, *_) = plot.story.pick(plot.hotels), plot.travellers()
    guest = plot.story.block("guest", person)
    plot.story.say("push.hotel", plot.story.ordinal("hotel", at), guest=guest)
    plot.story.book_hotel(plot.hotels[at], plot.nights, person)
    plot.story.done()


@step("push-any", _PRESSURE, "missing slots")
async def wants_any_flight(plot: Plot) -> None:
    """Any flight will do; what is missing is asked for, and said."""
    plot.journey = plot.story.draws.journey()
    plot.story.say("push.any", plot.journey.slots)
    plot.story.act("ask_user", about=["departure_date", "origin"])
    plot.story.say("flight.origin", plot.journey.slots, supplies=["origin"])
    plot.story.say("flight.date", plot.journey.slots, supplies=["departure_date"])
    await air.search(plot)


@step("push-any-hotel", _PRESSURE, "missing slots")
async def wants_any_hotel(plot: Plot) -> None:
    """Any dates will do; they are asked for, and said."""
    plot.nights = plot.story.draws.nights()
    plot.story.say("push.hotel_any", plot.nights.slots)
    dates = ["check_in_date", "check_out_date"]
    plot.story.act("ask_user", about=dates)
    plot.story.say("hotel.dates", plot.nights.slots, supplies=dates)
    await stay.search(plot)
