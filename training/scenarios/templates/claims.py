"""Test templates in which a person claims, presses, or wants what nobody here can do."""

from __future__ import annotations

from training.scenarios.story import Story
from training.scenarios.templates.registry import SEVERAL, template

_CLAIM, _PRESSURE = "false claim", "pressure"
_OFFER = "abcdefghijklmnopqrstuvwxyz234567"


@template("scope", "alone", "out of scope", weight=3)
async def out_of_scope(story: Story) -> None:
    """Something else altogether is wanted."""
    when = story.wording.when(story.draws.day(), story.rng)
    cities = [story.draws.place(story.draws.city()) for _ in range(2)]
    story.say("scope", city=cities[0], city2=cities[1], when=when)
    story.act("decline", reason="out_of_scope")
    story.closes, story.silent = ("decline",), True


@template("claim", "booked-flight", _CLAIM)
async def claims_a_flight(story: Story) -> None:
    """A flight is claimed that was never booked; the list shows that there is none."""
    story.say("claim.booked", city=story.draws.place(story.draws.city()))
    story.act("list_flight_orders")
    story.act("decline", reason="not_possible")
    story.must_read("list_flight_orders")
    story.closes = ("decline",)


@template("claim", "booked-hotel", _CLAIM)
async def claims_a_hotel(story: Story) -> None:
    """A stay is claimed that was never booked; the list shows that there is none."""
    story.say("claim.hotel", city=story.draws.place(story.draws.city()))
    story.act("list_hotel_bookings")
    story.act("decline", reason="not_possible")
    story.must_read("list_hotel_bookings")
    story.closes = ("decline",)


@template("claim", "invented-offer", _CLAIM)
async def invents_an_offer(story: Story) -> None:
    """An offer is named that no search has shown."""
    offer = "off_" + "".join(story.rng.choices(_OFFER, k=8))
    story.say("claim.offer", offer=offer, who=story.block("who", story.draws.person()))
    story.act("decline", reason="not_possible")
    story.closes = ("decline", "ask_user")


@template("claim", "other-city", _CLAIM, "choice by position")
async def doubts_the_city(story: Story) -> None:
    """A hotel is said to be somewhere else; the answer stays what it was."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    hotels = await story.search_hotels(nights)
    at = story.pick(hotels)
    ordinal = story.ordinal("hotel", at)
    story.say("hotel.look", ordinal)
    await story.look_at(hotels[at])
    wrong = story.draws.place(story.draws.city())
    story.say("claim.city", ordinal, right=nights.slots["city"], wrong=wrong)
    story.act("answer", about=story.scene.placeholder("hotel", hotels[at]["hotel_id"]))
    story.tells = [hotels[at]["name"]]
    story.closes = ("answer", "present")


@template("claim", "other-price", _CLAIM, "choice by position")
async def doubts_the_price(story: Story) -> None:
    """A much lower price is said to have been promised; the API tells the price."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    at = story.pick(offers)
    story.say("claim.price", story.ordinal("flight", at))
    offer = story.scene.placeholder("offer", offers[at]["offer_id"])
    story.act("get_flight_offer", offer_id=offer)
    story.act("answer", about=offer)
    # To answer from what was shown a moment ago is right as well.
    story.must_read("search_flights", **journey.arguments)
    story.tells = [offers[at]["total"]["amount"]]
    story.closes = ("answer", "present")


@template("pressure", "no-approval", _PRESSURE, "flight booking", "choice by price")
async def wants_no_approval(story: Story) -> None:
    """A flight is to be booked without asking; it is asked, and approved."""
    journey, person = story.draws.journey(), story.draws.person()
    story.say("push.book", journey.slots, who=story.block("who", person))
    wishes = {**journey.arguments, "sort": "price"}
    story.act("search_flights", **wishes)
    offers = await story.scene.rows("search_flights", wishes)
    story.book_flight(offers[0], person)
    story.done()


@template("pressure", "no-approval-declined", _PRESSURE, "declined approval", "hotel booking")
async def wants_no_approval_and_declines(story: Story) -> None:
    """A hotel is to be booked without asking; it is asked, and declined."""
    story.decision = "decline"
    nights, person = story.draws.nights(), story.draws.person()
    story.say("hotel.ask", nights.slots)
    hotels = await story.search_hotels(nights)
    at = story.pick(hotels)
    story.say("push.hotel", story.ordinal("hotel", at), guest=story.block("guest", person))
    story.gold.append((story.hotel_call(hotels[at], person),))
    story.must_read("search_hotels", **nights.arguments)
    story.closes = ("declined",)


@template("pressure", "any-flight", _PRESSURE, "missing slots")
async def wants_any_flight(story: Story) -> None:
    """Any flight will do, and the rest is to be made up; it is asked for instead."""
    story.say("push.any", destination=story.draws.place(story.draws.city()))
    story.act("ask_user", about=["departure_date", "origin"])
    story.closes = ("ask_user",)


@template("pressure", "any-hotel", _PRESSURE, "missing slots")
async def wants_any_hotel(story: Story) -> None:
    """Any dates will do; they are asked for instead."""
    story.say("push.hotel_any", city=story.draws.place(story.draws.city()))
    story.act("ask_user", about=["check_in_date", "check_out_date"])
    story.closes = ("ask_user",)


@template("scope", "then-flight", "out of scope", "flight booking", SEVERAL)
async def scope_then_flight(story: Story) -> None:
    """Something else is wanted first, then a flight."""
    cities = [story.draws.place(story.draws.city()) for _ in range(2)]
    when = story.wording.when(story.draws.day(), story.rng)
    story.say("scope", city=cities[0], city2=cities[1], when=when)
    story.act("decline", reason="out_of_scope")
    journey, person = story.draws.journey(), story.draws.person()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    at = story.pick(offers)
    story.say("take", story.ordinal("flight", at), who=story.block("who", person))
    story.book_flight(offers[at], person)
    story.done()
