"""Requests and responses of the flights API, as its OpenAPI document shows them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tools.mock.core import cursors
from tools.mock.core.money import Currency, Money
from tools.mock.core.schemas import (
    ContactEmail,
    FamilyName,
    GivenName,
    InstantOut,
    IsoDate,
    Request,
    StrictInt,
    count,
    described,
    entity,
    entity_argument,
    optional,
    terms,
)
from tools.mock.flights.fares import Cabin
from tools.mock.flights.search import Sort
from tools.mock.flights.vocabulary import CABIN_WORDS, FLIGHT_WORDS, REFUNDABLE_WORDS, SORT_WORDS

_SEARCH_EXAMPLE: dict[str, JsonValue] = {
    "origin": "IST",
    "destination": "LON",
    "departure_date": "2026-06-20",
    "adults": 2,
    "sort": "price",
}
_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_PLACE = r"^[A-Z]{3}$"


def _place(description: str, role: str) -> object:
    return described(description, x_kind="place", x_role=role, x_source=["user", "result"])


OfferId = Annotated[
    str, Path(max_length=64), entity_argument("flight_offer", "An offer that was found.")
]
OrderId = Annotated[
    str,
    Path(max_length=64),
    entity_argument("flight_order", "An order of this account.", FLIGHT_WORDS),
]
CancellationId = Annotated[
    str, Path(max_length=64), entity_argument("flight_cancellation", "A cancellation quote.")
]


class SearchFlights(Request):
    """What to search for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _SEARCH_EXAMPLE})

    origin: Annotated[
        str, Field(pattern=_PLACE), _place("IATA code of a city or airport.", "origin")
    ]
    destination: Annotated[
        str, Field(pattern=_PLACE), _place("IATA code of a city or airport.", "destination")
    ]
    departure_date: Annotated[
        IsoDate,
        described(
            "Local date of departure.", x_when="future", x_role="departure", x_source=["user"]
        ),
    ]
    return_date: IsoDate | None = optional(
        "Local date of the flight back; leave it out for one way.",
        x_when="future",
        x_role="return",
        x_source=["user"],
    )
    adults: Annotated[
        StrictInt, Field(ge=1, le=9), count("adult", "Travellers of 12 years and more.")
    ] = 1
    children: Annotated[StrictInt, Field(ge=0, le=8), count("child", "Children from 2 to 11.")] = 0
    infants: Annotated[
        StrictInt, Field(ge=0, le=9), count("infant", "Under 2, on an adult's lap.")
    ] = 0
    cabin_class: Cabin | None = optional(
        "Only this cabin; left out, the cheapest cabin of each flight.", **terms(CABIN_WORDS)
    )
    max_stops: Annotated[StrictInt, Field(ge=0, le=3)] | None = optional(
        "Most changes of plane on each way; 0 for nonstop.", x_unit="stop", x_source=["user"]
    )
    max_price: Annotated[float, Field(gt=0, le=1e9, strict=True)] | None = optional(
        "Highest total of the whole offer, in `currency`.", x_unit="money", x_source=["user"]
    )
    currency: Currency = "EUR"
    airline: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")] | None = optional(
        "Only flights of this airline (two-character IATA code).",
        x_kind="carrier",
        x_source=["user", "result"],
    )
    depart_after: Annotated[str, Field(pattern=_TIME)] | None = optional(
        "Earliest local departure of the way out, HH:MM.",
        x_kind="time",
        x_role="after",
        x_source=["user"],
    )
    depart_before: Annotated[str, Field(pattern=_TIME)] | None = optional(
        "Latest local departure of the way out, HH:MM.",
        x_kind="time",
        x_role="before",
        x_source=["user"],
    )
    sort: Sort | None = optional("Order of the offers; left out, by price.", **terms(SORT_WORDS))
    limit: Annotated[StrictInt, Field(ge=1, le=50)] | None = optional(
        "Most offers in the answer; left out, 10.", x_unit="option", x_source=["user"]
    )
    cursor: Annotated[str, Field(pattern=cursors.PATTERN)] | None = optional(
        "`meta.next_cursor` of the same search, all else unchanged.",
        x_kind="entity",
        x_entity="flight_cursor",
        x_source=["result"],
    )


class Segment(BaseModel):
    """One flight."""

    carrier: Annotated[str, described("Airline (IATA code).", x_kind="carrier", x_brief=True)]
    carrier_name: Annotated[str, described("The airline's name.")]
    flight_number: Annotated[str, described("Airline code and number.")]
    origin: Annotated[str, described("Airport (IATA code).")]
    destination: Annotated[str, described("Airport (IATA code).")]
    departing_at: Annotated[
        str, described("Local time with its offset.", format="date-time", x_brief=True)
    ]
    arriving_at: Annotated[
        str, described("Local time with its offset.", format="date-time", x_brief=True)
    ]
    duration: Annotated[str, described("ISO 8601 duration.", format="duration")]


