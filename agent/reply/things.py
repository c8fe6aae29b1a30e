"""What APIs return, described for people: one heading and the lines below it per object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from agent.reply.formats import Formats, day_shift
from agent.reply.translations import translations
from agent.reply.words import LABELS, PLACES, TERMS

Json = Mapping[str, Any]
_SEPARATOR = " · "
_HIDDEN_SUFFIXES = ("_id", "_ids", "cursor")


@dataclass(frozen=True, slots=True)
class Thing:
    """An object from a result. `kind` is its entity (``flight_offer``, ``hotel``, ``place``).

    `brief` names the fields worth showing where `kind` is one that this module does not know;
    empty means every scalar field that is no id. `of` is what a cancellation is of.
    """

    kind: str
    data: Json
    brief: tuple[str, ...] = ()
    of: Thing | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A write that waits for approval: the tool's name, its arguments and what they act on.

    `terms` are the conditions of this write alone, by label; of several writes each has its own.
    """

    name: str
    arguments: Json
    thing: Thing | None = None
    terms: Json = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class _Lines:
    heading: str
    below: Sequence[str] = field(default=())


class Describer:
    """Describes objects of the travel APIs by kind, and any other object field by field."""

    def __init__(self, formats: Formats) -> None:
        self._f = formats
        self._t = translations(formats.language)
        self._by_kind: Mapping[str, Callable[[Json], _Lines]] = {
            "flight_offer": self._flight_offer,
            "flight_order": self._flight_order,
            "flight_cancellation": self._cancellation,
            "hotel": self._hotel,
            "hotel_rate": self._hotel_rate,
            "hotel_booking": self._hotel_booking,
            "hotel_cancellation": self._cancellation,
            "place": self._place,
        }

    def describe(self, thing: Thing) -> tuple[str, tuple[str, ...]]:
        """The heading and the lines below it. Absent fields are left out."""
        lines = self._by_kind.get(thing.kind, lambda data: self._any(data, thing.brief))(thing.data)
        return lines.heading, tuple(line for line in lines.below if line)

    def fields(self, data: Json, names: Sequence[str] = ()) -> list[str]:
        """``Label: value`` for each of `names`, else for each field that is no id or cursor."""
        chosen = names or [k for k in data if not k.endswith(_HIDDEN_SUFFIXES)]
        return [
            f"{self.label(k)}: {self.field(k, data[k])}" for k in chosen if data.get(k) is not None
        ]

    def arguments(self, arguments: Json) -> list[str]:
        """What a person approves besides the thing itself: people, addresses, any value."""
        lines: list[str] = []
        for name, value in arguments.items():
            people = _objects(value)
            if people and all({"given_name", "family_name"} & person.keys() for person in people):
                lines.append(f"{self.label(name)}: {self._f.all_of(map(self._person, people))}")
            elif not name.endswith(_HIDDEN_SUFFIXES):
                lines.append(f"{self.label(name)}: {self.field(name, value)}")
        return lines

    def label(self, name: str) -> str:
        """A parameter's or field's name in the language, else made readable."""
        message = LABELS.get(name)
        if message:
            return self._t.gettext(message)
        words = self._f.text(name).replace("_", " ").replace("-", " ").strip()
        return words[:1].upper() + words[1:]

    def field(self, name: str, value: object) -> str:
        """A value, read by its field's name and its own shape."""
        kind = "place" if name in PLACES else "term" if name in TERMS else None
        return self._f.value(value, kind)

    def terms(self, terms: Json) -> list[str]:
        """Conditions of a purchase, one line each, in the order given."""
        return [line for name, value in terms.items() if (line := self._term(name, value))]

    def slice(self, data: Json) -> str:
        """One direction of a trip: route, date, times, duration, stops and flights."""
        segments = _objects(data.get("segments"))
        parts = [f"{self._f.place(data.get('origin'))} → {self._f.place(data.get('destination'))}"]
        start = segments[0].get("departing_at") if segments else None
        end = segments[-1].get("arriving_at") if segments else None
        if day := data.get("departure_date") or start:
            parts.append(self._f.date(day))
        if start and end:
            shift = day_shift(start, end)
            parts.append(
                f"{self._f.time(start)}–{self._f.time(end)}" + (f" ({shift:+d})" if shift else "")
            )
        if data.get("duration") is not None:
            parts.append(self._f.duration(data["duration"]))
        if (stops := data.get("stops")) is not None:
            parts.append(self._stops(stops))
        if flights := [self._flight(segment) for segment in segments]:
            parts.append(", ".join(flights))
        return _SEPARATOR.join(parts)

    def _flight_offer(self, data: Json) -> _Lines:
        heading = [self._money(data, "total"), self._word(data, "cabin_class")]
        heading += [self._refundable(_object(data.get("conditions")))]
        if (seats := data.get("seats_left")) is not None:
            message = self._t.ngettext("{count} seat left", "{count} seats left", _count(seats))
            heading.append(message.format(count=seats))
        return _Lines(_join(heading), [self.slice(s) for s in _objects(data.get("slices"))])

    def _flight_order(self, data: Json) -> _Lines:
        heading = [self._t.gettext("Flight"), *self._order(data)]
        below = [self.slice(s) for s in _objects(data.get("slices"))]
        return _Lines(_join(heading), [*below, self._people(data, "passengers")])

    def _hotel(self, data: Json) -> _Lines:
        heading = [self._f.text(data.get("name", "")), self._stars(data)]
        if (rating := data.get("rating")) is not None:
            heading.append(self._t.gettext("rating {rating}").format(rating=self._f.value(rating)))
        if data.get("city_code"):
            heading.append(self._f.place(data["city_code"]))
        rate = _cheapest(_objects(data.get("rates")))
        below = [_join(self._rate(rate))] if rate else []
        if data.get("amenities"):
            below.append(f"{self.label('amenities')}: {self.field('amenities', data['amenities'])}")
        return _Lines(_join(heading), below)

    def _hotel_rate(self, data: Json) -> _Lines:
        hotel = _object(data.get("hotel"))
        name = self._f.text(hotel.get("name") or data.get("hotel_name") or "")
        heading = [name, self._stars(hotel), self._nights(data)]
        rate = self._rate(data)
        return _Lines(_join(heading), [_join(rate)]) if name else _Lines(_join(rate))

    def _hotel_booking(self, data: Json) -> _Lines:
        hotel, rate = _object(data.get("hotel")), _object(data.get("rate"))
        heading = [self._f.text(hotel.get("name", "")), *self._order(data)]
        return _Lines(
            _join(heading),
            [self._nights(data), _join(self._rate(rate)), self._people(data, "guests")],
        )

    def _cancellation(self, data: Json) -> _Lines:
        return _Lines(self._t.gettext("Refund: {money}").format(money=self._money(data, "refund")))

    def _place(self, data: Json) -> _Lines:
        name, code = self._f.text(data.get("name", "")), self._f.text(data.get("iata_code", ""))
        return _Lines(_join([f"{name} ({code})" if code else name, self._word(data, "type")]))

    def _any(self, data: Json, brief: Sequence[str]) -> _Lines:
        heading, *below = self.fields(data, brief) or [self._t.gettext("(no details)")]
        return _Lines(heading, below)

    def _order(self, data: Json) -> list[str]:
        reference = self._f.text(data.get("booking_reference") or "")
        shown = self._t.gettext("reference {reference}").format(reference=reference)
        return [shown if reference else "", self._word(data, "status"), self._money(data, "total")]

    def _rate(self, data: Json) -> list[str]:
        parts = [self._f.text(data.get("room", "")), self._word(data, "board")]
        if data.get("total"):
            parts.append(self._money(data, "total"))
        if data.get("per_night"):
            price = self._money(data, "per_night")
            parts.append(self._t.gettext("{price} per night").format(price=price))
        if "refundable_until" in data:
            parts.append(self._term("refundable_until", data["refundable_until"]))
        return parts

    def _nights(self, data: Json) -> str:
        if not (data.get("check_in_date") and data.get("check_out_date")):
            return ""
        return f"{self._f.date(data['check_in_date'])} – {self._f.date(data['check_out_date'])}"

    def _people(self, data: Json, name: str) -> str:
        people = [self._person(person) for person in _objects(data.get(name))]
        return f"{self.label(name)}: {self._f.all_of(people)}" if people else ""

    def _person(self, person: Json) -> str:
        name = self._f.text(f"{person.get('given_name', '')} {person.get('family_name', '')}")
        return f"{name} ({self._f.date(person['born_on'])})" if person.get("born_on") else name

    def _stars(self, data: Json) -> str:
        if (stars := data.get("stars")) is None:
            return ""
        return self._t.ngettext("{count} star", "{count} stars", _count(stars)).format(count=stars)

    def _stops(self, stops: object) -> str:
        if stops == 0:
            return self._t.gettext("nonstop")
        return self._t.ngettext("{count} stop", "{count} stops", _count(stops)).format(count=stops)

    def _flight(self, segment: Json) -> str:
        carrier, number = str(segment.get("carrier", "")), str(segment.get("flight_number", ""))
        code = number if number.startswith(carrier) else f"{carrier} {number}"
        name = segment.get("carrier_name")
        return self._f.text(f"{name} {code}" if name else code)

    def _refundable(self, conditions: Json) -> str:
        refundable = conditions.get("refundable")
        return "" if refundable is None else self._term("refundable", refundable)

    def _term(self, name: str, value: object) -> str:
        match name, value:
            case "refundable", bool():
                gettext = self._t.gettext
                return gettext("refundable") if value else gettext("not refundable")
            case "refundable_until", None:
                return self._t.gettext("not refundable")
            case "refundable_until", _:
                until = self._f.moment(value)
                return self._t.gettext("free cancellation until {moment}").format(moment=until)
            case "change_fee", None:
                return self._t.gettext("changes not possible")
            case _, None:
                return ""
            case _:
                return f"{self.label(name)}: {self.field(name, value)}"

    def _money(self, data: Json, name: str) -> str:
        value = _object(data.get(name))
        return self._f.money(value) if value else ""

    def _word(self, data: Json, name: str) -> str:
        return self._f.word(data[name]) if data.get(name) else ""


def _cheapest(rates: Sequence[Json]) -> Json | None:
    """The lowest total; rates in several currencies keep the API's order."""
    currencies = {_object(rate.get("total")).get("currency") for rate in rates}
    if not rates or len(currencies) > 1:
        return rates[0] if rates else None
    return min(rates, key=_amount)


def _amount(rate: Json) -> Decimal:
    try:
        amount = Decimal(str(_object(rate.get("total")).get("amount")))
    except InvalidOperation:
        return Decimal("Infinity")
    return amount if amount.is_finite() else Decimal("Infinity")


def _join(parts: Sequence[str]) -> str:
    return _SEPARATOR.join(part for part in parts if part)


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 2


def _object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}


def _objects(value: object) -> Sequence[Json]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return [cast("Json", v) for v in cast("Sequence[object]", value) if isinstance(v, Mapping)]
