"""The page for people with a keyboard, a screen reader, weak eyes or a small phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.async_api import expect

from .driver import FLIGHT, HOTEL, TRAVELLER, approval, ask_for_flight, idle, say

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AUDIT = (Path(__file__).parent / "audit.js").read_text()
CLEAN: dict[str, Any] = {
    "contrast": [], "nameless": [], "small": [], "doubled": [], "overflow": 0, "untranslated": [],
}  # fmt: skip


async def open_panels(page: Page) -> None:
    await page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    await page.locator("details.call").first.wait_for()
    await page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1180, 360])
async def test_names_contrast_sizes_and_width_at_every_stage(
    page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await page.set_viewport_size({"width": width, "height": 760})
    assert await page.evaluate(AUDIT) == CLEAN
    await ask_for_flight(page)
    await open_panels(page)
    assert await page.evaluate(AUDIT) == CLEAN
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(page.locator(".card.ticket")).to_be_visible()
    await say(page, HOTEL)
    assert await page.evaluate(AUDIT) == CLEAN


async def test_whole_booking_with_the_keyboard_alone(page: Page) -> None:
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Your message")).to_be_focused()
    await page.keyboard.type(FLIGHT)
    await page.keyboard.press("Enter")
    await expect(page.locator(".choose").first).to_be_visible()
    await idle(page)
    await expect(page.get_by_label("Your message")).to_be_focused()
    await page.locator(".choose").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".turn")).to_have_count(2)
    await idle(page)
    await expect(page.get_by_label("Your message")).to_be_focused()
    await page.keyboard.type("Ada Lovelace ada@example.org")
    await page.keyboard.press("Enter")
    await expect(approval(page)).to_be_visible()
    await idle(page)
    await approval(page).get_by_role("button", name="Approve").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".card.ticket")).to_be_visible()


async def test_shift_enter_breaks_the_line_and_slash_returns_to_the_message(page: Page) -> None:
    message = page.get_by_label("Your message")
    await message.press_sequentially("one")
    await page.keyboard.press("Shift+Enter")
    await message.press_sequentially("two")
    await expect(message).to_have_value("one\ntwo")
    await page.keyboard.press("Escape")
    await expect(message).not_to_be_focused()
    await page.keyboard.press("/")
    await expect(message).to_be_focused()
    await expect(message).to_have_value("one\ntwo")


async def test_replies_and_approvals_are_announced(page: Page) -> None:
    await say(page, FLIGHT)
    await expect(page.locator("#announcer")).to_contain_text("I found 3 flights")
    await expect(page.locator("#announcer")).to_contain_text("3 options are shown.")
    await page.get_by_role("button", name="New conversation").first.click()
    await ask_for_flight(page)
    await expect(page.locator("#announcer")).to_contain_text("Your approval is needed")


async def test_an_approval_is_in_sight_however_quickly_it_came(page: Page) -> None:
    await page.emulate_media(reduced_motion="no-preference")
    await page.set_viewport_size({"width": 1180, "height": 600})
    await say(page, FLIGHT)
    await page.locator(".card.flight").nth(1).get_by_role("button", name="Choose").click()
    await expect(page.locator(".turn")).to_have_count(2)
    await say(page, TRAVELLER)
    button = approval(page).get_by_role("button", name="Approve")
    await expect(button).to_be_in_viewport()


async def test_the_same_words_again_are_announced_again(page: Page) -> None:
    await page.evaluate(
        """() => {
          window.heard = [];
          const announcer = document.getElementById("announcer");
          const hear = () => announcer.textContent && window.heard.push(announcer.textContent);
          new MutationObserver(hear).observe(announcer, { childList: true, characterData: true });
        }"""
    )
    await say(page, FLIGHT)
    await say(page, FLIGHT)
    heard = await page.evaluate("window.heard")
    assert len(heard) == 2
    assert heard[0] == heard[1]


async def test_who_moves_by_keyboard_keeps_the_place_when_the_history_is_drawn_anew(
    page: Page,
) -> None:
    await say(page, FLIGHT)
    await page.get_by_role("button", name="New conversation").first.click()
    await say(page, HOTEL)
    row = page.locator("#sidebar .side-item").last
    await row.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".turn")).to_have_count(1)
    focused = await page.evaluate("document.activeElement?.closest('#sidebar') !== null")
    assert focused


async def test_drawer_on_a_phone_holds_focus_and_closes_with_escape(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    sidebar = page.get_by_role("complementary", name="History and trips")
    await expect(sidebar).to_have_count(0)
    await page.get_by_role("button", name="Open history and trips").click()
    await expect(sidebar.get_by_role("button", name="Close")).to_be_focused()
    assert await page.evaluate("document.getElementById('column').inert")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Open history and trips")).to_be_focused()


async def test_page_says_that_it_is_an_ai_in_a_test_world(page: Page) -> None:
    await expect(page.get_by_role("banner")).to_contain_text("AI")
    await expect(page.get_by_role("banner")).to_contain_text("Test world")
    await say(page, FLIGHT)
    await expect(page.locator(".author").first).to_have_text("Callsign · AI agent")


async def test_policy_allows_no_inline_code_and_no_foreign_host(page: Page) -> None:
    response = await page.reload()
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
