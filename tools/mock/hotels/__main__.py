"""``python -m tools.mock.hotels``: serve the hotels API."""

from __future__ import annotations

from tools.mock.core.server import run_command
from tools.mock.hotels.api import create_hotels_app

if __name__ == "__main__":
    run_command(create_hotels_app, "hotels API", 8002)
