"""Takes the screenshots in this folder from a running service, by booking a trip on its page.

    python docs/screenshots/take.py http://127.0.0.1:8000 --sandbox default

Needs the `test` extra and Chromium (CALLSIGN_CHROMIUM, else the one on the PATH). The trip is a
flight and a hotel on 3 March 2027, so the sandbox's clock must stand before that day.
`python -m tests.service.live` starts a service that plays this very trip without a model.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Locator, Page, expect, sync_playwright

FLIGHT = "A one-way flight from Istanbul to Berlin on 3 March 2027 for one adult"
TRAVELLER = "Ada Lovelace, born 10 December 1990, ada@example.org"
GUEST = "For Ada Lovelace, ada@example.org"
HOTEL = "A hotel in Berlin from 3 March 2027 to 4 March 2027 for one adult"
DESK = {"width": 1180, "height": 860}
PHONE = {"width": 390, "height": 844}
TURN_MS = 120_000


class Shots:
    """The page of one conversation, and where its pictures go."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder

    def take(self, name: str) -> None:
        """Save what is seen now."""
        self._page.screenshot(path=self._folder / f"{name}.png", animations="disabled")

    def say(self, text: str) -> None:
        """Type a message, send it and wait for the end of its turn."""
        self._page.get_by_label("Your message").fill(text)
        self._page.keyboard.press("Enter")
        self._turn_ends()

    def choose(self, card: Locator) -> None:
        """Press a card's button."""
        card.get_by_role("button", name="Choose").click()
        self._turn_ends()

    def approve(self) -> None:
        """Approve what waits."""
        waiting = self._page.get_by_role("region", name="Your approval is needed")
        waiting.get_by_role("button", name="Approve").click()
        self._turn_ends()

    def awaits_approval(self) -> bool:
        """Whether something waits for a person."""
        return self._page.get_by_role("region", name="Your approval is needed").count() > 0

    def _turn_ends(self) -> None:
        thread = self._page.locator("#thread")
        expect(self._page.locator(".turn").last).to_be_visible()
        expect(thread).to_have_attribute("aria-busy", "false", timeout=TURN_MS)


def book(page: Page, shots: Shots) -> None:
    """A flight and a room, with a picture at every station."""
    shots.say(FLIGHT)
    shots.take("offers")
    page.set_viewport_size(PHONE)
    shots.take("phone")
    page.set_viewport_size(DESK)
    shots.choose(page.locator(".card.flight").nth(1))
    if not shots.awaits_approval():
        shots.say(TRAVELLER)
    page.emulate_media(color_scheme="dark")
    shots.take("approval")
    page.emulate_media(color_scheme="light")
    shots.approve()
    shots.say(HOTEL)
    shots.choose(page.locator(".rate").first)
    if not shots.awaits_approval():
        shots.say(GUEST)
    shots.approve()
    shots.take("booked")
    what_happened(page)
    shots.take("clearance")


def what_happened(page: Page) -> None:
    """Open the panel of the turn that asked to book the flight, and in it the booking."""
    panel = page.locator(".trace").nth(2)
    panel.locator("> summary").click()
    call = panel.locator("details.call", has_text="book_flight")
    call.locator("> summary").click()
    panel.evaluate("element => element.closest('.turn').scrollIntoView()")


def main(
    url: Annotated[str, typer.Argument(help="The running service.")],
    sandbox: Annotated[str, typer.Option(help="The world that the trip is booked in.")] = "default",
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path(__file__).parent,
) -> None:
    """Book a trip on the page of a running service and keep pictures of it."""
    chromium = os.environ.get("CALLSIGN_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(
            locale="en-GB", color_scheme="light", reduced_motion="reduce", viewport=DESK
        ).new_page()
        page.goto(f"{url}/?sandbox={sandbox}")
        book(page, Shots(page, out))
        browser.close()


if __name__ == "__main__":
    typer.run(main)
