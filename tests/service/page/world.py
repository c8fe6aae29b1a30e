"""What the double's agent finds and books: realistic bodies of the flights and hotels APIs."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

NOW = "2027-01-15T09:00:00+00:00"
EXPIRES = "2027-01-15T09:29:00+00:00"
DATE = "2027-03-03"


def money(amount: str, currency: str = "EUR") -> Json:
    return {"amount": amount, "currency": currency}


PLACES: Json = {
    "data": [
        {
            "iata_code": code,
            "name": name,
            "type": "city",
            "city_code": code,
            "country_code": country,
        }
        for code, name, country in (("IST", "Istanbul", "TR"), ("BER", "Berlin", "DE"))
    ]
}


def segment(carrier: str, name: str, number: str, times: str, minutes: str) -> Json:
    origin, departing, destination, arriving = times.split(" ")
    return {
        "carrier": carrier, "carrier_name": name, "flight_number": number, "origin": origin,
        "destination": destination, "departing_at": departing, "arriving_at": arriving,
        "duration": minutes,
    }  # fmt: skip


def offer(offer_id: str, amount: str, duration: str, segments: list[Json], **rest: Any) -> Json:
    journey = {
        "origin": segments[0]["origin"], "destination": segments[-1]["destination"],
        "departure_date": DATE, "segments": segments, "stops": len(segments) - 1,
        "duration": duration,
    }  # fmt: skip
    conditions = {"refundable": False, "change_fee": money("45.00"), "cancel_fee": None}
    return {
        "offer_id": offer_id, "slices": [journey], "cabin_class": "economy",
        "total": money(amount), "passengers": {"adults": 1, "children": 0, "infants": 0},
        "conditions": conditions, "baggage": {"cabin": 1, "checked": 0}, "seats_left": 9,
        "expires_at": EXPIRES, **rest,
    }  # fmt: skip


FREE = {"refundable": True, "change_fee": money("0.00"), "cancel_fee": money("60.00")}
_PEGASUS = f"SAW {DATE}T06:40:00+03:00 BER {DATE}T07:35:00+01:00"
_TURKISH = f"IST {DATE}T08:10:00+03:00 BER {DATE}T09:00:00+01:00"
_EVENING = f"IST {DATE}T20:15:00+03:00 FRA {DATE}T21:30:00+01:00"
_MORNING = "FRA 2027-03-04T06:45:00+01:00 BER 2027-03-04T07:50:00+01:00"
OFFERS: list[Json] = [
    offer("off_k3m7p2qa", "129.90", "PT2H55M", [
        segment("PC", "Pegasus", "977", _PEGASUS, "PT2H55M"),
    ], seats_left=3),
    offer("off_w8n4x6zd", "184.30", "PT2H50M", [
        segment("TK", "Turkish Airlines", "1721", _TURKISH, "PT2H50M"),
    ], conditions=FREE, baggage={"cabin": 1, "checked": 1}),
    offer("off_c5v9b1rt", "151.20", "PT13H35M", [
        segment("LH", "Lufthansa", "1305", _EVENING, "PT3H15M"),
        segment("LH", "Lufthansa", "172", _MORNING, "PT1H5M"),
    ], baggage={"cabin": 1, "checked": 1}),
]  # fmt: skip


def rate(rate_id: str, room: str, board: str, total: str, until: str | None) -> Json:
    return {
        "rate_id": rate_id, "room": room, "board": board, "total": money(total),
        "per_night": money(total), "refundable_until": until, "rooms_left": 2 if until else 5,
        "expires_at": EXPIRES,
    }  # fmt: skip


UNTIL = "2027-03-01T18:00:00+01:00"
HOTELS: list[Json] = [
    {
        "hotel_id": "htl_spree1", "name": "Hotel Spreeblick Mitte", "city_code": "BER", "stars": 4,
        "rating": 8.7, "amenities": ["wifi", "breakfast", "gym", "bar", "air_conditioning"],
        "rates": [
            rate("rat_a1b2c3d4", "Double room", "room_only", "118.00", None),
            rate("rat_e5f6g7h8", "Superior double room", "breakfast", "146.50", UNTIL),
        ],
    },
    {
        "hotel_id": "htl_havel2", "name": "Pension <b>Havel</b>", "city_code": "BER", "stars": 3,
        "rating": 9.1, "amenities": ["wifi", "pet_friendly"],
        "rates": [rate("rat_j9k8l7m6", "Double room", "breakfast", "92.00", UNTIL)],
    },
]  # fmt: skip


CANCELLATION: Json = {
    "cancellation_id": "can_1a2b3c4d", "order_id": "ord_7h2k9m4x", "refund": money("124.30"),
    "expires_at": EXPIRES,
}  # fmt: skip


def order(offer_id: str, passengers: list[Json]) -> Json:
    bought = next(item for item in OFFERS if item["offer_id"] == offer_id)
    kept = ("offer_id", "slices", "cabin_class", "conditions", "total")
    return {
        "order_id": "ord_7h2k9m4x", "booking_reference": "QK7M2X", "status": "confirmed",
        **{name: bought[name] for name in kept}, "passengers": passengers, "created_at": NOW,
    }  # fmt: skip


def booking(rate_id: str, guests: list[Json]) -> Json:
    hotel = next(it for it in HOTELS if any(r["rate_id"] == rate_id for r in it["rates"]))
    taken = next(r for r in hotel["rates"] if r["rate_id"] == rate_id)
    return {
        "booking_id": "bkg_4t6y8u1i", "booking_reference": "H9PLW3", "status": "confirmed",
        "hotel": {name: hotel[name] for name in ("hotel_id", "name", "city_code", "stars")},
        "rate": taken, "check_in_date": DATE, "check_out_date": "2027-03-04", "rooms": 1,
        "adults": 1, "children": 0, "guests": guests, "total": taken["total"], "created_at": NOW,
    }  # fmt: skip
