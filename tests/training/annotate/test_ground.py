"""Worlds of branches: made late, parted by writes, gone at the end; calls answered once."""

from __future__ import annotations

from typing import Any

import pytest

from tools.outcome import Failure, Success
from training.annotate.ground import Ground
from training.annotate.hands import Hands, Ledger
from training.annotate.practice import PracticePlace
from training.records import Instruction
from training.scenarios.scenario import Scenario
from training.worlds import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEARCH = {"origin": "BER", "destination": "LIS", "departure_date": "2027-03-03"}


def instruction(scenario: Scenario, *apis: str) -> Instruction:
    return Instruction(scenario.id, scenario, apis)


def order(offer: str) -> dict[str, Any]:
    person = {"given_name": "Ada", "family_name": "Byron", "born_on": "1990-12-10"}
    return {"offer_id": offer, "passengers": [person], "contact_email": "ada@example.com"}


async def searched(hands: Hands, world: World, **more: Any) -> list[str]:
    outcome = await hands.execute(world.catalog.get("search_flights"), {**SEARCH, **more})
    assert isinstance(outcome, Success)
    return [offer["offer_id"] for offer in outcome.body["data"]]


async def booked(hands: Hands, world: World, offer: str) -> Any:
    write = world.catalog.get("book_flight")
    outcome = await hands.execute(write, order(offer), idempotency_key="k1")
    assert isinstance(outcome, Success)
    return outcome.body


@pytest.fixture
def flight(scenarios: dict[str, Scenario]) -> Instruction:
    return instruction(scenarios["en-flight-1"], "flights", "hotels")


async def test_a_sandbox_is_made_when_it_is_needed_and_gone_at_the_end(
    flight: Instruction, earth: World
):
    async with PracticePlace(earth, cleared_at_once=1).row(flight) as rows:
        name = await rows.pristine("flights")
        fork = await rows.fork("flights", name)
        flights, hotels = (earth.apis[api].base_url for api in ("flights", "hotels"))
        urls = [f"{flights}/sandboxes/{name}", f"{flights}/sandboxes/{fork}"]
        assert [(await earth.client.get(url)).status_code for url in urls] == [200, 200]
        assert (await earth.client.get(f"{hotels}/sandboxes/{name}")).status_code == 404
    assert [(await earth.client.get(url)).status_code for url in urls] == [404, 404]


async def test_sandboxes_of_several_rows_are_forgotten_together(flight: Instruction, earth: World):
    place, urls = PracticePlace(earth, cleared_at_once=3), list[str]()
    flights = earth.apis["flights"].base_url
    for expected in ([200, 200], [404, 404, 404, 404]):
        async with place.row(flight) as rows:
            name = await rows.pristine("flights")
            names = name, await rows.fork("flights", name)
            urls += [f"{flights}/sandboxes/{one}" for one in names]
        assert [(await earth.client.get(url)).status_code for url in urls] == expected


async def test_what_a_fork_books_nobody_else_sees(
    practice: PracticePlace, flight: Instruction, earth: World
):
    async with practice.row(flight) as rows:
        trunk = Ground(rows)
        offers = await searched(Hands(trunk, Ledger()), earth)
        branch = await trunk.fork(["flights"])
        made = await booked(Hands(branch, Ledger()), earth, offers[0])
        assert [one["order_id"] for one in (await branch.things())[0]] == [made["order_id"]]
        assert await trunk.things() == ((), ())


async def test_an_answered_read_is_not_executed_again_in_the_same_world(
    practice: PracticePlace, flight: Instruction, earth: World
):
    async with practice.row(flight) as rows:
        ledger, ground = Ledger(), Ground(rows)
        first = await searched(Hands(ground, ledger), earth)
        again = await searched(Hands(ground, ledger), earth, adults=1)
        assert first == again
        assert (ledger.calls, ledger.reused, ledger.repeated) == (1, 1, 0)


async def test_after_a_write_the_world_is_asked_anew(
    practice: PracticePlace, flight: Instruction, earth: World
):
    async with practice.row(flight) as rows:
        ledger, trunk = Ledger(), Ground(rows)
        offers = await searched(Hands(trunk, ledger), earth)
        hands = Hands(await trunk.fork(["flights"]), ledger)
        await booked(hands, earth, offers[0])
        await searched(hands, earth)
        assert (ledger.calls, ledger.reused) == (3, 0)


async def test_the_same_write_in_the_same_world_leads_to_the_same_world(
    practice: PracticePlace, flight: Instruction, earth: World
):
    async with practice.row(flight) as rows:
        ledger, trunk = Ledger(), Ground(rows)
        offers = await searched(Hands(trunk, ledger), earth)
        one, other = await trunk.fork(["flights"]), await trunk.fork(["flights"])
        first = await booked(Hands(one, ledger), earth, offers[0])
        second = await booked(Hands(other, ledger), earth, offers[0])
        assert first == second
        assert (ledger.calls, ledger.repeated) == (2, 0)
        assert one.own == other.own
        assert await one.things() == await other.things()


async def test_without_reuse_a_repetition_is_executed_and_counted(
    practice: PracticePlace, flight: Instruction, earth: World
):
    async with practice.row(flight) as rows:
        ledger, ground = Ledger(reuse=False), Ground(rows)
        await searched(Hands(ground, ledger), earth)
        await searched(Hands(ground, ledger), earth)
        assert (ledger.calls, ledger.repeated) == (2, 1)


async def test_a_failure_that_names_its_request_reads_the_same_each_time(
    practice: PracticePlace, flight: Instruction, earth: World
):
    async with practice.row(flight) as rows:
        hands = Hands(Ground(rows), Ledger())
        outcome = await hands.execute(earth.catalog.get("get_flight_offer"), {"offer_id": "off_x"})
        assert isinstance(outcome, Failure)
        assert outcome.code == "not_found"
        assert "request_id" not in outcome.problem


async def test_tools_are_those_of_the_instruction(
    practice: PracticePlace, flight: Instruction, earth: World
):
    assert practice.catalog(flight) is earth.catalog
    hotels = practice.catalog(Instruction("h", flight.scenario, ("hotels",)))
    assert {tool.api for tool in hotels} == {"hotels"}
    assert hotels is practice.catalog(Instruction("h2", flight.scenario, ("hotels",)))
    assert not practice.serves(Instruction("x", flight.scenario, ("weather",)))
