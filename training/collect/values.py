"""Values that a person could say, for one argument: from its schema first, else by its name.

Everything is drawn from the random generator that is given, so the same seed gives the same value
on any machine.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import jsonschema_rs
import yaml
from faker import Faker

from agent.evidence.facts import Scalar
from tools.spec import JsonSchema, ValueRule
from tools.words import words

_FILE = Path(__file__).with_name("values.yaml")
_LONGEST = 40
_LONGEST_PREFIX = 8
_EXAMPLE_SHARE = 0.75
_CURRENCIES = ("EUR", "USD", "GBP", "TRY", "CHF", "JPY")
_UNSAYABLE = set('{}<>[]|\\^`"\n\t$;*=')


@dataclass(frozen=True, slots=True)
class _Texts:
    words: frozenset[str]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Range:
    words: frozenset[str]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class _Bank:
    """`values.yaml`, read."""

    texts: tuple[_Texts, ...]
    integers: tuple[_Range, ...]
    numbers: tuple[_Range, ...]
    plumbing: frozenset[str]
    empty: frozenset[str]


def is_plumbing(name: str) -> bool:
    """Whether an argument is for programs: a credential, a version, a wire format."""
    parts = words(name)
    return name.lower().startswith("x-") or not _bank().plumbing.isdisjoint(parts)


@cache
def _faker() -> Faker:
    """One for the process: opening its data takes a millisecond, and every `Values` seeds it."""
    return Faker("en_US")


class Values:
    """Draws values. `today` is the day from which dates are seen; `fake` knows names and such.

    All share one `fake`: draw what is needed of one before the next is made.
    """

    def __init__(self, rng: random.Random, today: date) -> None:
        self._rng = rng
        self._today = today
        self.fake = _faker()
        self.fake.seed_instance(rng.getrandbits(64))

    def draw(self, name: str, schema: JsonSchema, rule: ValueRule) -> Scalar | None:
        """A value for an argument, or None where nothing realistic is known for it.

        What is drawn keeps the schema. Allowed values come first, then the schema's examples,
        then what its kind and the words of its name suggest.
        """
        allowed = _scalars(schema.get("enum", [schema["const"]] if "const" in schema else []))
        if allowed:
            return self._rng.choice(allowed)
        valid = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True).is_valid
        examples = [v for v in self._examples(schema) if valid(v)]
        if examples and rule.kind != "date" and self._rng.random() < _EXAMPLE_SHARE:
            return self._rng.choice(examples)
        drawn = self._by_kind(name, schema, rule)
        if drawn is not None and valid(drawn):
            return drawn
        return self._rng.choice(examples) if examples else None

    def _examples(self, schema: JsonSchema) -> list[Scalar]:
        return [one for one in _scalars(schema.get("examples", ())) if _sayable(one)]

    def _by_kind(self, name: str, schema: JsonSchema, rule: ValueRule) -> Scalar | None:
        drawn: Scalar | None = None
        match rule.kind:
            case "boolean":
                drawn = self._rng.random() < 0.6
            case "integer" | "number":
                drawn = self._number(name, schema, whole=rule.kind == "integer")
            case "date":
                drawn = self._day(rule)
            case "time":
                drawn = f"{self._rng.randrange(7, 22):02}:{self._rng.choice((0, 15, 30, 45)):02}"
            case "email":
                drawn = self.fake.email()
            case "currency":
                drawn = self._rng.choice(_CURRENCIES)
            case "name":
                drawn = self._person(rule.vocabulary)
            case "entity" if _is_text(schema):
                drawn = self._id(rule.entity or "")
            case "text" if _is_text(schema):
                drawn = self._text(name, schema)
            case _:
                pass
        return drawn

    def _number(self, name: str, schema: JsonSchema, *, whole: bool) -> int | float:
        ranges = _bank().integers if whole else _bank().numbers
        parts = set(words(name))
        fitting = next(one for one in ranges if not one.words or one.words & parts)
        least = max(fitting.least, int(schema.get("minimum", fitting.least)))
        most = min(fitting.most, int(schema.get("maximum", fitting.most)))
        drawn = self._rng.randint(least, max(least, most))
        return drawn if whole else drawn + self._rng.choice((0.25, 0.5, 0.75))

    def _day(self, rule: ValueRule) -> str:
        ahead = self._rng.randint(3, 200)
        past = rule.when == "past" or (rule.when is None and self._rng.random() < 0.4)
        return (self._today + timedelta(days=-ahead if past else ahead)).isoformat()

    def _person(self, part: str | None) -> str:
        match part:
            case "given_name":
                return self.fake.first_name()
            case "family_name":
                return self.fake.last_name()
            case _:
                return f"{self.fake.first_name()} {self.fake.last_name()}"

    def _id(self, entity: str) -> str:
        alphabet = string.ascii_lowercase + string.digits
        tail = "".join(self._rng.choices(alphabet, k=5))
        head = entity.rpartition("_")[2] or "ref"
        head = head if len(head) <= _LONGEST_PREFIX else head[:3]
        shapes = (
            f"{head}_{self._rng.randrange(100, 9999)}",
            f"{head[0].upper()}{self._rng.randrange(10000, 99999)}",
            f"{head}_{self._rng.randrange(10)}{tail}",
        )
        return self._rng.choice(shapes)

    def _text(self, name: str, schema: JsonSchema) -> str | None:
        made = _FORMATS.get(schema.get("format", ""))
        if made is not None:
            return made(self)
        if "format" in schema:
            return None
        parts = words(name)
        by_word = next((make for part in parts[::-1] if (make := _WORDS.get(part))), None)
        if by_word is not None:
            return by_word(self)
        # The last word says what it is: a "team name" is first of all a name of a team.
        for part in sorted(parts, key=lambda part: part in ("name", "text")):
            for texts in _bank().texts:
                if part in texts.words:
                    return self._rng.choice(texts.values)
        return None

    @property
    def moment(self) -> str:
        """A date with a time, RFC 3339."""
        day = self._today + timedelta(days=self._rng.randint(-200, 200))
        return f"{day.isoformat()}T{self._rng.randrange(6, 22):02}:00:00Z"


_Make = Callable[[Values], str]
_FORMATS: Mapping[str, _Make] = {
    "date-time": lambda values: values.moment,
    "uri": lambda values: values.fake.url(),
    "url": lambda values: values.fake.url(),
    "hostname": lambda values: values.fake.domain_name(),
    "ipv4": lambda values: values.fake.ipv4(),
    "phone": lambda values: values.fake.numerify("+49 30 #######"),
}
_WORDS: Mapping[str, _Make] = {
    "username": lambda values: values.fake.user_name(),
    "login": lambda values: values.fake.user_name(),
    "phone": lambda values: values.fake.numerify("+49 30 #######"),
    "mobile": lambda values: values.fake.numerify("+49 151 #######"),
    "zip": lambda values: values.fake.postcode(),
    "postcode": lambda values: values.fake.postcode(),
    "postal": lambda values: values.fake.postcode(),
    "url": lambda values: values.fake.url(),
    "link": lambda values: values.fake.url(),
    "website": lambda values: values.fake.url(),
    "domain": lambda values: values.fake.domain_name(),
    "host": lambda values: values.fake.domain_name(),
    "ip": lambda values: values.fake.ipv4(),
    "surname": lambda values: values.fake.last_name(),
    "isbn": lambda values: values.fake.isbn13(separator=""),
}


def _scalars(values: Sequence[Any]) -> list[Scalar]:
    return [value for value in values if isinstance(value, str | int | float)]


def _sayable(value: Scalar) -> bool:
    """Whether an example is something that a person could say."""
    if not isinstance(value, str):
        return isinstance(value, bool) or bool(value)
    return (
        value.lower() not in _bank().empty
        and len(value) <= _LONGEST
        and value == value.strip()
        and value.isascii()
        and _UNSAYABLE.isdisjoint(value)
    )


def _is_text(schema: JsonSchema) -> bool:
    return schema.get("type", "string") == "string"


@cache
def _bank() -> _Bank:
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    ranges = {
        kind: tuple(
            _Range(frozenset(one["words"]), *cast("list[int]", one["between"]))
            for one in read[kind]
        )
        for kind in ("integers", "numbers")
    }
    return _Bank(
        tuple(_Texts(frozenset(one["words"]), tuple(one["values"])) for one in read["texts"]),
        ranges["integers"],
        ranges["numbers"],
        frozenset(read["plumbing"]),
        frozenset(read["empty"]),
    )
