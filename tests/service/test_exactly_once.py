"""Exactly one order, whatever happens on the way: the real service over both real travel APIs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.acts import act_text
from tests.service.live import (
    DONE,
    Apis,
    Json,
    Service,
    apis,
    flight_acts,
    flight_booking,
    hotel_acts,
    hotel_booking,
    service,
    until,
)

WISH = (
    "Istanbul to Berlin on 3 March 2027, and a hotel there from 3 March 2027 to 4 March 2027. "
    "I am Ada Lovelace, born on 10 December 1990, ada@example.org"
)


@dataclass(frozen=True)
class Trade:
    """What is sold where: how the agent books it, and what a test sees of it past the agent."""

    api: str
    path: str
    acts: Callable[[Apis, str], Awaitable[list[str]]]
    sold: Callable[[Apis, str], Awaitable[list[Json]]]

    async def reference(self, world: Apis, sandbox: str) -> str:
        """The booking reference of the one thing that was sold in a sandbox."""
        [sold] = await self.sold(world, sandbox)
        assert sold["status"] == "confirmed"
        return sold["booking_reference"]


async def _flight(world: Apis, sandbox: str) -> list[str]:
    return flight_acts((await world.offers(sandbox))[0])


async def _room(world: Apis, sandbox: str) -> list[str]:
    return hotel_acts((await world.rates(sandbox))[0])


FLIGHTS = Trade("flights", "/orders", _flight, Apis.orders)
HOTELS = Trade("hotels", "/bookings", _room, Apis.bookings)
TRADES = (FLIGHTS, HOTELS)
BOOKED, UNHEARD = "-booked", "-unheard"


@pytest.fixture(scope="module")
def world() -> Iterator[Apis]:
    with apis() as running:
        yield running


async def both_in_turn(world: Apis, sandbox: str) -> list[str]:
    """The acts of a conversation that books a flight, then of one that books a room."""
    acts = [await trade.acts(world, sandbox) for trade in TRADES]
    return [act for each in acts for act in (*each, DONE)]


async def asked(running: Service, sandbox: str) -> tuple[str, Json]:
    """A conversation that has come to an approval, and the approval."""
    conversation = await running.converse(sandbox)
    turn = await running.say(conversation, WISH)
    assert turn["approval"], turn
    return conversation, turn["approval"]


async def test_a_lost_response_is_looked_up_and_not_sent_again(world: Apis, tmp_path: Path) -> None:
    await world.sandbox("lost", ("book_flight", "lost_response"), ("book_hotel", "lost_response"))
    async with service(tmp_path, world, await both_in_turn(world, "lost")) as running:
        for trade in TRADES:
            conversation, approval = await asked(running, "lost")
            turn = await running.approve(conversation, approval["id"])
            [booked] = turn["calls"]
            assert (booked["status"], booked["read_back"]) == ("executed", True)
            assert await trade.reference(world, "lost") in turn["reply"]["text"]


async def test_an_approval_given_at_once_and_again_counts_once(world: Apis, tmp_path: Path) -> None:
    await world.sandbox("twice")
    async with service(tmp_path, world, await both_in_turn(world, "twice")) as running:
        for trade in TRADES:
            conversation, approval = await asked(running, "twice")
            assert await trade.sold(world, "twice") == []
            clicks = [running.approve(conversation, approval["id"]) for _ in range(5)]
            first, *others = await asyncio.gather(*clicks)
            assert await trade.reference(world, "twice") in first["reply"]["text"]
            assert others == [first] * 4
            assert await running.approve(conversation, approval["id"]) == first
            late = await running.decided(conversation, approval["id"], "decline")
            assert (late.status_code, late.json()["code"]) == (409, "approval_conflict")
            await trade.reference(world, "twice")


async def test_a_changed_price_is_asked_about_again_with_the_new_total(
    world: Apis, tmp_path: Path
) -> None:
    await world.sandbox("dear", ("book_flight", "price_changed"), ("book_hotel", "price_changed"))
    async with service(tmp_path, world, await both_in_turn(world, "dear")) as running:
        for trade in TRADES:
            conversation, before = await asked(running, "dear")
            turn = await running.approve(conversation, before["id"])
            after = turn["approval"]
            assert after["id"] != before["id"]
            assert after["digest"] != before["digest"]
            assert after["total"] != before["total"]
            assert await trade.sold(world, "dear") == []
            # What was approved was the old price: that approval buys nothing any more.
            assert (await running.approve(conversation, before["id"]))["approval"] == after
            assert await trade.sold(world, "dear") == []
            turn = await running.approve(conversation, after["id"])
            [sold] = await trade.sold(world, "dear")
            assert sold["total"] == after["total"]
            assert sold["booking_reference"] in turn["reply"]["text"]


async def test_what_stands_is_said_when_a_later_price_changed(world: Apis, tmp_path: Path) -> None:
    await world.sandbox("part", ("book_hotel", "price_changed"))
    offer, rate = (await world.offers("part"))[0], (await world.rates("part"))[0]
    searches = [flight_acts(offer)[0], hotel_acts(rate)[0]]
    both = act_text([flight_booking(offer), hotel_booking(rate)])
    async with service(tmp_path, world, [*searches, both, DONE]) as running:
        conversation, before = await asked(running, "part")
        turn = await running.approve(conversation, before["id"])
        flight = await FLIGHTS.reference(world, "part")
        assert flight in turn["approval"]["summary"]
        assert "Nothing was booked" not in turn["approval"]["summary"]
        assert await HOTELS.sold(world, "part") == []
        turn = await running.approve(conversation, turn["approval"]["id"])
        assert await FLIGHTS.reference(world, "part") == flight
        assert await HOTELS.reference(world, "part") in turn["reply"]["text"]


@dataclass
class Wire:
    """A proxy before an API that holds bookings on their way in, or answers on their way out.

    A sandbox's name says which of the two; `holding` counts the bookings that are held.
    """

    target: str
    path: str
    let_go: asyncio.Event
    holding: int = 0

    async def pass_on(self, request: Request) -> Response:
        booking = request.method == "POST" and request.url.path == self.path
        held = request.headers.get("x-sandbox", "") if booking and not self.let_go.is_set() else ""
        if held.endswith(UNHEARD):
            return await self._hold()
        kept = {name: value for name, value in request.headers.items() if name != "host"}
        async with httpx.AsyncClient(base_url=self.target, timeout=30) as client:
            answer = await client.request(
                request.method, request.url.path, params=request.query_params, headers=kept,
                content=await request.body(),
            )  # fmt: skip
        if held.endswith(BOOKED):
            assert answer.status_code == 201, answer.text
            return await self._hold()
        kind = answer.headers["content-type"]
        return Response(answer.content, answer.status_code, media_type=kind)

    async def _hold(self) -> Response:
        self.holding += 1
        await self.let_go.wait()
        return Response(status_code=503)


@asynccontextmanager
async def wire(target: str, path: str, let_go: asyncio.Event) -> AsyncIterator[tuple[str, Wire]]:
    """The proxy on a port of its own."""
    proxy = Wire(target, path, let_go)
    app = Starlette(routes=[Route("/{path:path}", proxy.pass_on, methods=["GET", "POST"])])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", proxy
        finally:
            let_go.set()
            server.should_exit = True
            await task


async def test_bookings_cut_off_by_kill_9_take_place_once(world: Apis, tmp_path: Path) -> None:
    """Whether the API had booked when the service died, or had not even heard of it."""
    cases = {trade.api + fate: trade for trade in TRADES for fate in (BOOKED, UNHEARD)}
    for sandbox in cases:
        await world.sandbox(sandbox)
    script = [act for name, trade in cases.items() for act in await trade.acts(world, name)]
    let_go = asyncio.Event()
    async with (
        wire(world.flights, FLIGHTS.path, let_go) as (flights_url, flights),
        wire(world.hotels, HOTELS.path, let_go) as (hotels_url, hotels),
    ):
        behind = replace(world, flights=flights_url, hotels=hotels_url)
        async with service(tmp_path, behind, script) as running:
            waiting = {sandbox: await asked(running, sandbox) for sandbox in cases}
            clicks = [
                asyncio.create_task(running.decided(conversation, approval["id"]))
                for conversation, approval in waiting.values()
            ]

            async def all_are_held() -> bool:
                return flights.holding + hotels.holding == len(cases)

            await until(all_are_held)
            await running.kill()
            cut_off = await asyncio.gather(*clicks, return_exceptions=True)
            assert all(isinstance(answer, httpx.TransportError) for answer in cut_off)
        for sandbox, trade in cases.items():
            assert len(await trade.sold(world, sandbox)) == sandbox.endswith(BOOKED)
        let_go.set()
        async with service(tmp_path, behind, [DONE] * len(cases)) as restarted:
            for sandbox, (conversation, approval) in waiting.items():
                booked = await cases[sandbox].reference(world, sandbox)
                log = await restarted.log(conversation)
                assert booked in [e["text"] for e in log if e["type"] == "replied"][-1]
                assert log[-1] == {"type": "turn_ended", "reason": "replied"}
                again = await restarted.approve(conversation, approval["id"])
                assert booked in again["reply"]["text"]
                assert await cases[sandbox].reference(world, sandbox) == booked


async def test_two_services_over_one_database_book_once(world: Apis, tmp_path: Path) -> None:
    await world.sandbox("two")
    acts = await FLIGHTS.acts(world, "two")
    async with (
        service(tmp_path, world, [*acts, DONE]) as one,
        service(tmp_path, world, [DONE]) as other,
    ):
        conversation, approval = await asked(one, "two")
        answers = await asyncio.gather(
            *(running.decided(conversation, approval["id"]) for running in (one, other))
        )
        assert 200 in {answer.status_code for answer in answers}
        await FLIGHTS.reference(world, "two")
        log = await one.log(conversation)
        assert sum(event["type"] == "write_intended" for event in log) == 1
        assert all(answer.status_code in {200, 409} for answer in answers), [
            a.text for a in answers
        ]
