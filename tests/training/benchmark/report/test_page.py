"""The report in a browser: figures, filters, traces, addresses, hostile text, phones, the dark."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.async_api import expect

from agent.events import ActProposed
from tests.training.benchmark.report.attempts import ATTACK, attempt, fault, log, proposed
from training.benchmark.report import write

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AUDIT = (Path(__file__).parents[3] / "service" / "page" / "audit.js").read_text()
CLEAN: dict[str, Any] = {"contrast": [], "nameless": [], "small": [], "doubled": [], "overflow": 0}


async def opened(page: Page, report: Path, address: str = "") -> None:
    await page.goto(report.as_uri() + address)
    await expect(page.locator("#browser")).to_have_attribute("aria-busy", "false")


async def audited(page: Page) -> dict[str, Any]:
    # Links inside sentences and cells are as high as their line (WCAG 2.2, 2.5.8: inline targets).
    found = await page.evaluate(AUDIT)
    found["small"] = [it for it in found["small"] if not it.startswith("<a")]
    return {name: found[name] for name in CLEAN}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1180, 360])
async def test_contrast_names_sizes_and_width(
    page: Page, report: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 760})
    await opened(page, report)
    await page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    assert await audited(page) == CLEAN
    await page.goto(report.as_uri() + "#/booking/t1/base/free/0")
    await expect(page.locator("#trace mark")).to_have_count(2)
    await page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    assert await audited(page) == CLEAN


async def test_answer_and_figures_stand_in_the_page(page: Page, report: Path) -> None:
    await opened(page, report)
    await expect(page.locator(".answer")).to_contain_text("grounded it hallucinates in none of 6")
    rows = page.locator(".headline tbody tr")
    await expect(rows).to_have_count(4)
    await expect(rows.first).to_contain_text("base free")
    await expect(rows.first).to_contain_text("2 of 6")
    await expect(rows.last).to_have_class("baseline")
    await expect(rows.last).to_contain_text("gold replay")


async def test_figure_opens_the_attempts_behind_it(page: Page, report: Path) -> None:
    await opened(page, report)
    free = page.locator(".headline tbody tr").first
    await free.locator("td").nth(1).get_by_role("link").click()
    await expect(page.locator("#attempt-count")).to_have_text("2 of 8 attempts")
    await expect(page.get_by_label("model")).to_have_value("base")
    await expect(page.get_by_label("fault")).to_have_value("hallucination")


FILTERED: list[tuple[dict[str, str], int]] = [
    ({"suite": "booking"}, 8),
    ({"mode": "schema"}, 2),
    ({"model": "gold replay"}, 2),
    ({"language": "de"}, 4),
    ({"category": "price"}, 4),
    ({"outcome": "solved"}, 4),
    ({"outcome": "error"}, 0),
    ({"fault": "unbacked_claim"}, 2),
    ({"fault": "none"}, 5),
    ({"mode": "free", "language": "de"}, 1),
]


async def test_filters_keep_what_they_say(page: Page, report: Path) -> None:
    await opened(page, report)
    for filters, count in FILTERED:
        for name, value in filters.items():
            await page.locator(f"#filters [name={name}]").select_option(value)
        await expect(page.locator("#attempt-count")).to_have_text(f"{count} of 8 attempts")
        await expect(page.locator("#attempt-list li")).to_have_count(count)
        await page.get_by_role("button", name="Clear").click()
        await expect(page.locator("#attempt-list li")).to_have_count(8)


async def test_text_is_searched_in_whole_traces(page: Page, report: Path) -> None:
    await opened(page, report)
    for text, count in (("off_000005", 8), ("GOLD", 2), ("t2", 4), ("nowhere", 0)):
        await page.get_by_label("text").fill(text)
        await expect(page.locator("#attempt-count")).to_have_text(f"{count} of 8 attempts")


async def test_text_with_quotes_is_found(page: Page, report: Path) -> None:
    await opened(page, report)
    await page.get_by_label("text").fill('"tier": "gold"')
    await expect(page.locator("#attempt-count")).to_have_text("2 of 8 attempts")


async def test_fault_is_marked_in_its_call_and_told_beside_it(page: Page, report: Path) -> None:
    await opened(page, report, "#/booking/t1/base/free/0")
    first = page.locator(".step.act").first
    mark = first.locator("mark")
    await expect(mark).to_have_text('"tier": "gold"1')
    await expect(mark).to_have_attribute("title", "unknown_parameter: unknown_parameter there")
    await expect(first.locator(".faults li")).to_contain_text("unknown_parameter at /tier")
    await expect(first.locator(".chip.bad")).to_have_text("refused")
    assert await page.locator(".step.act").nth(1).locator("mark").count() == 0
    await expect(page.locator(".step.reply mark")).to_have_text("Booked2")


async def test_button_of_a_fault_leads_to_its_mark(page: Page, report: Path) -> None:
    await opened(page, report, "#/booking/t1/base/free/0")
    await page.get_by_role("button", name="2 unbacked_claim").click()
    await expect(page.locator(".step.reply mark")).to_be_focused()
    await expect(page.locator(".step.reply mark")).to_be_in_viewport()


async def test_conversation_shows_every_step(page: Page, report: Path) -> None:
    await opened(page, report, "#/booking/t1/base/free/0")
    trace = page.locator("#trace")
    for text in (
        "A flight to Lisbon on 3 March",
        "Book it for €95?",
        "95.00 EUR",
        "approve",
        "409 · sold_out",
        "200 · 8 results",
        "no confirmed flight",
        "due 2, asked 1, guessed 1",
        "3600 prompt and 120 completion tokens",
    ):
        await expect(trace).to_contain_text(text)
    await trace.get_by_text("Response").first.click()
    await expect(trace.locator("details pre").first).to_contain_text("… 5 more")


async def test_addresses_open_attempts_and_go_back(page: Page, report: Path) -> None:
    await opened(page, report)
    await page.locator("#attempt-list a").nth(1).click()
    await expect(page.locator("#trace h3")).to_be_focused()
    first = page.url
    await page.get_by_role("link", name="Next").click()
    await expect(page).not_to_have_url(first)
    await page.go_back()
    await expect(page).to_have_url(first)
    await page.get_by_role("button", name="All attempts").click()
    await expect(page.locator("#trace")).to_be_hidden()


async def test_same_task_of_other_contestants_is_one_click_away(page: Page, report: Path) -> None:
    await opened(page, report, "#/booking/t1/base/free/0")
    others = page.locator(".others a")
    await expect(others).to_have_count(3)
    await others.filter(has_text="gold replay").click()
    await expect(page.locator("#trace")).to_contain_text("gold replay · grounded")


async def test_address_of_no_attempt_says_so(page: Page, report: Path) -> None:
    await opened(page, report, "#/booking/t9/base/free/0")
    await expect(page.locator("#attempt-count")).to_contain_text("not in this report")
    await expect(page.locator("#trace")).to_be_hidden()


async def test_traces_are_reached_with_the_keyboard_alone(page: Page, report: Path) -> None:
    await opened(page, report)
    await page.get_by_label("text").focus()
    await page.keyboard.type("gold")
    await expect(page.locator("#attempt-list li")).to_have_count(2)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#trace h3")).to_be_focused()


async def test_hostile_text_is_only_text(page: Page, tmp_path: Path) -> None:
    hostile = attempt(
        ATTACK,
        fault("unbacked_claim", "#0-9", proposal=2, name="finish"),
        replace(fault("ungrounded_value", "/origin"), message=ATTACK),
        contestant=ATTACK,
        mode=ATTACK,
        language=ATTACK,
        template=ATTACK,
        categories=(ATTACK,),
        suite=ATTACK,
        tools=(ATTACK,),
        events=log(proposed(ATTACK, {"origin": ATTACK, ATTACK: ATTACK}), ATTACK, ATTACK),
    )
    out = tmp_path / "hostile.html"
    write([hostile], {ATTACK: ATTACK}, out)
    await opened(page, out)
    await expect(page.locator("#attempt-list")).to_contain_text("<img src=x")
    await page.locator("#attempt-list a").click()
    await expect(page.locator(".step.user")).to_contain_text("<img src=x")
    await expect(page.locator(".step.act mark").first).to_contain_text("<img src=x")
    await expect(page.locator(".others")).to_have_count(0)
    await page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    await expect(page.locator(".settings")).to_contain_text("<img src=x")
    assert await page.locator("img").count() == 0
    assert await page.title() == "Callsign benchmark: hallucinated calls"


async def test_page_lets_no_other_script_run(page: Page, report: Path) -> None:
    await opened(page, report)
    policy = await page.locator("meta[http-equiv]").get_attribute("content")
    assert policy is not None
    assert re.search(r"default-src 'none'; script-src 'sha256-[\w+/]+=*';", policy)


async def test_browser_that_cannot_inflate_is_told(page: Page, report: Path) -> None:
    await page.add_init_script("delete window.DecompressionStream")
    await page.goto(report.as_uri())
    await expect(page.locator("#attempt-count")).to_contain_text("DecompressionStream")
    await expect(page.locator(".headline")).to_be_visible()


async def test_colours_change_at_a_click(page: Page, report: Path) -> None:
    await page.emulate_media(color_scheme="light")
    await opened(page, report)
    await page.get_by_role("button", name="Switch between light and dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.get_by_role("button", name="Switch between light and dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")


async def test_print_shows_figures_without_the_browser(page: Page, report: Path) -> None:
    await opened(page, report)
    await page.emulate_media(media="print")
    await expect(page.locator(".headline")).to_be_visible()
    await expect(page.locator("#browser")).to_be_hidden()


async def test_labels_in_the_scatter_plot_do_not_overlap_on_a_phone(
    page: Page, report: Path
) -> None:
    await page.set_viewport_size({"width": 360, "height": 760})
    await opened(page, report)
    overlaps = await page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll(".scatter .label, .scatter .level-name")]
            .map((it) => it.getBoundingClientRect());
          return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
            a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom));
        }"""
    )
    assert overlaps == []


async def test_long_list_is_shown_in_pieces(page: Page, tmp_path: Path) -> None:
    out = tmp_path / "many.html"
    broken = log(ActProposed("{"))
    write([attempt(f"t{n}", events=broken) for n in range(150)], {}, out)
    await opened(page, out)
    rows = page.locator("#attempt-list li")
    await expect(rows).to_have_count(60)
    await page.get_by_role("button", name="Show more").click()
    await expect(rows).to_have_count(120)
