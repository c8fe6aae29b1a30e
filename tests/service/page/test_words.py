"""Texts of the agent's own renderer, as the page shows them beside cards, in every language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agent.events import Money
from agent.reply.renderer import Renderer
from agent.reply.things import Planned, Thing

from . import world

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NOW = datetime(2027, 1, 15, 9, tzinfo=UTC)
OFFER = Thing("flight_offer", world.OFFERS[0])
ADA = {"given_name": "Ada", "family_name": "Lovelace", "born_on": "1990-12-10"}
languages = pytest.mark.parametrize("language", ["en", "tr", "de", "es"])


@pytest.fixture
def page(still_page: Page) -> Page:
    return still_page


async def words(page: Page, call: str, *arguments: Any) -> Any:
    code = f'async (a) => (await import("/static/js/words.js")).{call}(...a)'
    return await page.evaluate(code, list(arguments))


@languages
async def test_a_list_is_left_to_its_cards(page: Page, language: str) -> None:
    text = Renderer(language).present([OFFER, OFFER], 7)
    first, *_, last = text.split("\n")
    assert await words(page, "leadOf", text) == f"{first}\n{last}"


@languages
async def test_a_single_thing_is_left_to_its_card(page: Page, language: str) -> None:
    text = Renderer(language).present([OFFER])
    assert await words(page, "leadOf", text) == text.split("\n")[0]


@languages
async def test_what_is_asked_after_a_booking_stays_whole(page: Page, language: str) -> None:
    renderer = Renderer(language)
    order = world.order(world.OFFERS[0]["offer_id"], [ADA])
    booked = renderer.booked([Thing("flight_order", order)])
    asked = renderer.ask(["check_in_date", "check_out_date"])
    lead = await words(page, "leadOf", f"{booked}\n\n{asked}")
    assert lead == f"{booked.splitlines()[0]}\n\n{asked}"


@languages
async def test_an_approval_is_cut_into_what_its_card_shows(page: Page, language: str) -> None:
    renderer = Renderer(language)
    total = OFFER.data["total"]
    booking = {"offer_id": OFFER.data["offer_id"], "passengers": [ADA], "contact_email": "a@b.org"}
    summary = renderer.approval(
        [Planned("book_flight", booking, OFFER, {"refundable": False})],
        totals=[Money(**total)], expires_at=world.EXPIRES, now=NOW,
    )  # fmt: skip
    [section] = await words(page, "summarySections", summary, [total], world.EXPIRES)
    lines = summary.split("\n")
    assert section["title"] == lines[0].rstrip(":")
    assert section["lines"] == lines[1:3]
    assert [f"{label}: {value}" for label, value in section["rows"]] == lines[3:6]
    assert len(lines) == 9


async def test_each_write_of_an_approval_has_its_section_after_the_news(page: Page) -> None:
    told = Renderer("en").price_changed(Money("10.00", "EUR"), Money("12.00", "EUR"))
    summary = f"{told}\nBook this flight:\nTo: A\nBook this hotel:\nH · 2\nTotal: €12.00\nShall I?"
    sections = await words(page, "summarySections", summary, [{"amount": "12.00"}], None)
    assert sections == [
        {"title": told, "lines": [], "rows": []},
        {"title": "Book this flight", "lines": [], "rows": [["To", "A"]]},
        {"title": "Book this hotel", "lines": ["H · 2"], "rows": []},
    ]


async def test_places_are_known_by_the_names_in_a_reply(page: Page) -> None:
    text = "I found:\n1. €9\n   Istanbul Sabiha Gökçen (SAW) → Ciudad de México (MEX) · 9 (a) · X"
    named = [["SAW", "Istanbul Sabiha Gökçen"], ["MEX", "Ciudad de México"]]
    assert await words(page, "placesIn", text) == named
