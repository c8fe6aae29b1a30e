"""What users call the values of this API's enums, in English, Turkish, German and Spanish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SORT: Mapping[str, Sequence[str]] = {
    "price": (
        "cheapest", "cheap", "lowest price", "least expensive", "by price",
        "en ucuz", "ucuz", "en uygun", "fiyata göre",
        "günstigste", "günstig", "billigste", "billig", "nach Preis",
        "más barato", "más económico", "barato", "por precio",
    ),
    "rating": (
        "best rated", "highest rated", "top rated", "best reviews", "by rating",
        "en yüksek puanlı", "en iyi puanlı", "en beğenilen", "puana göre",
        "bestbewertete", "am besten bewertet", "beste Bewertung", "nach Bewertung",
        "mejor valorado", "mejor puntuado", "mejores opiniones", "por valoración",
    ),
    "stars": (
        "most stars", "by stars", "most luxurious", "luxury",
        "en çok yıldızlı", "yıldıza göre", "en lüks", "lüks",
        "die meisten Sterne", "nach Sternen", "luxuriöseste", "Luxus",
        "más estrellas", "por estrellas", "más lujoso", "lujo",
    ),
}  # fmt: skip

AMENITIES: Mapping[str, Sequence[str]] = {
    "wifi": ("wifi", "wi-fi", "internet", "kablosuz internet", "WLAN", "wlan", "conexión wifi"),
    "pool": (
        "pool", "swimming pool", "havuz", "havuzlu", "yüzme havuzu",
        "Schwimmbad", "Swimmingpool", "piscina",
    ),
    "gym": (
        "gym", "fitness", "fitness room", "spor salonu", "Fitnessraum", "Fitnessstudio",
        "gimnasio",
    ),
    "spa": ("spa", "sauna", "wellness", "hamam", "kaplıca", "Wellnessbereich", "balneario"),
    "parking": (
        "parking", "car park", "garage", "otopark", "otoparklı", "Parkplatz", "Parken",
        "aparcamiento", "estacionamiento", "garaje",
    ),
    "pet_friendly": (
        "pet friendly", "pet-friendly", "pets", "dog", "cat", "evcil hayvan", "köpek", "kedi",
        "haustierfreundlich", "Haustiere", "Hund", "Katze", "mascotas", "perro", "gato",
    ),
    "airport_shuttle": (
        "airport shuttle", "shuttle", "airport transfer", "havalimanı servisi",
        "havaalanı servisi", "Flughafentransfer", "Flughafenshuttle",
        "traslado al aeropuerto", "transporte al aeropuerto",
    ),
    "restaurant": ("restaurant", "restoran", "restoranlı", "restaurante"),
    "bar": ("bar", "hotel bar", "barlı", "Hotelbar"),
    "air_conditioning": (
        "air conditioning", "air conditioned", "air-conditioned", "klima", "klimalı",
        "Klimaanlage", "klimatisiert", "aire acondicionado",
    ),
    "family_rooms": (
        "family rooms", "family room", "aile odası", "aile odaları", "Familienzimmer",
        "habitación familiar", "habitaciones familiares",
    ),
    "beach": (
        "beach", "beachfront", "by the sea", "plaj", "denize sıfır", "sahil",
        "Strand", "am Meer", "playa", "frente al mar",
    ),
    "business_centre": (
        "business centre", "business center", "meeting room", "iş merkezi", "toplantı odası",
        "Businesscenter", "Tagungsraum", "centro de negocios", "sala de reuniones",
    ),
    "breakfast": ("breakfast", "kahvaltı", "kahvaltılı", "Frühstück", "desayuno"),
}  # fmt: skip

STATUS: Mapping[str, Sequence[str]] = {
    "confirmed": (
        "confirmed bookings", "confirmed reservations", "confirmed hotels", "active bookings",
        "active reservations", "upcoming bookings", "upcoming stays", "onaylanmış rezervasyon",
        "geçerli rezervasyon", "bestätigte Buchungen", "bestätigten Buchungen",
        "aktive Buchungen", "aktiven Buchungen", "reservas confirmadas", "reservas activas",
    ),
    "cancelled": (
        "cancelled bookings", "cancelled reservations", "cancelled hotels", "cancelled stays",
        "canceled bookings", "canceled reservations", "canceled hotels", "cancelled ones",
        "iptal edilmiş rezervasyon", "iptal edilen rezervasyon", "iptal ettiğim rezervasyon",
        "stornierte Buchungen", "stornierten Buchungen", "stornierte Hotels",
        "reservas canceladas", "reservas anuladas", "hoteles cancelados",
    ),
}  # fmt: skip
"""With the noun: "I want my hotel cancelled" asks for no bookings that are cancelled already."""

HOTEL_WORDS: Sequence[str] = (
    "hotel", "room", "accommodation",
    "otel", "oda", "odam", "odamı", "odayı", "konaklama",
    "Hotelbuchung", "Hotelzimmer", "Zimmer", "Unterkunft",
    "habitación", "alojamiento",
)  # fmt: skip
"""What users call a booked stay, in whichever of the four languages."""

BOARD: Mapping[str, Sequence[str]] = {
    "room_only": (
        "room only", "without breakfast", "no breakfast", "sadece oda", "kahvaltısız",
        "nur Übernachtung", "ohne Frühstück", "solo alojamiento", "sin desayuno",
    ),
    "breakfast": ("breakfast", "kahvaltı", "kahvaltılı", "Frühstück", "desayuno"),
    "half_board": ("half board", "half-board", "yarım pansiyon", "Halbpension", "media pensión"),
    "full_board": (
        "full board", "full-board", "tam pansiyon", "Vollpension", "pensión completa",
    ),
    "all_inclusive": (
        "all inclusive", "all-inclusive", "her şey dahil", "alles inklusive", "todo incluido",
    ),
}  # fmt: skip
