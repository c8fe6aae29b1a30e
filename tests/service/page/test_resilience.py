"""Nothing is sent twice and nothing is lost, whatever the connection does."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import orjson
import pytest
from playwright.async_api import expect

from .driver import FLIGHT, approval, ask_for_flight, idle, last_reply, say

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Route

    from .double import Double

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def lose_answer(route: Route) -> None:
    await route.fetch()
    await route.abort("connectionreset")


async def lose_request(route: Route) -> None:
    await route.abort("connectionrefused")


async def test_lost_answer_is_read_from_the_log_and_not_asked_again(
    page: Page, double: Double
) -> None:
    await page.route("**/messages", lose_answer)
    await say(page, FLIGHT)
    await expect(page.locator(".card.flight").first).to_be_visible()
    assert double.received == [FLIGHT]


async def test_message_that_never_left_is_sent_once_by_retry(page: Page, double: Double) -> None:
    await page.route("**/messages", lose_request)
    await say(page, FLIGHT)
    await expect(page.get_by_role("alert")).to_contain_text("It was not sent")
    assert double.received == []

    await page.unroute("**/messages")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".card.flight").first).to_be_visible()
    assert double.received == [FLIGHT]


async def test_retry_looks_first_when_nothing_could_be_known(page: Page, double: Double) -> None:
    await say(page, "hello")
    await page.route("**/messages", lose_answer)
    await page.route("**/v1/conversations/cnv_1", lose_request)
    await say(page, FLIGHT)
    await expect(page.get_by_role("alert")).to_contain_text("nothing is sent twice")

    await page.unroute_all()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".card.flight").first).to_be_visible()
    assert double.received == ["hello", FLIGHT]


async def test_lost_answer_to_an_approval_shows_the_booking(page: Page, double: Double) -> None:
    await ask_for_flight(page)
    await page.route("**/approvals/*", lose_answer)
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(page.locator(".card.ticket")).to_be_visible()
    assert double.received.count("approve") == 1


async def test_unsent_message_can_be_edited(page: Page, double: Double) -> None:
    await page.route("**/messages", lose_request)
    await say(page, "helo")
    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_label("Your message")).to_have_value("helo")
    await page.unroute("**/messages")
    await page.get_by_label("Your message").fill("hello")
    await page.keyboard.press("Enter")
    await expect(last_reply(page)).to_have_text("You said: hello")
    assert double.received == ["hello"]
    await expect(page.locator(".turn")).to_have_count(1)


async def test_reload_brings_back_the_conversation_and_its_approval(page: Page) -> None:
    await ask_for_flight(page)
    await page.reload()
    await expect(approval(page)).to_contain_text("€184.30")
    await expect(page.locator(".turn")).to_have_count(3)
    await expect(page.locator(".card.flight")).to_have_count(3)


async def test_reload_during_a_turn_follows_it_to_its_end(page: Page, double: Double) -> None:
    double.gate.clear()
    await page.get_by_label("Your message").fill(FLIGHT)
    await page.keyboard.press("Enter")
    await expect(page.locator(".working")).to_be_visible()
    await expect(page).to_have_url(re.compile("#cnv_1$"))
    await page.reload()
    await expect(page.locator(".working")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    double.gate.set()
    await expect(page.locator(".card.flight").first).to_be_visible()
    await idle(page)


async def test_two_tabs_approving_together_book_once(
    page: Page, context: BrowserContext, double: Double
) -> None:
    await ask_for_flight(page)
    other = await context.new_page()
    await other.goto(page.url)
    await approval(other).get_by_role("button", name="Approve").click()
    await expect(other.locator(".card.ticket")).to_be_visible()
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(page.locator(".card.ticket")).to_have_count(1)
    events = [event.type for log in double.logs.values() for event in log]
    assert events.count("write_intended") == 1


async def test_second_tab_is_told_that_the_other_one_declined(
    page: Page, context: BrowserContext
) -> None:
    await ask_for_flight(page)
    other = await context.new_page()
    await other.goto(page.url)
    await approval(other).get_by_role("button", name="Decline").click()
    await expect(other.locator(".decision")).to_be_visible()
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("alert").filter(has_text="decided the other way")).to_be_visible()
    await expect(page.locator(".approval")).to_contain_text("Declined")


async def test_buttons_rest_while_a_decision_is_on_its_way(page: Page, double: Double) -> None:
    await ask_for_flight(page)
    double.gate.clear()
    await approval(page).get_by_role("button", name="Approve").click()
    await expect(approval(page).get_by_role("button", name="Approve")).to_be_disabled()
    await expect(approval(page).get_by_role("button", name="Decline")).to_be_disabled()
    double.gate.set()
    await expect(page.locator(".card.ticket")).to_be_visible()


async def test_access_key_is_asked_for_and_the_message_then_sent(
    page: Page, double: Double
) -> None:
    double.keys = frozenset({"secret"})
    await page.reload()
    await page.get_by_role("textbox", name="Key").fill("secret")
    await page.get_by_role("button", name="Use key").click()
    await say(page, "hello")
    await expect(last_reply(page)).to_have_text("You said: hello")


async def test_deleted_conversation_says_so(page: Page) -> None:
    await page.goto("/#cnv_404")
    await page.reload()
    await expect(page.get_by_role("alert")).to_have_text(
        "This conversation no longer exists.Try again"
    )


async def test_a_new_conversation_can_be_begun_while_another_one_opens(
    page: Page, double: Double
) -> None:
    await say(page, "hello")
    arrives = asyncio.Event()

    async def hold_back(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.route("**/v1/conversations/cnv_1", hold_back)
    await page.reload()
    await page.get_by_role("button", name="New conversation").first.click()
    arrives.set()
    await say(page, "hello again")
    await expect(last_reply(page)).to_have_text("You said: hello again")
    assert double.received == ["hello", "hello again"]


async def test_a_message_of_decomposed_letters_whose_answer_was_lost_is_not_sent_twice(
    page: Page, double: Double
) -> None:
    await page.route("**/messages", lose_answer)
    await say(page, "Jose\u0301 Garci\u0301a")
    await expect(last_reply(page)).to_be_visible()
    assert len(double.received) == 1


async def test_a_turn_is_followed_although_the_service_is_too_busy_for_a_moment(
    page: Page, double: Double
) -> None:
    double.gate.clear()
    await page.get_by_label("Your message").fill(FLIGHT)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("#cnv_1$"))
    refused = asyncio.Event()

    async def refuse_once(route: Route) -> None:
        if refused.is_set() or double.gate.is_set():
            await route.continue_()
            return
        refused.set()
        body = orjson.dumps({"code": "rate_limited", "status": 429, "retryable": True}).decode()
        await route.fulfill(status=429, content_type="application/problem+json", body=body)

    await page.reload()
    await expect(page.locator(".working")).to_be_visible()
    await page.route("**/v1/conversations/cnv_1", refuse_once)
    await refused.wait()
    double.gate.set()
    await expect(page.locator(".card.flight").first).to_be_visible()
    await idle(page)


@pytest.mark.parametrize(("status", "left", "told"), [(409, 1, 1), (404, 0, 0)])
async def test_what_cannot_be_deleted_stays_and_is_told(
    page: Page, double: Double, status: int, left: int, told: int
) -> None:
    await say(page, "hello")

    async def refuse(route: Route) -> None:
        if route.request.method != "DELETE":
            await route.continue_()
            return
        if status == 404:
            double.logs.clear()
        body = orjson.dumps({"code": "conversation_busy", "status": status}).decode()
        await route.fulfill(status=status, content_type="application/problem+json", body=body)

    await page.route("**/v1/conversations/cnv_1", refuse)
    row = page.locator(".side-row").filter(has_text="hello")
    await row.hover()
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("It could not be deleted.")).to_have_count(told)
    await expect(row).to_have_count(left)


async def test_a_press_while_the_log_arrives_is_still_a_click(page: Page, double: Double) -> None:
    """The log replaces the streamed turn, and with it the button that is being pressed."""
    arrives = asyncio.Event()

    async def hold_back(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.route("**/v1/conversations/cnv_1", hold_back)
    await say(page, FLIGHT)
    await page.locator(".card.flight").nth(1).get_by_role("button", name="Choose").hover()
    await page.mouse.down()
    async with page.expect_response("**/v1/conversations/cnv_1") as log:
        arrives.set()
    await (await log.value).finished()
    await page.evaluate("() => new Promise(requestAnimationFrame)")
    await page.mouse.up()
    await expect(page.locator(".turn")).to_have_count(2)
    await idle(page)
    assert len(double.received) == 2
