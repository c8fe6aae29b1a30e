"""Building blocks of request and response schemas, with the extensions that tools read.

The extensions (`x-kind`, `x-source`, `x-entity` and so on) are those of `tools.spec`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    WithJsonSchema,
    field_validator,
)
from pydantic.fields import FieldInfo

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_EMAIL = r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+$"
_NAME = r"^[^\x00-\x1f\x7f<>{}\\]*[^\x00-\x1f\x7f<>{}\\\s][^\x00-\x1f\x7f<>{}\\]*$"


class Request(BaseModel):
    """A closed request body: unknown fields and nulls are refused, with a pointer to each."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("leave it out instead of sending null")
        return value


def _iso_date(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise ValueError("write the date as YYYY-MM-DD")


def _rfc3339(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise ValueError("write the time as RFC 3339, with its offset: 2026-06-01T09:00:00Z")


def _sensible_year(value: datetime) -> datetime:
    if not 2000 <= value.year <= 2100:
        raise ValueError("choose a year from 2000 to 2100")
    return value


def instant_text(value: datetime) -> str:
    """A point in time as RFC 3339, ``Z`` for UTC."""
    return value.isoformat().replace("+00:00", "Z")


IsoDate = Annotated[date, BeforeValidator(_iso_date)]
InstantOut = Annotated[
    AwareDatetime,
    PlainSerializer(instant_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
InstantIn = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_sensible_year)]
StrictInt = Annotated[int, Strict()]


def optional(description: str, **extensions: Any) -> Any:
    """A request field that may be left out: None inside, and not nullable on the wire.

    Annotate it ``T | None`` in a `Request`, which refuses nulls. Keyword arguments become
    extensions: ``x_kind`` is written ``x-kind``; other names are JSON Schema keywords.
    """

    def without_null(schema: dict[str, Any]) -> None:
        schema.pop("default", None)
        for choice in schema.pop("anyOf", ()):
            if choice.get("type") != "null":
                schema.update(choice)
        schema.update(_extensions(extensions))

    return Field(default=None, description=description, json_schema_extra=without_null)


def described(description: str, **extensions: Any) -> FieldInfo:
    """A field's description and extensions, for use in `Annotated`."""
    return cast(
        "FieldInfo", Field(description=description, json_schema_extra=_extensions(extensions))
    )


def entity(kind: str, description: str, *, brief: bool = False) -> FieldInfo:
    """An id in a result: what kind of thing it names."""
    return described(description, x_entity=kind, **({"x_brief": True} if brief else {}))


def entity_argument(kind: str, description: str, words: Sequence[str] = ()) -> FieldInfo:
    """An id in a request: it can only come from a result. `words` are what users call the thing."""
    called = {"x_terms": {kind: list(words)}} if words else {}
    return described(description, x_kind="entity", x_entity=kind, x_source=["result"], **called)


def count(unit: str, description: str) -> FieldInfo:
    """How many of something the user wants."""
    return described(description, x_unit=unit, x_source=["user", "default"])


def terms(words: Mapping[str, Sequence[str]], sources: Sequence[str] = ("user",)) -> dict[str, Any]:
    """The extensions of an enum whose values users say in words in four languages."""
    return {
        "x_kind": "term",
        "x_source": list(sources),
        "x_terms": {value: list(said) for value, said in words.items()},
    }


def _extensions(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.replace("_", "-") if name.startswith("x_") else name: value
        for name, value in given.items()
    }


GivenName = Annotated[
    str,
    Field(min_length=1, max_length=60, pattern=_NAME),
    described("Given name as in the passport.", x_kind="name", x_source=["user"]),
]
FamilyName = Annotated[
    str,
    Field(min_length=1, max_length=60, pattern=_NAME),
    described("Family name as in the passport.", x_kind="name", x_source=["user"]),
]
ContactEmail = Annotated[
    str,
    Field(max_length=254, pattern=_EMAIL),
    described("Where the confirmation goes.", format="email", x_kind="email", x_source=["user"]),
]


class Meta(BaseModel):
    """Where the next page is."""

    next_cursor: Annotated[
        str | None, Field(description="Pass it as `cursor` for the next page; null on the last.")
    ]
