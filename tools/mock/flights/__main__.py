"""``python -m tools.mock.flights``: serve the flights API."""

from __future__ import annotations

from tools.mock.core.server import run_command
from tools.mock.flights.api import create_flights_app

if __name__ == "__main__":
    run_command(create_flights_app, "flights API", 8001)
