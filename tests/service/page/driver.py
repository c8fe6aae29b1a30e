"""What a person does on the page, by role and label, so that tests read as what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

FLIGHT = "A one-way flight from Istanbul to Berlin on 3 March 2027 for one adult"
HOTEL = "A hotel in Berlin from 3 March 2027 to 4 March 2027 for one adult"
TRAVELLER = "Ada Lovelace, born 10 December 1990, ada@example.org"


async def idle(page: Page) -> None:
    """Wait until no turn runs."""
    await expect(page.locator("#thread")).to_have_attribute("aria-busy", "false")


async def say(page: Page, text: str) -> None:
    """Type a message, press Enter, and wait until its turn has ended."""
    await idle(page)
    turns = await page.locator(".turn").count()
    await page.get_by_label("Your message").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator(".turn")).to_have_count(turns + 1)
    await idle(page)


def last_reply(page: Page) -> Locator:
    return page.locator(".turn").last.locator(".reply").last


def approval(page: Page) -> Locator:
    return page.get_by_role("region", name="Your approval is needed")


async def ask_for_flight(page: Page) -> None:
    """From nothing to a pending approval of the second offer."""
    await say(page, FLIGHT)
    await page.locator(".card.flight").nth(1).get_by_role("button", name="Choose").click()
    await expect(page.locator(".turn")).to_have_count(2)
    await say(page, TRAVELLER)
    await expect(approval(page)).to_be_visible()
