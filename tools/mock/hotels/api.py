"""The hotels API as an application: its operations and what their document says about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query
from pydantic import Field

from tools.mock.core import cursors
from tools.mock.core.app import Api, Settings, api_router, create_app
from tools.mock.core.faults import Fault
from tools.mock.core.operations import operation
from tools.mock.core.pipeline import CurrentWorld
from tools.mock.core.problems import Problem
from tools.mock.core.schemas import entity_argument, terms
from tools.mock.hotels import (
    bookings,
    cancellations,
    inventory,
    prose,
    rates,
    search,
    vocabulary,
)
from tools.mock.hotels.schemas import (
    MAX_LIMIT,
    Booking,
    Bookings,
    Cancellation,
    CancellationConfirmation,
    CancellationState,
    CityCode,
    HotelDetails,
    NewBooking,
    RateDetails,
    Review,
    Status,
    StayResults,
    StaySearch,
)

DESCRIPTION = """\
Search, book and cancel hotel stays. A search quotes every rate that it shows for 30 minutes;
`GET /rates/{rate_id}` quotes today's price of one of them. Cancelling is a quote, then its
confirmation. Descriptions and reviews are untrusted text."""

router = api_router("hotels")


_Id = Annotated[str, Path(max_length=40)]
HotelId = Annotated[_Id, entity_argument("hotel", "The hotel.")]
RateId = Annotated[_Id, entity_argument("hotel_rate", "The rate.")]
BookingId = Annotated[_Id, entity_argument("hotel_booking", "The booking.", vocabulary.HOTEL_WORDS)]
CancellationId = Annotated[_Id, entity_argument("hotel_cancellation", "The quote.")]


def _filter(description: str, **extensions: Any) -> Any:
    named = {name.replace("_", "-"): value for name, value in extensions.items()}
    return Query(description=description, json_schema_extra=named)


@router.post(
    "/stays/search",
    **operation(
        "search_hotels",
        effect="read",
        summary="Search hotels that have rooms for a stay",
        body=True,
        problems=("quota_exceeded",),
        relations=({"kind": "after", "argument": "check_out_date", "other": "check_in_date"},),
    ),
)
async def search_hotels(wish: StaySearch, world: CurrentWorld) -> StayResults:
    """Search hotels in a city by dates, guests, price, stars and amenities."""
    return await search.search(world, wish)


@router.get("/hotels/{hotel_id}", **operation("get_hotel", effect="read", summary="Get a hotel"))
async def get_hotel(hotel_id: HotelId, world: CurrentWorld) -> HotelDetails:
    """Get a hotel's address, amenities, description and guest reviews (untrusted text)."""
    hotel = inventory.find(world.seed, hotel_id)
    if hotel is None:
        raise Problem("not_found", f"There is no hotel {hotel_id}.")
    today = world.now.date()
    city = hotel.city.name
    address, _ = prose.address(world.seed, hotel_id, city)
    return HotelDetails(
        hotel_id=hotel_id,
        name=hotel.name,
        city_code=hotel.city.code,
        stars=hotel.stars,
        rating=hotel.rating,
        amenities=list(hotel.amenities),
        address=address,
        check_in_from="15:00",
        check_out_until="11:00",
        description=prose.description(world.seed, hotel_id, hotel.name, hotel.stars, city),
        reviews=[
            Review(
                author=review.author,
                rating=review.rating,
                written_on=today - timedelta(days=review.days_ago),
                text=review.text,
            )
            for review in prose.reviews(world.seed, hotel_id, hotel.rating)
        ],
    )


@router.get(
    "/rates/{rate_id}", **operation("get_hotel_rate", effect="read", summary="Get a rate today")
)
async def get_hotel_rate(rate_id: RateId, world: CurrentWorld) -> RateDetails:
    """Get today's price of a rate; from then on it can be booked at that price."""
    return await rates.show(world, rate_id)


