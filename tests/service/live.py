"""The whole product as processes: both travel APIs, and `callsign serve` over a script of acts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import IO, Any

import httpx

from agent.acts import act_text

ROOT = Path(__file__).parents[2]
NOW = "2026-11-22T09:00:00+00:00"
LEASHED = (sys.executable, "-m", "tools.leash")
"""Starts a module that ends when we do, however we do."""
ADDRESS = re.compile(r"http://[\d.]+:\d+")

Json = dict[str, Any]

ADA = {"given_name": "Ada", "family_name": "Lovelace"}
EMAIL = "ada@example.org"
FLIGHT_WISH: Json = {"origin": "IST", "destination": "BER", "departure_date": "2027-03-03"}
HOTEL_WISH: Json = {
    "city_code": "BER", "check_in_date": "2027-03-03", "check_out_date": "2027-03-04",
}  # fmt: skip
DONE = act_text([("finish", {"topic": "done"})])


async def until(
    condition: Callable[[], Awaitable[bool]],
    otherwise: Callable[[], str] = str,
    seconds: float = 60,
) -> None:
    """Return once the condition holds; `otherwise` says what was the matter if it never does."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"waited in vain {otherwise()}"
        await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Apis:
    """Where both APIs are, and what a test may ask them past the agent."""

    flights: str
    hotels: str

    async def sandbox(self, name: str, *faults: tuple[str, str]) -> None:
        """A world of its own; `faults` are (operation, fault) pairs, each of which hits once."""
        once = [{"operation": operation, "fault": fault} for operation, fault in faults]
        body = {"id": name, "seed": 7, "now": NOW, "faults": {"once": once}}
        async with httpx.AsyncClient(timeout=30) as client:
            for url in (self.flights, self.hotels):
                (await client.post(f"{url}/sandboxes", json=body)).raise_for_status()

    async def offers(self, sandbox: str) -> list[Json]:
        """The flight offers that the agent's own search will find there: same world, same ids."""
        return await self._found(f"{self.flights}/offers/search", FLIGHT_WISH, sandbox)

    async def rates(self, sandbox: str) -> list[Json]:
        """The rates of the first hotel that the agent's own search will find there."""
        hotels = await self._found(f"{self.hotels}/stays/search", HOTEL_WISH, sandbox)
        return hotels[0]["rates"]

    async def orders(self, sandbox: str) -> list[Json]:
        """Every flight order of a sandbox."""
        return await self._found(f"{self.flights}/orders", None, sandbox)

    async def bookings(self, sandbox: str) -> list[Json]:
        """Every hotel booking of a sandbox."""
        return await self._found(f"{self.hotels}/bookings", None, sandbox)

    async def _found(self, url: str, body: Json | None, sandbox: str) -> list[Json]:
        async with httpx.AsyncClient(timeout=30, headers={"X-Sandbox": sandbox}) as client:
            answer = await (client.post(url, json=body) if body else client.get(url))
        answer.raise_for_status()
        return answer.json()["data"]


@contextmanager
def apis() -> Iterator[Apis]:
    """Both APIs, each a process on a port of its own."""
    processes = [
        subprocess.Popen(
            [*LEASHED, f"tools.mock.{name}", "--port", "0", "--now", NOW],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("flights", "hotels")
    ]  # fmt: skip
    try:
        yield Apis(*[_address(process.stdout.readline()) for process in processes])
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.communicate()


@dataclass
class Service:
    """One running `callsign serve`, and a client of it."""

    process: subprocess.Popen[bytes]
    client: httpx.AsyncClient

    @property
    def url(self) -> str:
        """Where it is reached."""
        return str(self.client.base_url).rstrip("/")

    async def ready(self, log: Path) -> None:
        """Wait until it takes messages; by then every unfinished write was followed up."""

        async def is_ready() -> bool:
            text = await asyncio.to_thread(log.read_text)
            assert self.process.poll() is None, text
            # The last of the three addresses: by then the others are complete.
            if "Hotels API" not in text:
                return False
            self.client.base_url = _address(text)
            try:
                return (await self.client.get("/readyz")).is_success
            except httpx.TransportError:
                return False

        await until(is_ready, log.read_text)

    async def converse(self, sandbox: str) -> str:
        """A new conversation."""
        answer = await self.client.post("/v1/conversations", json={"sandbox": sandbox})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def say(self, conversation: str, content: str) -> Json:
        """The turn of a message."""
        return _turn(await self.client.post(
            f"/v1/conversations/{conversation}/messages", json={"content": content}
        ))  # fmt: skip

    async def approve(self, conversation: str, approval: str) -> Json:
        """The turn of an approval."""
        return _turn(await self.decided(conversation, approval))

    async def decided(
        self, conversation: str, approval: str, decision: str = "approve"
    ) -> httpx.Response:
        """The answer to a decision, whatever it is."""
        path = f"/v1/conversations/{conversation}/approvals/{approval}"
        return await self.client.post(path, json={"decision": decision})

    async def log(self, conversation: str) -> list[Json]:
        """A conversation's events."""
        answer = await self.client.get(f"/v1/conversations/{conversation}")
        answer.raise_for_status()
        return answer.json()["events"]

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait)


