"""From a wish to a flight and a room, by clicking and typing: the real service, nothing doubled."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.service.live import Apis, apis, service, trip_acts

from .driver import FLIGHT, HOTEL, TRAVELLER, approval, idle, last_reply, say

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WORLD = "trip"


@dataclass
class Running:
    """The service's address and the APIs behind it."""

    url: str
    world: Apis


@pytest_asyncio.fixture(loop_scope="session")
async def running(tmp_path: Path) -> AsyncGenerator[Running]:
    with apis() as world:
        await world.sandbox(WORLD)
        offers, rates = await world.offers(WORLD), await world.rates(WORLD)
        async with service(tmp_path, world, trip_acts(offers[1], rates[0])) as started:
            yield Running(started.url, world)


@pytest.fixture
def base_url(running: Running) -> str:
    return running.url


async def choose(page: Page, card: str, number: int) -> None:
    """Press the button of a card, and wait until the turn that it starts has ended."""
    turns = await page.locator(".turn").count()
    await page.locator(card).nth(number).get_by_role("button", name="Choose").click()
    await expect(page.locator(".turn")).to_have_count(turns + 1)
    await idle(page)


async def approve(page: Page) -> str:
    """Approve what waits; the reference on the ticket that comes of it."""
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(page.locator(".decision").last).to_have_text("You approved")
    await idle(page)
    await expect(approval(page)).to_have_count(0)
    ticket = page.locator(".turn").last.locator(".card.ticket")
    await expect(ticket).to_contain_text("Confirmed")
    return await ticket.locator(".reference strong").inner_text()


async def test_a_flight_and_a_room_are_booked_in_one_conversation(
    page: Page, running: Running
) -> None:
    await page.goto(f"/?sandbox={WORLD}")

    await say(page, FLIGHT)
    await expect(last_reply(page)).to_contain_text("I found these flights")
    await expect(page.locator(".card.flight").first).to_contain_text("Istanbul")
    await choose(page, ".card.flight", 1)
    await expect(last_reply(page)).to_contain_text("given name")
    await say(page, TRAVELLER)
    for shown in ("Book this flight", "Ada Lovelace", "10", "1990", "ada@example.org"):
        await expect(approval(page)).to_contain_text(shown)
    await expect(approval(page).locator(".hold-text")).to_contain_text("Price held")
    assert await running.world.orders(WORLD) == []
    flight = await approve(page)

    await say(page, HOTEL)
    await choose(page, ".rate", 0)
    await expect(approval(page)).to_contain_text("Book this hotel")
    assert await running.world.bookings(WORLD) == []
    room = await approve(page)

    trips = page.locator(".trip")
    await expect(trips).to_have_count(2)
    await expect(trips.nth(0)).to_contain_text(flight)
    await expect(trips.nth(1)).to_contain_text(room)
    assert [it["booking_reference"] for it in await running.world.orders(WORLD)] == [flight]
    assert [it["booking_reference"] for it in await running.world.bookings(WORLD)] == [room]

    await page.reload()
    await expect(page.locator(".card.ticket")).to_have_count(2)
    panel = page.locator(".turn", has_text=TRAVELLER).locator(".trace")
    await panel.locator("> summary").click()
    await panel.locator("details.call", has_text="book_flight").locator("> summary").click()
    booking = panel.locator("details.call", has_text="book_flight")
    await expect(booking).to_contain_text("search_flights /data/1/offer_id")
    await expect(booking).to_contain_text("“10 December 1990”")
