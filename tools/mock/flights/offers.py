"""``POST /offers/search`` and ``GET /offers/{offer_id}``."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tools.gazetteer import Airport, City, Gazetteer
from tools.mock.core import cursors
from tools.mock.core.app import api_router
from tools.mock.core.faults import Fault
from tools.mock.core.money import money
from tools.mock.core.operations import operation
from tools.mock.core.pipeline import CurrentWorld
from tools.mock.core.problems import FieldError, Problem
from tools.mock.core.sandboxes import World
from tools.mock.flights import stock, wire
from tools.mock.flights.fares import Party
from tools.mock.flights.schemas import (
    Offer,
    OfferId,
    Offers,
    PageMeta,
    PassengerCounts,
    SearchFlights,
)
from tools.mock.flights.search import Priced, Wish, find

ON_SALE_DAYS = 330
_MOST_SEATED = 9
_DEFAULT_LIMIT = 10

router = api_router("offers")


@router.post(
    "/offers/search",
    **operation(
        "search_flights",
        effect="read",
        summary="Search flights between two places",
        body=True,
        problems=["quota_exceeded"],
        relations=[
            {"kind": "differs", "argument": "destination", "other": "origin"},
            {"kind": "after", "argument": "return_date", "other": "departure_date"},
        ],
    ),
)
async def search_flights(body: SearchFlights, world: CurrentWorld) -> Offers:
    """Find offers for a way out, or out and back, on given days for a whole party.

    Offers hold their price until `expires_at`. The codes come from `find_places`.
    """
    wish = _wish(body, world.now)
    days = [wish.departure, *([wish.back] if wish.back else [])]
    # A connection can leave its hub up to two days later.
    market = await stock.market_on(
        world, [day + timedelta(days=later) for day in days for later in range(3)]
    )
    about = body.model_dump_json(exclude={"cursor"})
    offset = cursors.decode(body.cursor, about)
    chosen, following = cursors.page(
        find(wish, market), offset, body.limit or _DEFAULT_LIMIT, about
    )
    held = await stock.quote(world, chosen)
    data = [_offer(*quote, offer) for quote, offer in zip(held, chosen, strict=True)]
    return Offers(data=data, meta=PageMeta(next_cursor=following))


@router.get(
    "/offers/{offer_id}",
    **operation(
        "get_flight_offer",
        effect="read",
        summary="Show an offer at today's price",
        faults=[Fault.PRICE_CHANGED, Fault.SOLD_OUT, Fault.EXPIRED],
    ),
)
async def get_flight_offer(offer_id: OfferId, world: CurrentWorld) -> Offer:
    """Show an offer with its price and seats as they are now; booking it is at this price.

    An offer that was sold or has expired can still be read.
    """
    row = await stock.find_offer(world, offer_id)
    await meet_fault(world, row)
    offer = await stock.todays(world, row)
    row.quoted_cents = offer.cents
    return _offer(row.id, row.expires_at, offer)


async def meet_fault(world: World, row: stock.OfferRow) -> None:
    """Let the call's domain fault happen to an offer, for good."""
    if world.fault is None:
        return
    if world.fault is Fault.EXPIRED:
        row.expires_at = world.now
    else:
        offer = await stock.todays(world, row)
        if world.fault is Fault.SOLD_OUT:
            await stock.change_sales(world, offer, sold=offer.seats_left)
        else:
            await stock.change_sales(world, offer, price_steps=1)
    # What happened stays, although the call that met it will be refused.
    await world.session.commit()


def _offer(offer_id: str, expires_at: datetime, offer: Priced) -> Offer:
    party = offer.party
    return Offer(
        offer_id=offer_id,
        slices=wire.slices_of(offer),
        cabin_class=offer.cabin,
        total=money(offer.cents, offer.currency),
        passengers=PassengerCounts(
            adults=party.adults, children=party.children, infants=party.infants
        ),
        conditions=wire.conditions_of(offer),
        baggage=wire.baggage_of(offer),
        seats_left=offer.seats_left,
        expires_at=expires_at,
    )


def _wish(body: SearchFlights, now: datetime) -> Wish:
    """The search with its codes resolved; `validation_failed` with all that does not fit."""
    places = Gazetteer.default()
    origin, destination = places.resolve(body.origin), places.resolve(body.destination)
    errors = [
        *_place_errors(body, origin, destination),
        *_date_errors(body, _today_at(origin, now), now.date()),
        *_party_errors(body),
    ]
    if places.carrier(body.airline or "TK") is None:
        errors.append(_error("/airline", f"{body.airline} is no airline that flies here"))
    if errors or origin is None or destination is None:
        detail = "; ".join(f"{error['pointer']}: {error['message']}" for error in errors)
        raise Problem("validation_failed", detail, errors=errors)
    return Wish(
        origins=_airports(origin),
        destinations=_airports(destination),
        departure=body.departure_date,
        back=body.return_date,
        party=Party(body.adults, body.children, body.infants),
        currency=body.currency,
        cabin=body.cabin_class,
        max_stops=body.max_stops,
        max_price=None if body.max_price is None else Decimal(str(body.max_price)),
        airline=body.airline,
        depart_after=time.fromisoformat(body.depart_after) if body.depart_after else None,
        depart_before=time.fromisoformat(body.depart_before) if body.depart_before else None,
        sort=body.sort or "price",
    )


def _error(pointer: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, message=message)


def _place_errors(
    body: SearchFlights, origin: City | Airport | None, destination: City | Airport | None
) -> list[FieldError]:
    unknown = "is no served city or airport; find codes with find_places"
    errors: list[FieldError] = []
    if origin is None:
        errors.append(_error("/origin", f"{body.origin} {unknown}"))
    if destination is None:
        errors.append(_error("/destination", f"{body.destination} {unknown}"))
    if origin and destination and _city(origin) == _city(destination):
        errors.append(_error("/destination", "choose another city than the origin's"))
    return errors


def _date_errors(body: SearchFlights, local_today: date, today: date) -> list[FieldError]:
    last = today + timedelta(days=ON_SALE_DAYS)
    errors: list[FieldError] = []
    if body.departure_date < min(today, local_today):
        errors.append(_error("/departure_date", f"choose {today} or later"))
    if body.departure_date > last:
        errors.append(_error("/departure_date", f"flights are on sale until {last}"))
    if body.return_date is not None:
        if body.return_date < body.departure_date:
            errors.append(_error("/return_date", "choose the day of departure or later"))
        if body.return_date > last:
            errors.append(_error("/return_date", f"flights are on sale until {last}"))
    return errors


def _party_errors(body: SearchFlights) -> list[FieldError]:
    errors: list[FieldError] = []
    if body.adults + body.children > _MOST_SEATED:
        errors.append(_error("/children", f"at most {_MOST_SEATED} seated passengers"))
    if body.infants > body.adults:
        errors.append(_error("/infants", "at most one infant for each adult"))
    return errors


def _city(place: City | Airport) -> str:
    return place.code if isinstance(place, City) else place.city_code


def _airports(place: City | Airport) -> tuple[str, ...]:
    return place.airports if isinstance(place, City) else (place.code,)


def _today_at(place: City | Airport | None, now: datetime) -> date:
    return now.astimezone(ZoneInfo(place.time_zone) if place else UTC).date()
