"""Messages by the names that APIs use: questions and labels of parameters, enum values."""

from __future__ import annotations

from typing import Final

from agent.reply.translations import N_, NN_

# What to ask when an argument is missing.
QUESTIONS: Final[dict[str, str]] = {
    "origin": N_("Where do you leave from?"),
    "destination": N_("Where do you want to go?"),
    "departure_date": N_("On which date do you want to leave?"),
    "return_date": N_("On which date do you want to come back?"),
    "passengers": N_("Who is travelling? Please give each given name, family name and birth date."),
    "guests": N_("Who is staying? Please give each adult's given name and family name."),
    "given_name": N_("What is the given name, as in the passport?"),
    "family_name": N_("What is the family name, as in the passport?"),
    "born_on": N_("What is the birth date?"),
    "contact_email": N_("Which e-mail address should the confirmation go to?"),
    "city_code": N_("In which city do you want to stay?"),
    "check_in_date": N_("On which date do you check in?"),
    "check_out_date": N_("On which date do you check out?"),
    "adults": N_("How many adults?"),
    "children": N_("How many children?"),
    "infants": N_("How many infants?"),
    "rooms": N_("How many rooms?"),
    "cabin_class": N_("Which cabin class?"),
    "max_price": N_("What is the most that the trip may cost?"),
    "max_price_per_night": N_("What is the most that a night may cost?"),
    "currency": N_("In which currency?"),
    "airline": N_("Which airline?"),
    "depart_after": N_("After what time do you want to leave?"),
    "depart_before": N_("Before what time do you want to leave?"),
    "min_stars": N_("At least how many stars?"),
    "amenities": N_("What must the hotel have?"),
    "offer_id": N_("Which of the flights do you want?"),
    "rate_id": N_("Which room and rate do you want?"),
    "hotel_id": N_("Which hotel do you mean?"),
    "order_id": N_("Which flight order do you mean?"),
    "booking_id": N_("Which hotel booking do you mean?"),
    "cancellation_id": N_("Which cancellation do you mean?"),
    "query": N_("Which place do you mean?"),
}

# How a known argument or a field of a result is called.
LABELS: Final[dict[str, str]] = {
    "origin": N_("From"),
    "destination": N_("To"),
    "departure_date": N_("Departure"),
    "return_date": N_("Return"),
    "passengers": N_("Passengers"),
    "guests": N_("Guests"),
    "given_name": N_("Given name"),
    "family_name": N_("Family name"),
    "born_on": N_("Birth date"),
    "contact_email": N_("E-mail"),
    "city_code": N_("City"),
    "check_in_date": N_("Check-in"),
    "check_out_date": N_("Check-out"),
    "adults": N_("Adults"),
    "children": N_("Children"),
    "infants": N_("Infants"),
    "rooms": N_("Rooms"),
    "cabin_class": N_("Cabin"),
    "max_price": N_("Price limit"),
    "max_price_per_night": N_("Price limit per night"),
    "currency": N_("Currency"),
    "airline": N_("Airline"),
    "depart_after": N_("Leaving after"),
    "depart_before": N_("Leaving before"),
    "max_stops": N_("Stops at most"),
    "min_stars": N_("Stars at least"),
    "amenities": N_("Amenities"),
    "sort": N_("Order"),
    "total": N_("Total"),
    "per_night": N_("Per night"),
    "refund": N_("Refund"),
    "status": N_("Status"),
    "name": N_("Name"),
    "booking_reference": N_("Reference"),
    "expires_at": N_("Valid until"),
    "created_at": N_("Created"),
    "refundable": N_("Refundable"),
    "change_fee": N_("Change fee"),
    "cancel_fee": N_("Cancellation fee"),
    "refundable_until": N_("Free cancellation until"),
    "stars": N_("Stars"),
    "rating": N_("Rating"),
    "room": N_("Room"),
    "board": N_("Board"),
    "offer_id": N_("Offer"),
    "rate_id": N_("Rate"),
    "hotel_id": N_("Hotel"),
    "order_id": N_("Flight order"),
    "booking_id": N_("Hotel booking"),
    "duration": N_("Duration"),
    "seats_left": N_("Seats left"),
    "rooms_left": N_("Rooms left"),
    "baggage": N_("Baggage"),
    "description": N_("Description"),
    "query": N_("Place"),
}

# Enum values of the travel APIs.
WORDS: Final[dict[str, str]] = {
    "economy": N_("economy"),
    "premium_economy": N_("premium economy"),
    "business": N_("business class"),
    "first": N_("first class"),
    "confirmed": N_("confirmed"),
    "cancelled": N_("cancelled"),
    "room_only": N_("room only"),
    "breakfast": N_("breakfast"),
    "half_board": N_("half board"),
    "full_board": N_("full board"),
    "all_inclusive": N_("all inclusive"),
    "wifi": N_("Wi-Fi"),
    "pool": N_("pool"),
    "gym": N_("gym"),
    "spa": N_("spa"),
    "parking": N_("parking"),
    "pet_friendly": N_("pets welcome"),
    "airport_shuttle": N_("airport shuttle"),
    "restaurant": N_("restaurant"),
    "bar": N_("bar"),
    "air_conditioning": N_("air conditioning"),
    "family_rooms": N_("family rooms"),
    "beach": N_("beach"),
    "business_centre": N_("business centre"),
    "price": N_("price"),
    "departure": N_("departure time"),
    "duration": N_("duration"),
    "rating": N_("rating"),
    "stars": N_("stars"),
    "city": N_("city"),
    "airport": N_("airport"),
}

# Parameters whose values are place codes.
PLACES: Final = frozenset({"origin", "destination", "city_code"})
# Parameters and fields whose values are enum words.
TERMS: Final = frozenset({"cabin_class", "board", "amenities", "status", "sort", "type"})

# What stands above a list of results, for one and for many.
INTRODUCTIONS: Final[dict[str, tuple[str, str]]] = {
    "flight_offer": NN_("I found this flight:", "I found these flights:"),
    "flight_order": NN_("This is your booking:", "These are your bookings:"),
    "flight_cancellation": NN_(
        "Cancelling would give this back:", "Cancelling would give these back:"
    ),
    "hotel": NN_("I found this hotel:", "I found these hotels:"),
    "hotel_rate": NN_("I found this rate:", "I found these rates:"),
    "hotel_booking": NN_("This is your booking:", "These are your bookings:"),
    "hotel_cancellation": NN_(
        "Cancelling would give this back:", "Cancelling would give these back:"
    ),
    "place": NN_("I found this place:", "I found these places:"),
}
INTRODUCTION: Final[tuple[str, str]] = NN_("I found this:", "I found these:")
