"""A ticket shop: the smallest API that can be searched, bought from and looked up again."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

MONEY = {
    "x-brief": True,
    "type": "object",
    "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
}
OFFER = {
    "type": "object",
    "properties": {
        "offer_id": {"type": "string", "x-entity": "offer", "x-kind": "entity", "x-brief": True},
        "total": MONEY,
        "expires_at": {"type": "string", "format": "date-time"},
    },
}
ORDER = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string", "x-entity": "order", "x-kind": "entity", "x-brief": True},
        "booking_reference": {"type": "string", "x-brief": True},
        "total": MONEY,
    },
}
OFFER_ARGUMENT = {
    "type": "string",
    "x-kind": "entity",
    "x-entity": "offer",
    "x-source": ["result"],
}
KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "x-internal": True}


def _answers(schema: dict[str, Any], status: str = "200") -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {status: {"description": "done", "content": content}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Tickets", "version": "1"},
    "paths": {
        "/offers": {
            "get": {
                "operationId": "search_offers",
                "description": "Search tickets.",
                "responses": _answers(
                    {"type": "object", "properties": {"data": {"type": "array", "items": OFFER}}}
                ),
            }
        },
        "/offers/{offer_id}": {
            "get": {
                "operationId": "get_offer",
                "description": "Today's price of a ticket.",
                "parameters": [
                    {"name": "offer_id", "in": "path", "required": True, "schema": OFFER_ARGUMENT}
                ],
                "responses": _answers(OFFER),
            }
        },
        "/orders": {
            "post": {
                "operationId": "book_offer",
                "description": "Buy a ticket.",
                "x-effect": "write",
                "x-approval": {
                    "entity_argument": "/offer_id",
                    "refresh": "get_offer",
                    "total": "/total",
                    "expires_at": "/expires_at",
                    "terms": {},
                },
                "parameters": [{**KEY, "schema": {"type": "string"}}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"offer_id": OFFER_ARGUMENT},
                                "required": ["offer_id"],
                            }
                        }
                    },
                },
                "responses": _answers(ORDER, "201"),
            }
        },
    },
}


class Shop:
    """The shop's world: what it sold, by idempotency key."""

    def __init__(self) -> None:
        self.sold: dict[str, str] = {}
        self.app = Starlette(
            routes=[
                Route("/openapi.json", self._document),
                Route("/healthz", self._health),
                Route("/sandboxes/{name}", self._sandbox),
                Route("/offers", self._search),
                Route("/offers/{offer_id}", self._offer),
                Route("/orders", self._buy, methods=["POST"]),
            ]
        )

    async def _document(self, _: Request) -> JSONResponse:
        return JSONResponse(DOCUMENT)

    async def _health(self, _: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def _sandbox(self, request: Request) -> JSONResponse:
        known = request.path_params["name"] in {"default", "other"}
        now = {"now": "2027-01-10T09:00:00+00:00"}
        return JSONResponse(now if known else {}, 200 if known else 404)

    async def _search(self, _: Request) -> JSONResponse:
        return JSONResponse({"data": [_offer("off_1", "42.00"), _offer("off_2", "55.50")]})

    async def _offer(self, request: Request) -> JSONResponse:
        return JSONResponse(_offer(request.path_params["offer_id"], "42.00"))

    async def _buy(self, request: Request) -> JSONResponse:
        wanted = await request.json()
        key = request.headers["idempotency-key"]
        self.sold.setdefault(key, wanted["offer_id"])
        number = list(self.sold).index(key) + 1
        order = {"order_id": f"ord_{number}", "booking_reference": f"REF{number}"}
        return JSONResponse({**order, "total": {"amount": "42.00", "currency": "EUR"}}, 201)


def _offer(offer_id: str, amount: str) -> dict[str, Any]:
    total = {"amount": amount, "currency": "EUR"}
    return {"offer_id": offer_id, "total": total, "expires_at": "2027-01-10T09:30:00+00:00"}
