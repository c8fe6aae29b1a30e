"""What the page shows: untrusted text, cards, history, trips, languages, themes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from agent.events import ConversationStarted, Replied, TurnEnded, UserMessage

from . import world
from .driver import FLIGHT, HOTEL, approval, ask_for_flight, say

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Route

    from .double import Double

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ATTACK = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def stored(double: Double, text: str, card: dict[str, object]) -> str:
    """A conversation that ends in a reply with one card."""
    replied = Replied("present", {}, text, "en", (card,))
    started = ConversationStarted("default", world.NOW)
    log = [started, UserMessage(text, world.NOW, "en"), replied, TurnEnded("replied")]
    double.logs["cnv_stored"] = log
    return "/#cnv_stored"


async def open_stored(page: Page, address: str) -> None:
    await page.goto(address)
    await page.reload()
    await expect(page.locator(".reply")).to_be_visible()


async def test_markup_in_any_text_is_only_text(page: Page, double: Double) -> None:
    data = {
        "hotel_id": "h",
        "name": ATTACK,
        "city_code": ATTACK,
        "amenities": [ATTACK],
        "rates": [],
    }
    await open_stored(page, stored(double, ATTACK, {"kind": "hotel", "data": data}))
    for place in (".bubble", ".reply", ".hotel h3", ".amenities li"):
        await expect(page.locator(place)).to_contain_text("<img src=x")
    assert await page.locator(".thread img, .thread script, .sidebar img").count() == 0
    assert await page.title() != "owned"


async def test_unknown_kind_of_card_is_a_tidy_list(page: Page, double: Double) -> None:
    data = {"lounge_id": "lng_1", "fee": {"amount": "35.00", "currency": "EUR"}, "open_now": True}
    await open_stored(page, stored(double, "Here", {"kind": "airport_lounge", "data": data}))
    card = page.locator(".card.plain")
    await expect(card.get_by_role("heading")).to_have_text("Airport lounge")
    await expect(card).to_contain_text("€35.00")
    await expect(card).to_contain_text("Open now")
    await expect(card).to_contain_text("Yes")


async def test_flight_card_tells_times_days_stops_and_terms(page: Page) -> None:
    await say(page, FLIGHT)
    card = page.locator(".card.flight").nth(2)
    for text in (
        "20:15",
        "07:50",
        "1 stop",
        "13 h 35 min",
        "Lufthansa LH1305",
        "€151.20",
        "Not refundable",
        "1 checked bag",
        "Economy",
    ):
        await expect(card).to_contain_text(text)
    await expect(card.get_by_label("1 day later")).to_have_text("+1")
    await card.get_by_text("Flights and connections").click()
    await expect(card).to_contain_text("06:45 FRA → 07:50 BER")


async def test_refused_proposal_is_shown_with_its_reason(page: Page) -> None:
    await say(page, FLIGHT)
    await page.locator(".trace > summary").click()
    await page.locator("details.call[data-status=rejected] > summary").click()
    refused = page.locator("details.call[data-status=rejected]")
    await expect(refused).to_contain_text("ungrounded_value")
    await expect(refused).to_contain_text("nobody said 2027-03-30")


async def test_trips_of_earlier_conversations_are_found_again(page: Page) -> None:
    await ask_for_flight(page)
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(page.locator(".card.ticket")).to_be_visible()
    await page.get_by_role("button", name="New conversation").first.click()
    await page.reload()
    await expect(page.locator(".trip")).to_contain_text("QK7M2X")
    await page.locator(".trip").click()
    await expect(page.locator(".card.ticket")).to_be_visible()


async def test_history_opens_and_deletes_conversations(page: Page, double: Double) -> None:
    await say(page, HOTEL)
    await page.get_by_role("button", name="New conversation").first.click()
    await expect(page.get_by_role("heading", name="Where would you like to go?")).to_be_visible()
    row = page.locator(".side-row").filter(has_text=HOTEL)
    await row.locator(".side-item").click()
    await expect(page.locator(".card.hotel").first).to_be_visible()
    await page.go_back()
    await expect(page.locator("#welcome")).to_be_visible()
    await row.hover()
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)
    assert double.logs == {}


@pytest.mark.parametrize(
    ("locale", "heading", "choose"),
    [
        ("tr-TR", "Nereye gitmek istersiniz?", "Seç"),
        ("de-DE", "Wohin soll es gehen?", "Wählen"),
        ("es-ES", "¿Adónde quiere ir?", "Elegir"),
    ],
)
async def test_page_speaks_the_language_of_the_browser(
    browser: Browser, base_url: str, locale: str, heading: str, choose: str
) -> None:
    page = await browser.new_page(base_url=base_url, locale=locale)
    await page.goto("/")
    await expect(page.get_by_role("heading", name=heading)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    await page.locator("#wish").fill(FLIGHT)
    await page.keyboard.press("Enter")
    await expect(page.locator(".choose").first).to_have_text(choose)
    await page.close()


async def test_chosen_language_and_colours_are_kept(page: Page) -> None:
    await page.get_by_label("Language").select_option("de")
    await expect(page.get_by_role("heading", name="Wohin soll es gehen?")).to_be_visible()
    await page.locator("#theme").click()
    await page.locator("#theme").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_role("heading", name="Wohin soll es gehen?")).to_be_visible()


async def test_sandbox_of_the_address_is_used_and_named(page: Page, double: Double) -> None:
    await page.goto("/?sandbox=demo-7")
    await say(page, "hello")
    assert double.logs["cnv_1"][0] == ConversationStarted("demo-7", world.NOW)
    await expect(page.get_by_role("banner")).to_contain_text("Test worlddemo-7")


async def test_reader_stays_where_he_is_when_the_same_is_drawn_again(page: Page) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await answer.wait()
        await route.continue_()

    await page.route("**/v1/conversations/cnv_1", hold)
    await say(page, FLIGHT)
    await asked.wait()
    stage = page.locator("#stage")
    end = await stage.evaluate("it => (it.scrollTo(0, it.scrollHeight), it.scrollTop)")
    assert end > 0
    async with page.expect_response("**/v1/conversations"):
        answer.set()
    assert await stage.evaluate("it => it.scrollTop") == end