class Slice(BaseModel):
    """One way of the journey."""

    origin: Annotated[str, described("Airport (IATA code).", x_kind="place", x_brief=True)]
    destination: Annotated[str, described("Airport (IATA code).", x_kind="place", x_brief=True)]
    departure_date: Annotated[date, described("Local date.", x_brief=True)]
    segments: Annotated[list[Segment], described("The flights, in order.", x_brief=True)]
    stops: Annotated[int, described("Changes of plane.", x_brief=True)]
    duration: Annotated[
        str, described("ISO 8601, changes included.", format="duration", x_brief=True)
    ]


class PassengerCounts(BaseModel):
    """For how many an offer is."""

    adults: int
    children: int
    infants: int


class FareConditions(BaseModel):
    """What a change or a cancellation costs."""

    refundable: Annotated[
        bool,
        described(
            "Whether a cancellation pays anything back.",
            x_brief=True,
            x_terms=REFUNDABLE_WORDS,
        ),
    ]
    change_fee: Annotated[Money | None, Field(description="Null: no changes.")]
    cancel_fee: Annotated[
        Money | None, Field(description="Kept of the total on cancellation. Null: no refund.")
    ]


class Baggage(BaseModel):
    """Pieces for each seated passenger."""

    carry_on: int
    checked: int


class Offer(BaseModel):
    """Flights at a price, held until `expires_at`."""

    offer_id: Annotated[str, entity("flight_offer", "Book it with this id.", brief=True)]
    slices: Annotated[list[Slice], described("The way out and the way back.", x_brief=True)]
    cabin_class: Annotated[Cabin, described("The cabin.", x_brief=True)]
    total: Annotated[Money, described("For everybody, taxes included.", x_brief=True)]
    passengers: PassengerCounts
    conditions: Annotated[FareConditions, described("The terms.", x_brief=True)]
    baggage: Baggage
    seats_left: Annotated[int, described("Seats left in this cabin, at the fewest.")]
    expires_at: Annotated[InstantOut, described("When the offer ends.")]


class PageMeta(BaseModel):
    """Where the next page is."""

    next_cursor: Annotated[
        str | None, entity("flight_cursor", "`cursor` of the next page; null on the last.")
    ]


class Offers(BaseModel):
    """One page of offers."""

    data: list[Offer]
    meta: PageMeta


class NewPassenger(Request):
    """Somebody who travels."""

    given_name: GivenName
    family_name: FamilyName
    born_on: Annotated[IsoDate, described("Date of birth.", x_when="past", x_source=["user"])]


class BookFlight(Request):
    """What to book, and for whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "offer_id": "off_k3c2mzqa",
                "passengers": [
                    {"given_name": "Ada", "family_name": "Yılmaz", "born_on": "1990-12-10"}
                ],
                "contact_email": "ada@example.com",
            }
        },
    )

    offer_id: Annotated[
        str, Field(max_length=64), entity_argument("flight_offer", "An offer that was found.")
    ]
    passengers: Annotated[
        list[NewPassenger],
        Field(min_length=1, max_length=18, description="Everybody of the offer, infants too."),
    ]
    contact_email: ContactEmail


class Passenger(BaseModel):
    """Somebody who travels."""

    given_name: str
    family_name: str
    born_on: date


class Order(BaseModel):
    """A booking."""

    order_id: Annotated[str, entity("flight_order", "The order's id.", brief=True)]
    booking_reference: Annotated[
        str, described("What the airline asks for at check-in.", x_brief=True)
    ]
    status: Annotated[Literal["confirmed", "cancelled"], described("Its state.", x_brief=True)]
    offer_id: Annotated[str, entity("flight_offer", "The offer that was booked.")]
    slices: Annotated[list[Slice], described("The way out and the way back.", x_brief=True)]
    cabin_class: Cabin
    passengers: list[Passenger]
    contact_email: str
    conditions: FareConditions
    baggage: Baggage
    total: Annotated[Money, described("What was paid.", x_brief=True)]
    created_at: InstantOut


class Orders(BaseModel):
    """One page of orders, the newest first."""

    data: list[Order]
    meta: PageMeta


class Cancellation(BaseModel):
    """What a cancellation would pay back. It takes effect when it is confirmed."""

    cancellation_id: Annotated[
        str, entity("flight_cancellation", "Confirm it with this id.", brief=True)
    ]
    order_id: Annotated[str, entity("flight_order", "The order.")]
    refund: Annotated[Money, described("What is paid back.", x_brief=True)]
    expires_at: Annotated[InstantOut, described("When the quote ends.", x_brief=True)]


class Confirmation(BaseModel):
    """A cancellation that has taken effect."""

    cancellation_id: Annotated[str, entity("flight_cancellation", "Its id.")]
    order_id: Annotated[str, entity("flight_order", "The order.", brief=True)]
    status: Annotated[
        Literal["cancelled"], described("The order's state from now on.", x_brief=True)
    ]
    refund: Annotated[Money, described("What is paid back.", x_brief=True)]
    confirmed_at: InstantOut


class CancellationState(Cancellation):
    """A cancellation quote, and whether it was confirmed."""

    confirmation: Annotated[
        Confirmation | None, Field(description="What the confirmation answered; null before it.")
    ]