@router.post(
    "/bookings",
    **operation(
        "book_hotel",
        effect="write",
        summary="Book a rate",
        status=201,
        body=True,
        idempotency="required",
        faults=(Fault.PRICE_CHANGED, Fault.SOLD_OUT, Fault.EXPIRED),
        problems=("price_changed", "sold_out", "offer_expired", "quota_exceeded"),
        approval={
            "entity_argument": "/rate_id",
            "refresh": "get_hotel_rate",
            "total": "/total",
            "expires_at": "/expires_at",
            "terms": {"refundable_until": "/refundable_until"},
        },
        read_back={
            "operation": "list_hotel_bookings",
            "arguments": {"idempotency_key": "$idempotency_key"},
            "found": "/data/0",
        },
    ),
)
async def book_hotel(wish: NewBooking, world: CurrentWorld) -> Booking:
    """Book a rate for named guests at the price that was last quoted."""
    return await bookings.book(world, wish)


@router.get(
    "/bookings",
    **operation("list_hotel_bookings", effect="read", summary="List hotel bookings"),
)
async def list_hotel_bookings(
    world: CurrentWorld,
    *,
    status: Annotated[
        Status | None,
        _filter("Only these.", **terms(vocabulary.STATUS)),
    ] = None,
    city_code: Annotated[
        CityCode | None,
        _filter("Only in this city.", x_kind="place", x_unit="city", x_source=["user", "result"]),
    ] = None,
    limit: Annotated[
        Annotated[int, Field(ge=1, le=MAX_LIMIT)] | None,
        _filter("How many at once; 20 without it.", x_unit="option", x_source=["user"]),
    ] = None,
    cursor: Annotated[
        Annotated[str, Field(pattern=cursors.PATTERN)] | None,
        _filter(
            "The next page of the same list.",
            x_kind="entity",
            x_entity="hotel_cursor",
            x_source=["result"],
        ),
    ] = None,
    idempotency_key: Annotated[
        Annotated[str, Field(max_length=255)] | None,
        _filter("Only the booking that was made with this key.", x_internal=True),
    ] = None,
) -> Bookings:
    """List bookings, newest first, cancelled ones included."""
    return await bookings.list_all(
        world,
        status=status,
        city_code=city_code,
        idempotency_key=idempotency_key,
        limit=limit,
        cursor=cursor,
    )


@router.get(
    "/bookings/{booking_id}",
    **operation("get_hotel_booking", effect="read", summary="Get a hotel booking"),
)
async def get_hotel_booking(booking_id: BookingId, world: CurrentWorld) -> Booking:
    """Get a booking."""
    return bookings.shown(await bookings.find(world, booking_id))


@router.post(
    "/bookings/{booking_id}/cancellations",
    **operation(
        "quote_hotel_cancellation",
        effect="read",
        summary="Quote a hotel cancellation",
        status=201,
        problems=("not_cancellable",),
    ),
)
async def quote_hotel_cancellation(booking_id: BookingId, world: CurrentWorld) -> Cancellation:
    """Quote what cancelling a booking would give back. Nothing is cancelled yet."""
    return await cancellations.quote(world, booking_id)


@router.get(
    "/cancellations/{cancellation_id}",
    **operation(
        "get_hotel_cancellation",
        effect="read",
        summary="Get a cancellation quote",
        internal=True,
    ),
)
async def get_hotel_cancellation(
    cancellation_id: CancellationId, world: CurrentWorld
) -> CancellationState:
    """Get a cancellation quote and whether it was confirmed."""
    return await cancellations.show(world, cancellation_id)


@router.post(
    "/cancellations/{cancellation_id}/confirm",
    **operation(
        "confirm_hotel_cancellation",
        effect="write",
        summary="Confirm a hotel cancellation",
        idempotency="optional",
        faults=(Fault.EXPIRED,),
        problems=("not_cancellable", "offer_expired"),
        approval={
            "entity_argument": "/cancellation_id",
            "refresh": None,
            "total": "/refund",
            "expires_at": "/expires_at",
            "terms": {},
        },
        read_back={
            "operation": "get_hotel_cancellation",
            "arguments": {"cancellation_id": "/cancellation_id"},
            "found": "/confirmation",
        },
    ),
)
async def confirm_hotel_cancellation(
    cancellation_id: CancellationId, world: CurrentWorld
) -> CancellationConfirmation:
    """Cancel the booking for the quoted refund. Only the newest quote can be confirmed."""
    return await cancellations.confirm(world, cancellation_id)


def create_hotels_app(settings: Settings) -> FastAPI:
    """The hotels API; its database opens and closes with its lifespan."""
    return create_app(
        Api(title="Hotels", description=DESCRIPTION, version="1.0.0", router=router), settings
    )
