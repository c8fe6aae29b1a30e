"""Makes `gazetteer.json` from the hand-kept tables in `sources/` and the airportsdata package.

Run ``python -m tools.gazetteer.build`` after a change to a table or a newer airportsdata.
Table cells: an empty name means "as in English"; aliases are separated by ``|``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import airportsdata
import orjson

HERE = Path(__file__).parent


def _rows(table: str) -> Iterator[dict[str, str]]:
    with (HERE / "sources" / table).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter=";")


def _aliases(cell: str) -> list[str]:
    return [alias for alias in cell.split("|") if alias]


def build() -> dict[str, Any]:
    """The whole gazetteer as JSON data. Raises KeyError on a code that airportsdata lacks."""
    known = airportsdata.load("IATA")
    labels = {row["code"]: row for row in _rows("airports.csv")}
    cities: list[dict[str, Any]] = []
    airports: list[dict[str, Any]] = []
    for row in _rows("cities.csv"):
        codes = row["airports"].split()
        cities.append(
            {
                "code": row["code"],
                "names": {lang: row[lang] or row["en"] for lang in ("en", "tr", "de", "es")},
                "aliases": _aliases(row["also"]),
                "airports": codes,
                "country_code": known[codes[0]]["country"],
                "latitude": known[codes[0]]["lat"],
                "longitude": known[codes[0]]["lon"],
                "time_zone": known[codes[0]]["tz"],
            }
        )
        for code in codes:
            entry = known[code]
            label = labels.get(code, {"label": "", "also": ""})
            airports.append(
                {
                    "code": code,
                    "city_code": row["code"],
                    "name": entry["name"],
                    "label": label["label"],
                    "country_code": entry["country"],
                    "latitude": entry["lat"],
                    "longitude": entry["lon"],
                    "time_zone": entry["tz"],
                    "aliases": _aliases(label["also"]),
                }
            )
    carriers = [
        {
            "code": row["code"],
            "name": row["name"],
            "country_code": row["country"],
            "model": row["model"],
            "hubs": row["hubs"].split(),
            "aliases": _aliases(row["also"]),
        }
        for row in _rows("carriers.csv")
    ]
    return {"cities": cities, "airports": airports, "carriers": carriers}


def main() -> None:
    """Write `gazetteer.json` beside this module."""
    data = orjson.dumps(build(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (HERE / "gazetteer.json").write_bytes(data)


if __name__ == "__main__":
    main()
