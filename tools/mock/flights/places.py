"""``GET /places``: IATA codes of cities and airports, by name in four languages."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel

from tools.gazetteer import Airport, City, Gazetteer
from tools.mock.core.app import api_router
from tools.mock.core.operations import operation
from tools.mock.core.pipeline import CurrentWorld
from tools.mock.core.schemas import described

router = api_router("places")


class Place(BaseModel):
    """A city, or one of its airports."""

    iata_code: Annotated[
        str, described("Code of the city or airport.", x_kind="place", x_brief=True)
    ]
    name: Annotated[str, described("English name.", x_brief=True)]
    type: Annotated[Literal["city", "airport"], described("What the code names.", x_brief=True)]
    city_code: Annotated[
        str, described("Code of the city it belongs to.", x_kind="place", x_unit="city")
    ]
    country_code: Annotated[str, described("ISO 3166-1 alpha-2.", x_brief=True)]
    time_zone: Annotated[str, described("IANA zone.")]


class Places(BaseModel):
    """Matching places, the best first."""

    data: list[Place]


@router.get(
    "/places",
    **operation("find_places", effect="read", summary="Find the IATA code of a city or airport"),
)
async def find_places(
    query: Annotated[
        str,
        Query(
            min_length=1,
            max_length=80,
            description="Name in English, Turkish, German or Spanish, or a code.",
            examples=["Londra"],
            json_schema_extra={"x-kind": "text", "x-source": ["user"]},
        ),
    ],
    _world: CurrentWorld,
) -> Places:
    """Find cities and airports by name or code; case and accents do not matter."""
    return Places(data=[_place(found) for found in Gazetteer.default().search(query)])


def _place(found: City | Airport) -> Place:
    is_city = isinstance(found, City)
    return Place(
        iata_code=found.code,
        name=found.name,
        type="city" if is_city else "airport",
        city_code=found.code if is_city else found.city_code,
        country_code=found.country_code,
        time_zone=found.time_zone,
    )
