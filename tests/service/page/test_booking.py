"""The steps of a booking on the page, against a double. `test_trip` takes them all in earnest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from .driver import HOTEL, TRAVELLER, approval, ask_for_flight, idle, last_reply, say

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REFERENCE = re.compile(r"^[A-Z0-9]{5,8}$")


async def test_flight_is_booked_by_choosing_naming_and_approving(page: Page) -> None:
    await ask_for_flight(page)

    await expect(approval(page)).to_contain_text("Ada Lovelace")
    await expect(approval(page)).to_contain_text("ada@example.org")
    await expect(approval(page).locator(".terms")).to_contain_text("refundable")
    await expect(approval(page).locator(".hold-text")).to_contain_text("Price held")
    await approval(page).get_by_text("Exactly what will be sent").click()
    await expect(approval(page).locator(".exact dt").first).to_have_text("/offer_id")
    await approval(page).get_by_role("button", name="Approve").click()

    ticket = page.locator(".card.ticket")
    await expect(ticket.locator(".reference strong")).to_have_text(REFERENCE)
    await expect(ticket).to_contain_text("Confirmed")
    reference = await ticket.locator(".reference strong").inner_text()
    await expect(page.locator(".trip")).to_contain_text(reference)
    await expect(approval(page)).to_have_count(0)


async def test_hotel_room_is_booked(page: Page) -> None:
    await say(page, HOTEL)
    await page.locator(".rate").first.get_by_role("button", name="Choose").click()
    await expect(page.locator(".turn")).to_have_count(2)
    await say(page, TRAVELLER)
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(page.locator(".card.ticket .reference strong")).to_have_text(REFERENCE)


async def test_typed_yes_approves(page: Page) -> None:
    await ask_for_flight(page)
    await say(page, "yes")
    await expect(page.locator(".card.ticket .reference strong")).to_have_text(REFERENCE)
    await expect(approval(page)).to_have_count(0)


async def test_booked_flight_is_cancelled_from_its_card(page: Page) -> None:
    await ask_for_flight(page)
    await approval(page).get_by_role("button", name="Approve").click()
    await idle(page)
    await page.get_by_role("button", name="Cancel this booking").click()
    await expect(approval(page)).to_contain_text("You get back")
    await approval(page).get_by_role("button", name="Approve").click()
    await idle(page)
    await expect(page.locator(".card.ticket").first).to_contain_text("Cancelled")
    await expect(page.locator(".trip")).to_contain_text("Cancelled")
    await expect(page.get_by_role("button", name="Cancel this booking")).to_have_count(0)


async def test_declining_books_nothing(page: Page) -> None:
    await ask_for_flight(page)
    await approval(page).get_by_role("button", name="Decline").click()
    await expect(page.locator(".decision")).to_have_text("You declined")
    await idle(page)
    await expect(page.locator(".approval")).to_contain_text("Declined")
    await expect(page.locator(".card.ticket")).to_have_count(0)
    await expect(last_reply(page)).not_to_be_empty()


async def test_new_wish_voids_the_pending_approval(page: Page) -> None:
    await ask_for_flight(page)
    await say(page, HOTEL)
    await expect(approval(page)).to_have_count(0)
    await expect(page.locator(".approval")).to_contain_text("the request changed")


async def test_the_way_of_every_call_can_be_read(page: Page) -> None:
    await ask_for_flight(page)
    panel = page.locator(".trace").first
    await panel.locator("> summary").click()
    await expect(panel).to_contain_text("search_flights")
    call = panel.locator("details.call", has_text="search_flights").last
    await call.locator("> summary").click()
    await expect(call).to_contain_text("/departure_date")
    await expect(call).to_contain_text("you said")
    await call.get_by_text("Result", exact=True).click()
    await expect(call.locator("pre")).to_contain_text("offer_id")
