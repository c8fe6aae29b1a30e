"""A client of the hotels API that knows the usual steps."""

from typing import Any

import httpx

STAY = {
    "city_code": "BER",
    "check_in_date": "2026-07-01",
    "check_out_date": "2026-07-04",
    "adults": 2,
}
GUESTS = [
    {"given_name": "Ada", "family_name": "Yılmaz"},
    {"given_name": "José", "family_name": "O'Neil"},
]


class Hotels:
    """A client of the API that knows the usual steps."""

    def __init__(self, http: httpx.AsyncClient, prefix: str) -> None:
        self.http = http
        self.prefix = prefix
        self.keys = 0

    async def sandbox(self, name: str = "main", **fields: Any) -> None:
        """From now on work in a world of this name; make it where there is none."""
        identifier = f"{self.prefix}-{name}"
        self.http.headers["X-Sandbox"] = identifier
        body = {"id": identifier, "seed": 7, "now": "2026-06-01T09:00:00Z"} | fields
        answer = await self.http.post("/sandboxes", json=body)
        assert answer.status_code == 201 or (answer.status_code == 409 and not fields)

    async def fork(self, name: str) -> None:
        """From now on work in a copy of the current world."""
        source = self.http.headers["X-Sandbox"]
        self.http.headers["X-Sandbox"] = f"{self.prefix}-{name}"
        body = {"id": self.http.headers["X-Sandbox"]}
        (await self.http.post(f"/sandboxes/{source}/fork", json=body)).raise_for_status()

    async def clock(self, now: str) -> None:
        """Move the clock of the world."""
        url = f"/sandboxes/{self.http.headers['X-Sandbox']}"
        (await self.http.patch(url, json={"now": now})).raise_for_status()

    async def search(self, **wish: Any) -> list[dict[str, Any]]:
        """The hotels of one search."""
        answer = await self.http.post("/stays/search", json=STAY | {"limit": 50} | wish)
        answer.raise_for_status()
        return answer.json()["data"]

    async def rate(self, *, refundable: bool = True, **wish: Any) -> dict[str, Any]:
        """The cheapest rate of a search that a few bookings will not sell out."""
        return next(
            rate
            for hotel in await self.search(**wish)
            for rate in hotel["rates"]
            if (rate["refundable_until"] is not None) == refundable and rate["rooms_left"] >= 3
        )

    async def book(self, rate_id: str, key: str | None = None, **fields: Any) -> httpx.Response:
        """Try to book a rate, with a new key where none is given."""
        self.keys += 1
        body = {"rate_id": rate_id, "guests": GUESTS, "contact_email": "ada@example.com"} | fields
        headers = {"Idempotency-Key": key or f"key-{self.keys}"}
        return await self.http.post("/bookings", json=body, headers=headers)

    async def booked(self, **kind: Any) -> dict[str, Any]:
        """A new booking."""
        answer = await self.book((await self.rate(**kind))["rate_id"])
        answer.raise_for_status()
        return answer.json()

    async def bookings(self, **filters: Any) -> list[dict[str, Any]]:
        """The bookings of the world."""
        answer = await self.http.get("/bookings", params=filters)
        answer.raise_for_status()
        return answer.json()["data"]
