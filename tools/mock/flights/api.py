"""The flights API as an application."""

from __future__ import annotations

from fastapi import FastAPI

from tools.mock.core.app import Api, Settings, create_app
from tools.mock.flights import places

API = Api(
    title="Flights",
    description="Search, book and cancel flights.",
    version="1.0.0",
    router=places.router,
)


def create_flights_app(settings: Settings) -> FastAPI:
    """The flights API; its database opens and closes with its lifespan."""
    return create_app(API, settings)
