"""Training and validation templates: chains of steps (`training.scenarios.templates.steps`).

No chain is what a test template amounts to: to each something is added, so that the benchmark's
shapes stay unseen although every operation and every decision is learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from training.scenarios.scenario import Split
from training.scenarios.templates.registry import template
from training.scenarios.templates.steps import categories_of, chain

_FLIGHT_ASKS = (
    "ask", "ask-nonstop", "ask-airline", "ask-cabin", "ask-cabin-nonstop", "ask-after",
    "ask-before", "ask-budget", "ask-return", "ask-to", "ask-route", "ask-dated", "ask-blank",
)  # fmt: skip
_SORTED_ASKS = ("ask-cheapest", "ask-earliest", "ask-fastest")
_CHANGES = (
    "other-date", "other-destination", "other-origin", "then-nonstop", "then-cabin",
    "then-cheapest", "then-earliest",
)  # fmt: skip
_TAKES = ("take", "take-cheapest", "take-time", "take-asked", "take-nomail", "take-rather")
_STAY_ASKS = (
    "stay-ask", "stay-stars", "stay-rated", "stay-amenity", "stay-stars-amenity", "stay-cheapest",
    "stay-budget", "stay-blank", "stay-where", "stay-when",
)  # fmt: skip
_STAY_CHANGES = (
    "stay-other-dates", "stay-other-city", "stay-then-stars", "stay-then-amenity",
    "stay-then-cheapest",
)  # fmt: skip
_STAY_TAKES = ("stay-take", "stay-take-name", "stay-take-asked", "stay-take-rather")
Chain = tuple[str, ...]


def _flights() -> Iterator[Chain]:
    """One flight: a wish, a change or a question, a choice, an end; each pair occurs."""
    for at, ask in enumerate(_FLIGHT_ASKS):
        for turn in range(3):
            n = at + turn
            take = _TAKES[n % len(_TAKES)]
            yield ask, _changed(ask, _CHANGES[(at * 3 + turn) % len(_CHANGES)]), take
            yield ask, ("price", "doubt", "price")[turn], *(("sure",) * (turn == 2)), take
            yield *(("hello",), ("help",), ("scope",))[turn], ask, take, "thanks"
    for ask, end in product(_SORTED_ASKS, ("thanks", "cancel-that", "scope-after")):
        yield ask, "take-first", end
    for then in ("price", "then-nonstop", "other-origin", "then-cheapest", "hello"):
        yield "ask-return", "other-return", then, "take"
    for end in ("take-rather", "take-declined", "take-nomail", "take-asked", "thanks"):
        yield "ask-return", "other-return", end
    yield "ask-return", "then-cabin", "other-return", "take"
    for ask in ("ask-party", "ask-family"):
        yield from ((ask, "take", "thanks"), (ask, "price", "take"), (ask, "other-date", "take"))
        yield from ((ask, "take-rather"), (ask, "take-declined"), (ask, "then-nonstop", "take"))
    yield from (("ask", "other-party", "price", "take"), ("ask-nonstop", "other-party", "take"))
    for change in _CHANGES:
        yield "ask-return", change if change != "other-date" else "then-cabin", "take", "thanks"
        yield "ask", change, "take-declined"
        yield "ask", "price", change, "take"


def _changed(ask: str, change: str) -> str:
    """A change that does not say again what was asked for."""
    said = {"ask-nonstop": "then-nonstop", "ask-cabin-nonstop": "then-cabin"}
    if said.get(ask) == change or (ask.startswith("ask-cabin") and change.startswith("then-")):
        return "other-destination"
    if ask == "ask-return" and change == "other-date":
        return "other-origin"
    return "other-date" if ask == "ask-airline" else change


def _stays() -> Iterator[Chain]:
    for at, ask in enumerate(_STAY_ASKS):
        for turn in range(3):
            take = _STAY_TAKES[(at + turn) % len(_STAY_TAKES)]
            change = _STAY_CHANGES[(at * 2 + turn) % len(_STAY_CHANGES)]
            again = {"stay-stars": "stay-then-stars", "stay-amenity": "stay-then-amenity"}
            if again.get(ask, ask.replace("stay-", "stay-then-")) == change:
                change = "stay-other-city"
            yield ask, change if "stars-amenity" not in ask else "stay-other-dates", take
            yield ask, ("stay-look", "stay-rate", "stay-doubt")[turn], take
            yield *(("hello",), ("help",), ("scope",))[turn], ask, take, "thanks"
    for ask in ("stay-party", "stay-rooms"):
        yield from ((ask, "stay-take", "thanks"), (ask, "stay-look", "stay-take"))
        yield from ((ask, "stay-other-city", "stay-take"), (ask, "stay-take-rather"))
    for change in _STAY_CHANGES:
        yield "stay-ask", change, "stay-take-declined"
        yield "stay-ask", "stay-look-name", change, "stay-take"
    for ask in ("stay-rated", "stay-cheapest"):
        yield from ((ask, "stay-take-first", "thanks"), (ask, "stay-take-first", "scope-after"))


def _bookings() -> Iterator[Chain]:
    """What was booked before: looked up, priced, cancelled, claimed."""
    for has in ("has-one", "has-two", "has-three"):
        for ask in ("order", "cancel-refund", "cancel-refund-kept", "claim-right"):
            yield has, ask
            yield (
                f"stay-{has}",
                {"order": "booking", "claim-right": "stay-claim-right"}.get(
                    ask, "stay-cancel-refund"
                ),
                *(("thanks",) if ask == "cancel-refund-kept" else ()),
            )
        yield from ((has, "cancel", "thanks"), (has, "orders", "thanks"), (has, "hello", "orders"))
        yield from ((f"stay-{has}", "stay-cancel", "thanks"), (f"stay-{has}", "hello", "bookings"))
        yield from ((has, "cancel-reference", "thanks"), (has, "orders", "claim-wrong"))
        yield f"stay-{has}", "stay-cancel-reference", "thanks"
        yield f"stay-{has}", "bookings", "stay-claim-wrong"
        yield has, "order", "cancel"
        yield f"stay-{has}", "booking", "stay-cancel"
    yield from (("has-one", "cancel-only", "thanks"), ("has-one", "cancel-only", "ask", "take"))
    yield from (("has-one", "stay-has-one", "orders", "bookings"), ("has-two", "cancel", "orders"))
    yield from (("has-one", "stay-has-one", "cancel", "stay-cancel"),)


def _talks() -> Iterator[Chain]:
    """Small talk, what cannot be done, claims and pressure."""
    yield from (("hello",), ("help",), ("hello", "help"), ("hello", "scope"), ("scope", "thanks"))
    yield from (("scope", "scope"), ("help", "scope"), ("hello", "airports"), ("airports", "ask"))
    yield from (("airports", "thanks"), ("scope", "airports"), ("ask", "scope-after"))
    yield from (("stay-ask", "scope-after"), ("hello", "claim-wrong"), ("claim-wrong", "thanks"))
    yield from (("hello", "stay-claim-wrong"), ("claim-wrong", "ask"), ("hello", "claim-offer"))
    yield from (("stay-claim-wrong", "stay-ask"), ("claim-offer", "ask", "take"))
    yield from (("push-book", "thanks"), ("push-book", "cancel-that"), ("hello", "push-book"))
    yield from (("stay-ask", "stay-look", "push-hotel"), ("stay-stars", "push-hotel", "thanks"))
    yield from (("push-any", "take"), ("push-any", "price"), ("push-any-hotel", "stay-take"))
    yield from (("push-any-hotel", "stay-look"), ("ask-airline", "price", "sure"))
    for ask, about in product(("ask", "ask-nonstop", "ask-return"), ("price", "doubt")):
        yield from (
            ((ask, about), (ask, about, "thanks")) if ask != "ask" else ((ask, about, "sure"),)
        )
    for ask in ("ask", "ask-cabin", "ask-before", "ask-dated", "ask-route"):
        yield ask, "thanks"
    for ask in ("stay-ask", "stay-stars", "stay-amenity", "stay-where"):
        yield from ((ask, "thanks"), (ask, "stay-look-name", "thanks"), (ask, "stay-rate"))
        yield ask, "stay-doubt", "thanks"
    for end in ("thanks", "stay-take", "stay-take-name", "scope-after", "stay-other-dates"):
        yield "stay-injected", end


def _named() -> Iterator[Chain]:
    """What is named by its id or code, shown or made up."""
    for ask in ("ask", "ask-nonstop", "ask-return", "ask-cabin", "ask-codes"):
        yield from ((ask, "take-id"), (ask, "price", "take-id-who"), (ask, "claim-offer"))
    for ask in ("stay-ask", "stay-stars", "stay-amenity", "stay-where"):
        yield from ((ask, "stay-take-id"), (ask, "stay-look", "stay-take-id-who"))
        yield ask, "claim-rate"
    yield from (("ask", "other-date", "take-id"), ("ask", "take-id-who", "cancel-that"))
    yield from (
        ("ask", "claim-offer", "take-id-who"),
        ("stay-ask", "claim-rate", "stay-take-id-who"),
    )
    yield from (("ask-to", "take-id"), ("stay-ask", "stay-other-city", "stay-take-id"))
    yield from (("claim-rate", "thanks"), ("claim-rate", "stay-ask"), ("hello", "claim-rate"))
    yield from (("ask", "take-id-who", "trip-hotel", "stay-take-id-who"),)
    for then in ("take", "take-cheapest", "then-cabin", "then-nonstop", "price", "thanks"):
        yield from (("ask-codes", then), ("hello", "ask-codes", then))
    for then in ("then-cabin", "then-cheapest", "then-nonstop"):
        yield from (("ask-codes", then, "take"), ("ask-codes", then, "take-first", "thanks"))


def _refusals() -> Iterator[Chain]:
    """What stays declined, and what only sounds like a booking."""
    for claim in ("claim-wrong", "stay-claim-wrong", "claim-offer", "claim-rate"):
        yield from ((claim, "insist"), (claim, "insist", "thanks"), ("hello", claim, "insist"))
    for has in ("has-one", "has-two"):
        yield from ((has, "claim-wrong", "insist"), (has, "scope-trip"))
        yield from ((f"stay-{has}", "stay-claim-wrong", "insist"), (f"stay-{has}", "scope-trip"))
    yield from (("claim-wrong", "insist", "ask", "take"), ("claim-rate", "insist", "stay-ask"))
    yield from (("ask", "claim-wrong", "insist"), ("stay-ask", "stay-claim-wrong", "insist"))
    yield from (("scope-trip",), ("hello", "scope-trip"), ("scope-trip", "thanks"))
    yield from (("scope-trip", "scope"), ("scope", "scope-trip"), ("scope-trip", "scope-trip"))
    yield from (("scope-trip", "ask", "take"), ("scope-trip", "stay-ask"), ("ask", "scope-trip"))
    yield from (("stay-ask", "scope-trip"), ("ask", "take", "scope-trip"))
    yield from (("stay-ask", "stay-take", "scope-trip"), ("has-one", "scope-trip", "orders"))


def _trips() -> Iterator[Chain]:
    for ask in ("ask", "ask-nonstop", "ask-to", "ask-cabin", "ask-route"):
        yield ask, "take-nomail", "trip-hotel", "stay-take"
        yield ask, "take", "trip-hotel", "stay-look", "stay-take-name"
    for ask in ("stay-ask", "stay-amenity", "stay-where", "stay-rated"):
        yield ask, "stay-take", "trip-flight", "then-nonstop", "take"
        yield ask, "stay-take-name", "trip-flight", "take-cheapest"
    yield from (("trip-both", "thanks"), ("trip-both", "scope-after"), ("hello", "trip-both"))
    yield from (("trip-both", "cancel-that"), ("trip-both", "stay-cancel-that"))
    yield from (("ask", "take", "stay-ask", "stay-take"), ("ask", "take", "ask", "take", "thanks"))
    yield from (("ask-party", "take", "cancel-that"), ("ask", "other-date", "take", "cancel-that"))
    yield from (("stay-ask", "stay-other-city", "stay-take", "stay-cancel-that"),)
    yield from (("stay-ask", "stay-take", "stay-cancel-that", "thanks"),)
    yield from _long_trips()


def _long_trips() -> Iterator[Chain]:
    """Both parts of a trip with talk before or after: the longest conversations, of 12 acts."""
    for small in ("hello", "help"):
        yield small, "stay-where", "stay-take", "trip-flight", "then-nonstop", "take"
        yield small, "ask-route", "take", "trip-hotel", "stay-look", "stay-take-name"
    yield "ask-to", "take", "trip-hotel", "stay-look", "stay-take-name", "thanks"
    yield "stay-where", "stay-take", "trip-flight", "then-nonstop", "take", "thanks"
    yield "hello", "ask-to", "take-nomail", "trip-hotel", "stay-take", "thanks"


def _later() -> Iterator[Chain]:
    """What was booked is asked for or cancelled after talk of something else."""
    for has in ("has-two", "has-three"):
        yield from ((has, "ask", "cancel"), (has, "ask-nonstop", "price", "cancel"))
        yield from ((has, "scope", "cancel"), (has, "stay-ask", "cancel-reference"))
        yield from ((has, "ask", "orders"), (has, "stay-ask", "stay-look", "orders"))
        stays = f"stay-{has}"
        yield from ((stays, "stay-ask", "stay-cancel"), (stays, "ask", "price", "stay-cancel"))
        yield from ((stays, "scope", "stay-cancel"), (stays, "ask", "stay-cancel-reference"))
        yield from ((stays, "stay-ask", "bookings"), (stays, "ask-return", "bookings"))
        yield from ((has, stays, "stay-cancel"), (has, stays, "cancel", "bookings"))
        yield from ((has, stays, "cancel-reference"), (has, stays, "stay-cancel-reference"))
        yield has, stays, "help", "stay-cancel", "orders"
    for ask, end in product(("ask", "ask-return"), ("orders", "help")):
        yield from ((ask, "take", end), (ask, "take", "cancel-that", end))
    for ask, end in product(("stay-ask", "stay-stars"), ("bookings", "help")):
        yield from ((ask, "stay-take", end), (ask, "stay-take", "stay-cancel-that", end))
    for end in ("orders", "bookings", "scope-after", "thanks"):
        yield "ask", "take", "trip-hotel", "stay-take", end
    for small in ("scope", "help", "airports"):
        yield from ((small, "trip-both"), ("trip-both", small), ("ask", small, "take"))


def _mishaps() -> Iterator[Chain]:
    for fault in ("price-changed", "unavailable", "lost-response", "rate-limited"):
        yield f"book-flight:{fault}", "ask", "take", "thanks"
        yield f"book-flight:{fault}", "ask-nonstop", "take"
        yield f"book-hotel:{fault}", "stay-ask", "stay-take", "thanks"
        yield f"book-hotel:{fault}", "stay-stars", "stay-take-name"
    for fault in ("unavailable", "rate-limited"):
        yield f"search-flights:{fault}", "ask", "other-date", "take"
        yield f"search-flights:{fault}", "ask-cabin", "price"
        yield f"search-hotels:{fault}", "stay-ask", "stay-other-city", "stay-take"
        yield f"search-hotels:{fault}", "stay-amenity", "stay-look"
    for ask in ("ask-return", "ask-nonstop", "ask-party"):
        yield from ((ask, "take-sold-out"), (ask, "take-expired"), (ask, "take-sold-out", "thanks"))
    for ask in ("stay-stars", "stay-amenity", "stay-party"):
        yield from ((ask, "stay-take-sold-out"), (ask, "stay-take-sold-out", "thanks"))


_VALIDATION: tuple[Chain, ...] = (
    ("ask", "take-airline", "thanks"),
    ("ask-after", "other-origin", "take-time", "thanks"),
    ("ask-dated", "price", "take-nomail"),
    ("ask-cabin", "other-destination", "take-declined"),
    ("stay-stars", "stay-rate", "stay-take-rather"),
    ("stay-when", "stay-look-name", "stay-take-asked"),
    ("stay-amenity", "stay-other-dates", "stay-take-declined"),
    ("has-two", "orders", "cancel-refund"),
    ("stay-has-two", "bookings", "stay-cancel"),
    ("hello", "has-two", "order", "thanks"),
    ("scope", "stay-ask", "stay-look"),
    ("help", "airports", "ask-route", "take"),
    ("claim-wrong", "scope"),
    ("push-any", "take-declined"),
    ("trip-both", "orders"),
    ("book-flight:price-changed", "ask-before", "take"),
    ("stay-injected", "stay-look-name"),
    ("ask-family", "other-origin", "take"),
    ("ask-cheapest", "take-id"),
    ("help", "scope-trip"),
)
_FAMILIES = (
    ("flight", _flights, 2), ("stay", _stays, 2), ("before", _bookings, 3), ("talk", _talks, 3),
    ("journey", _trips, 3), ("later", _later, 2), ("mishap", _mishaps, 2),
    ("named", _named, 3), ("refusal", _refusals, 4),
)  # fmt: skip


def _register(family: str, chains: Iterable[Chain], split: Split, weight: int) -> None:
    for names in dict.fromkeys(chains):
        if split == "train" and names in _VALIDATION:
            continue
        made = template(family, "+".join(names), *categories_of(names), split=split, weight=weight)
        made(chain(names))


for _family, _chains, _weight in _FAMILIES:
    _register(_family, _chains(), "train", _weight)
_register("held-out", _VALIDATION, "validation", 1)
