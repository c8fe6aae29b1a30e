"""Steps that ask for flights: the first wish, and what it is changed to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tools.gazetteer import Gazetteer
from training.scenarios.draws import Journey
from training.scenarios.scenario import Call
from training.scenarios.templates.steps.plot import Plot, step

_CABINS = "cabins"


async def search(plot: Plot, **wishes: Any) -> None:
    """Search for the journey of a plot under these wishes and those that it had; show it."""
    plot.wishes = {**plot.wishes, **wishes}
    wished = {**plot.wishes, **plot.party}
    plot.offers = await plot.story.search_flights(plot.journey, **wished)
    plot.searches.append(Call("search_flights", {**plot.journey.arguments, **wished}))
    if not plot.offers:
        raise LookupError("no flight is like that")


async def _ask(plot: Plot, move: str, said: dict[str, Any] | None = None, **wishes: Any) -> None:
    plot.journey = plot.story.draws.journey()
    plot.story.say(move, plot.journey.slots, said or {})
    await search(plot, **wishes)


@step("ask")
async def plainly(plot: Plot) -> None:
    """From where to where and when."""
    await _ask(plot, "flight.ask")


@step("ask-nonstop", "choice by time")
async def nonstop(plot: Plot) -> None:
    """Without a change of plane."""
    await _ask(plot, "flight.nonstop", max_stops=0)


@step("ask-codes")
async def by_codes(plot: Plot) -> None:
    """The ends by their IATA codes, which nobody types in small letters."""
    if plot.story.style == "lower":
        raise LookupError("a code in small letters")
    plot.journey = plot.story.draws.coded_journey()
    plot.story.say("flight.codes", plot.journey.slots)
    await search(plot)


@step("ask-airline")
async def of_an_airline(plot: Plot) -> None:
    """With an airline that flies there."""
    plot.journey = plot.story.draws.journey()
    offers = await plot.story.scene.rows("search_flights", plot.journey.arguments)
    code = plot.story.rng.choice(offers)["slices"][0]["segments"][0]["carrier"]
    carrier = Gazetteer.default().carrier(code)
    if carrier is None:
        raise LookupError(f"no airline {code}")
    plot.story.say("flight.airline", plot.journey.slots, airline=carrier.name)
    await search(plot, airline=code)


@step("ask-cabin")
async def in_a_cabin(plot: Plot) -> None:
    """In a cabin."""
    cabin, said = a_cabin(plot)
    await _ask(plot, "flight.cabin", {"cabin": said}, cabin_class=cabin)


@step("ask-cabin-nonstop", "choice by time")
async def nonstop_in_a_cabin(plot: Plot) -> None:
    """In a cabin, without a change of plane."""
    cabin, said = a_cabin(plot)
    await _ask(plot, "flight.cabin_nonstop", {"cabin": said}, cabin_class=cabin, max_stops=0)


@step("ask-after", "choice by time")
async def late_enough(plot: Plot) -> None:
    """Not before an hour."""
    hour = plot.story.rng.choice((13, 14, 15, 16, 17, 18))
    await _ask(plot, "flight.after", {"hour": _hour(plot, hour)}, depart_after=f"{hour}:00")


@step("ask-before", "choice by time")
async def early_enough(plot: Plot) -> None:
    """Not after an hour."""
    hour = plot.story.rng.choice((13, 14, 15, 16))
    await _ask(plot, "flight.before", {"hour": _hour(plot, hour)}, depart_before=f"{hour}:00")


@step("ask-budget", "choice by price")
async def under_a_price(plot: Plot) -> None:
    """Under a price that some offers keep to."""
    plot.journey = plot.story.draws.journey()
    offers = await plot.story.scene.rows("search_flights", plot.journey.arguments)
    amount = int(float(offers[min(2, len(offers) - 1)]["total"]["amount"]) // 10 + 1) * 10
    plot.story.say("flight.budget", plot.journey.slots, amount=amount)
    await search(plot, max_price=amount)


@step("ask-cheapest", "choice by price")
async def cheapest(plot: Plot) -> None:
    """By price."""
    await _ask(plot, "flight.cheapest", sort="price")


@step("ask-earliest", "choice by time")
async def earliest(plot: Plot) -> None:
    """By departure."""
    await _ask(plot, "flight.earliest", sort="departure")


@step("ask-fastest", "choice by time")
async def fastest(plot: Plot) -> None:
    """By duration."""
    await _ask(plot, "flight.fastest", sort="duration")


@step("ask-return", "return flight")
async def there_and_back(plot: Plot) -> None:
    """There and back."""
    plot.journey = plot.story.draws.there_and_back()
    plot.story.say("flight.return", plot.journey.slots)
    await search(plot)


@step("ask-party", "several passengers")
async def for_several(plot: Plot) -> None:
    """For two to four adults."""
    plot.adults = plot.story.rng.choice((2, 2, 3, 4))
    await _ask(plot, "flight.party", plot.story.adults(plot.adults))


@step("ask-family", "several passengers")
async def for_a_family(plot: Plot) -> None:
    """For two adults and a child."""
    plot.adults, plot.children = 2, 1
    await _ask(plot, "flight.family")


async def _ask_in_parts(plot: Plot, move: str, about: list[str], answers: dict[str, Any]) -> None:
    """The first line leaves something out, which is asked for and then said."""
    plot.journey = plot.story.draws.journey()
    plot.story.say(move, plot.journey.slots)
    plot.story.act("ask_user", about=about)
    for answer, supplies in answers.items():
        plot.story.say(answer, plot.journey.slots, supplies=supplies)
    await search(plot)


@step("ask-to", "missing slots")
async def destination_only(plot: Plot) -> None:
    """Only where to."""
    answers = {"flight.origin": ["origin"], "flight.date": ["departure_date"]}
    await _ask_in_parts(plot, "flight.start", ["departure_date", "origin"], answers)


@step("ask-route", "missing slots")
async def route_only(plot: Plot) -> None:
    """From where to where, but not when."""
    answers = {"flight.date": ["departure_date"]}
    await _ask_in_parts(plot, "flight.route", ["departure_date"], answers)


@step("ask-dated", "missing slots")
async def without_origin(plot: Plot) -> None:
    """Where to and when, but not from where."""
    await _ask_in_parts(plot, "flight.dated", ["origin"], {"flight.origin": ["origin"]})


@step("ask-blank", "missing slots")
async def nothing_said(plot: Plot) -> None:
    """That it is a flight, and nothing else."""
    missing = ["departure_date", "destination", "origin"]
    await _ask_in_parts(plot, "flight.blank", missing, {"flight.both_ends": missing})


@step("other-date", "correction")
async def other_date(plot: Plot) -> None:
    """Another day."""
    day = plot.journey.departure + timedelta(days=plot.story.rng.randint(1, 6))
    ends = {"origin": plot.journey.origin, "destination": plot.journey.destination}
    plot.journey = plot.story.draws.journey(**ends, on=day)
    plot.story.say("flight.other_date", plot.journey.slots)
    await search(plot)


@step("other-return", "return flight", "correction")
async def other_return(plot: Plot) -> None:
    """Another day for the way back; the way out stays."""
    old = plot.journey
    if old.back is None:
        raise LookupError("a journey without a way back")
    days = plot.story.rng.choice((-1, 1, 1, 2, 3, 7))
    back = max(old.back + timedelta(days), old.departure + timedelta(1))
    if back == old.back:
        raise LookupError("no other day to come back on")
    plot.journey = Journey(old.origin, old.destination, old.departure, back)
    said = plot.story.wording.day(back, plot.story.rng)
    plot.story.say("flight.other_return", back=said)
    await search(plot)


@step("other-destination", "correction")
async def other_destination(plot: Plot) -> None:
    """Another destination."""
    old, city = plot.journey, plot.story.draws.city()
    plot.journey = Journey(old.origin, city, old.departure, old.back)
    plot.story.say("flight.other_destination", destination=plot.story.draws.place(city))
    await search(plot)


@step("other-origin", "correction")
async def other_origin(plot: Plot) -> None:
    """Another origin."""
    old, city = plot.journey, plot.story.draws.city()
    plot.journey = Journey(city, old.destination, old.departure, old.back)
    plot.story.say("flight.other_origin", origin=plot.story.draws.place(city))
    await search(plot)


@step("other-party", "correction", "several passengers")
async def other_party(plot: Plot) -> None:
    """More people."""
    plot.adults = plot.story.rng.choice((2, 2, 3))
    plot.story.say("flight.other_party", plot.story.adults(plot.adults))
    await search(plot)


@step("then-nonstop", "correction", "choice by time")
async def then_nonstop(plot: Plot) -> None:
    """Without a change of plane after all."""
    plot.story.say("flight.then_nonstop")
    await search(plot, max_stops=0)


@step("then-cabin", "correction")
async def then_cabin(plot: Plot) -> None:
    """In a cabin after all."""
    cabin, said = a_cabin(plot)
    plot.story.say("flight.then_cabin", cabin=said)
    await search(plot, cabin_class=cabin)


@step("then-cheapest", "correction", "choice by price")
async def then_cheapest(plot: Plot) -> None:
    """By price after all."""
    plot.story.say("flight.then_cheapest")
    await search(plot, sort="price")


@step("then-earliest", "correction", "choice by time")
async def then_earliest(plot: Plot) -> None:
    """By departure after all."""
    plot.story.say("flight.then_earliest")
    await search(plot, sort="departure")


def a_cabin(plot: Plot) -> tuple[str, str]:
    """A cabin, and what it is called."""
    cabins = plot.story.wording.form(_CABINS)
    cabin = plot.story.rng.choice(sorted(cabins))
    return cabin, plot.story.rng.choice(cabins[cabin])


def _hour(plot: Plot, hour: int) -> str:
    return plot.story.rng.choice(plot.story.wording.form("hour")).format(hour=hour, half=hour - 12)