@asynccontextmanager
async def service(folder: Path, world: Apis, acts: Sequence[str]) -> AsyncIterator[Service]:
    """`callsign serve`, ready and playing these acts; its conversations are kept in `folder`."""
    with NamedTemporaryFile(dir=folder, prefix="serve-", suffix=".log") as said:
        process = _serve(folder, world, acts, said)
        try:
            async with httpx.AsyncClient(timeout=30) as client:
                running = Service(process, client)
                await running.ready(Path(said.name))
                yield running
        finally:
            process.kill()
            process.wait()


def _serve(
    folder: Path, world: Apis, acts: Sequence[str], said: IO[bytes]
) -> subprocess.Popen[bytes]:
    script = Path(f"{said.name}.json")
    script.write_text(json.dumps(acts))
    command = [
        sys.executable, "-c", "from service.cli import main; main()", "serve", "--port", "0",
        "--engine", "scripted", "--script", str(script),
        "--database-url", f"sqlite:///{folder / 'callsign.db'}",
        "--flights-url", world.flights, "--hotels-url", world.hotels,
    ]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALLSIGN_")}
    return subprocess.Popen(
        command, cwd=folder, env={**kept, "PYTHONPATH": str(ROOT)}, stdout=said, stderr=said
    )


def _address(said: str) -> str:
    found = ADDRESS.search(said)
    assert found, f"expected an address: {said!r}"
    return found.group()


def _turn(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    return answer.json()


def flight_acts(offer: Json) -> list[str]:
    """Search, then propose to book this offer: every act up to the approval."""
    return [act_text([("search_flights", FLIGHT_WISH)]), act_text([flight_booking(offer)])]


def hotel_acts(rate: Json) -> list[str]:
    """Search, then propose to book this room: every act up to the approval."""
    return [act_text([("search_hotels", HOTEL_WISH)]), act_text([hotel_booking(rate)])]


def flight_booking(offer: Json) -> tuple[str, Json]:
    """Booking an offer for Ada, as a call."""
    passengers = [{**ADA, "born_on": "1990-12-10"}]
    wanted = {"offer_id": offer["offer_id"], "passengers": passengers, "contact_email": EMAIL}
    return "book_flight", wanted


def hotel_booking(rate: Json) -> tuple[str, Json]:
    """Booking a room for Ada, as a call."""
    return "book_hotel", {"rate_id": rate["rate_id"], "guests": [ADA], "contact_email": EMAIL}


def trip_acts(offer: Json, rate: Json) -> list[str]:
    """A whole trip, act by act: a flight and then a hotel, each shown, chosen and approved."""
    ask = {"about": ["given_name", "family_name", "born_on", "contact_email"]}
    calls = [
        ("search_flights", FLIGHT_WISH),
        ("present", {"result": "c1"}),
        ("ask_user", ask),
        flight_booking(offer),
        ("finish", {"topic": "done"}),
        # Between the flight's search and this stand its price check and its booking.
        ("search_hotels", HOTEL_WISH),
        ("present", {"result": "c4"}),
        hotel_booking(rate),
        ("finish", {"topic": "done"}),
    ]
    return [act_text([call]) for call in calls]


async def _serve_a_trip() -> None:
    with apis() as world, TemporaryDirectory() as folder:
        await world.sandbox("trip")
        acts = trip_acts((await world.offers("trip"))[1], (await world.rates("trip"))[0])
        async with service(Path(folder), world, acts) as running:
            sys.stdout.write(f"{running.url}, sandbox trip, for one conversation\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


if __name__ == "__main__":
    # For docs/screenshots/take.py, where no model is at hand.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve_a_trip())
