"""From flights and prices to what the API answers."""

from __future__ import annotations

from tools.gazetteer import Gazetteer
from tools.mock.core.money import Money, money
from tools.mock.flights.schemas import Baggage, FareConditions, Segment, Slice
from tools.mock.flights.search import Priced
from tools.mock.flights.timetable import Flight, Itinerary, travel_minutes


def slices_of(offer: Priced) -> list[Slice]:
    """The ways of an offer."""
    return [_slice(way) for way in offer.slices]


def conditions_of(offer: Priced) -> FareConditions:
    """The terms of an offer; no fee is higher than the price."""

    def fee(cents: int | None) -> Money | None:
        return None if cents is None else money(min(cents, offer.cents), offer.currency)

    terms = offer.conditions
    return FareConditions(
        refundable=terms.cancel_fee is not None,
        change_fee=fee(terms.change_fee),
        cancel_fee=fee(terms.cancel_fee),
    )


def baggage_of(offer: Priced) -> Baggage:
    """What each seated passenger may bring."""
    return Baggage(carry_on=1, checked=offer.conditions.checked_bags)


def _slice(way: Itinerary) -> Slice:
    return Slice(
        origin=way[0].origin,
        destination=way[-1].destination,
        departure_date=way[0].departs.date(),
        segments=[_segment(flight) for flight in way],
        stops=len(way) - 1,
        duration=_duration(travel_minutes(way)),
    )


def _segment(flight: Flight) -> Segment:
    carrier = Gazetteer.default().carrier(flight.carrier)
    return Segment(
        carrier=flight.carrier,
        carrier_name=carrier.name if carrier else flight.carrier,
        flight_number=flight.number,
        origin=flight.origin,
        destination=flight.destination,
        departing_at=flight.departs.isoformat(),
        arriving_at=flight.arrives.isoformat(),
        duration=_duration(flight.minutes),
    )


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")
