"""The flights API as a traveller uses it: the steps that its tests share."""

from typing import Any

import httpx

ADA = {"given_name": "Ada", "family_name": "Yılmaz", "born_on": "1990-12-10"}
SEARCH = {"origin": "IST", "destination": "LON", "departure_date": "2026-06-20"}


class Flights:
    """The flights API as a traveller uses it."""

    def __init__(self, http: httpx.AsyncClient, sandbox: str) -> None:
        self.http = http
        self.sandbox = sandbox
        self.headers = {"X-Sandbox": sandbox}

    async def get(self, path: str, **request: Any) -> httpx.Response:
        return await self.http.get(path, headers=self.headers, **request)

    async def post(self, path: str, **request: Any) -> httpx.Response:
        headers = self.headers | request.pop("headers", {})
        return await self.http.post(path, headers=headers, **request)

    async def search(self, **changes: Any) -> list[dict[str, Any]]:
        answer = await self.post("/offers/search", json=SEARCH | changes)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def offer(self, **changes: Any) -> dict[str, Any]:
        return (await self.search(**changes))[0]

    async def book(self, offer_id: str, key: str = "key-1", **changes: Any) -> httpx.Response:
        body = {"offer_id": offer_id, "passengers": [ADA], "contact_email": "ada@example.com"}
        return await self.post("/orders", json=body | changes, headers={"Idempotency-Key": key})

    async def order(self, key: str = "key-1", **changes: Any) -> dict[str, Any]:
        answer = await self.book((await self.offer(**changes))["offer_id"], key)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def orders(self, **query: Any) -> list[dict[str, Any]]:
        return (await self.get("/orders", params=query)).json()["data"]

    async def quote(self, order_id: str) -> httpx.Response:
        return await self.post(f"/orders/{order_id}/cancellations")

    async def confirm(self, cancellation_id: str) -> httpx.Response:
        return await self.post(f"/cancellations/{cancellation_id}/confirm")

    async def set_faults(self, *once: tuple[str, str], **rates: float) -> None:
        script = [{"operation": operation, "fault": fault} for operation, fault in once]
        await self.patch(faults={"once": script, "rates": rates})

    async def patch(self, **changes: Any) -> None:
        answer = await self.http.patch(f"/sandboxes/{self.sandbox}", json=changes)
        assert answer.status_code == 200, answer.text

    async def fork(self, sandbox: str) -> "Flights":
        """A copy of this world."""
        answer = await self.http.post(f"/sandboxes/{self.sandbox}/fork", json={"id": sandbox})
        assert answer.status_code == 201, answer.text
        return Flights(self.http, sandbox)
