"""The library's document and its tools, and those of a weather service to tell them from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.openapi import read_openapi
from tools.spec import ToolSpec
from training.records import Collected

PATH = Path(__file__).with_name("openapi.yaml")


@cache
def tools() -> dict[str, ToolSpec]:
    document: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return {tool.name: tool for tool in read_openapi(document, api="library").tools}


def collected() -> list[Collected]:
    return [
        Collected(f"library-{name}", "library", "library", "openapi.yaml", "CC0-1.0", tool)
        for name, tool in tools().items()
    ]


def weather() -> list[Collected]:
    """Operations of another provider, about something else."""
    named = {
        "get_forecast": "Get the weather forecast for a city",
        "list_storms": "List storms by region",
        "send_alert": "Send a storm alert to a phone number",
        "get_tides": "Get the tides at a harbour",
        "count_rain_days": "Count rain days in a month",
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Weather", "version": "1"},
        "paths": {
            f"/{name}": {
                "post" if name.startswith("send") else "get": {
                    "operationId": name,
                    "summary": said,
                    "parameters": [
                        {
                            "name": "city",
                            "in": "query",
                            "required": True,
                            "schema": {"type": "string", "example": "Lisbon"},
                        }
                    ],
                    "responses": {"200": {"description": "OK"}},
                }
            }
            for name, said in named.items()
        },
    }
    return [
        Collected(f"weather-{tool.name}", "weather", "weather.example", "w.json", "", tool)
        for tool in read_openapi(document, api="weather").tools
    ]
