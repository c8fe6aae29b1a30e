"""The flights API as an application."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from tools.gazetteer import Gazetteer
from tools.mock.core.app import Api, Settings, api_router, create_app
from tools.mock.flights import cancellations, offers, orders, places


def _router() -> APIRouter:
    router = api_router("flights")
    for part in (places, offers, orders, cancellations):
        router.include_router(part.router)
    return router


API = Api(
    title="Flights",
    description="Search, book and cancel flights.",
    version="1.0.0",
    router=_router(),
)


def create_flights_app(settings: Settings) -> FastAPI:
    """The flights API; its database opens and closes with its lifespan."""
    Gazetteer.default()  # read now, not in the first request
    return create_app(API, settings)
