"""Words that users say for the values of an enum, in English, Turkish, German and Spanish."""

from __future__ import annotations

CABIN_WORDS = {
    "economy": ["economy", "coach", "ekonomi", "economy-klasse", "touristenklasse", "turista"],
    "premium_economy": ["premium economy", "premium ekonomi", "premium-economy", "turista premium"],
    "business": ["business", "business class", "business-klasse", "geschäftsklasse", "ejecutiva"],
    "first": ["first", "first class", "birinci sınıf", "erste klasse", "primera clase", "primera"],
}
SORT_WORDS = {
    "price": [
        "cheapest", "cheap", "lowest price", "en ucuz", "ucuz", "günstigste", "billigste",
        "günstig", "más barato", "barato", "económico", "by price", "fiyata göre", "nach Preis",
        "por precio",
    ],
    "duration": [
        "fastest", "shortest", "quickest", "en hızlı", "en kısa", "schnellste", "kürzeste",
        "más rápido", "más corto", "by duration", "süreye göre", "nach Dauer", "por duración",
    ],
    "departure": [
        "earliest", "first flight out", "first flight of the day", "en erken", "früheste",
        "más temprano", "primer vuelo del día", "by departure", "kalkışa göre", "nach Abflug",
        "por salida",
    ],
}  # fmt: skip

REFUNDABLE_WORDS = {
    "true": [
        "refundable", "fully refundable", "free cancellation", "iade edilebilir", "iadeli",
        "erstattbar", "erstattungsfähig", "stornierbar", "kostenlos stornierbar",
        "reembolsable", "con reembolso", "cancelación gratuita",
    ],
}  # fmt: skip

FLIGHT_WORDS = (
    "flight", "plane ticket", "airplane",
    "uçuş", "uçak", "bilet",
    "Flug", "Flieger", "Flugbuchung", "Flugticket",
    "vuelo", "billete", "avión",
)  # fmt: skip
"""What users call a booked flight, in whichever of the four languages."""
