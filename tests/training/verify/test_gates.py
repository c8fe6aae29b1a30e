"""What the gates let through and what they look at, beyond the bad rows."""

from __future__ import annotations

import pickle
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import orjson
import pytest

from agent.acts import act_text
from agent.engines.scripted import ScriptedEngine
from agent.events import ActProposed, CallObserved, ConversationStarted, UserMessage
from tests.training.verify.conftest import searched
from tests.training.verify.spoiling import (
    SEARCH,
    recalled,
    searched_before,
    with_events,
    with_scenario,
)
from training.annotate.mistakes import Rates
from training.annotate.practice import PracticeApis, PracticePlace
from training.records import Chain, Dropped, Instruction
from training.simulate.place import SimulatedApis, SimulatedPlace
from training.verify.ending import missed, things
from training.verify.faults import Fault
from training.verify.replay import bench
from training.verify.roundtrip import MOST_READINGS, Reader
from training.verify.stage import Verifier, VerifyStage
from training.worlds import NOW, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("row", ["de-trip-1", "tr-flight-2", "en-slots-1", "en-cancel-2"])
async def test_rows_searched_with_mistakes_pass(
    practice: PracticePlace, verifier: Verifier, row: str
):
    """A kept chain holds none of the mistakes that were made on the way to it."""
    assert isinstance(await verifier.verified(await searched(practice, row, Rates())), Chain)


async def test_a_fault_of_the_world_is_no_fault_of_the_row(
    practice: PracticePlace, verifier: Verifier, booked: Chain
):
    """A failure that the scenario asks for may stand, one by a wrong call may not."""
    lost = await searched(practice, "en-fault-lost", Rates(0, 0, 0, 0))
    assert lost.instruction.scenario.faults
    assert isinstance(await verifier.verified(lost), Chain)
    disturbed = with_scenario(booked, faults={"rates": {"unavailable": 0.5}})
    for status, reason in ((503, None), (409, None), (422, "execution/failing_call")):
        met = CallObserved("c90", ok=False, status=status, result={}, code="unavailable")
        chain = searched_before(disturbed, SEARCH, met)
        if reason is not None:
            # To say again what an API refused is a fault of its own, so this is another call.
            chain = recalled(chain, SEARCH, origin="LIS", destination="BER")
        found = await verifier.verified(chain)
        assert (found.reason if isinstance(found, Fault) else None) == reason


async def test_orders_are_read_from_the_log(
    practice: PracticePlace, earth: World, booked: Chain, verifier: Verifier
):
    end = bench(earth.catalog).replay(booked.events).end
    flights, hotels = things(end)
    assert [one["status"] for one in flights] == ["confirmed"]
    assert not hotels
    cancelled = await searched(practice, "en-cancel-2", Rates(0, 0, 0, 0))
    replay = bench(earth.catalog).replay(cancelled.events)
    assert missed(cancelled, replay.events, replay.end) is None


async def test_a_value_among_many_is_no_value(earth: World):
    def log(days: int) -> list[Any]:
        dates = ", ".join(f"{day} March 2027" for day in range(1, days + 1))
        said = f"Fly me from Berlin to Lisbon. I could go on {dates}."
        call = {"origin": "BER", "destination": "LIS", "departure_date": "2027-03-01"}
        return [
            ConversationStarted("default", NOW),
            UserMessage(said, NOW, "en"),
            ActProposed(act_text([("search_flights", call)])),
        ]

    tools = bench(earth.catalog)
    assert Reader(tools).read(tools.replay(log(MOST_READINGS)))
    fault = Reader(tools).read(tools.replay(log(MOST_READINGS + 1)))
    assert isinstance(fault, Fault)
    assert fault.reason == "round_trip/ambiguous_value"


class TestSecondPass:
    """A model that sees what the chain's agent saw decides each call once more."""

    async def test_the_same_calls_pass_however_they_are_written(
        self, practice: PracticePlace, booked: Chain
    ):
        search, book = (e.text for e in booked.events if isinstance(e, ActProposed) and _tool(e))
        engine = ScriptedEngine([search.replace('"}}', '","adults":1}}'), book])
        assert await Verifier([practice], engine).verified(booked) == booked
        engine.finish()
        first = engine.prompts[0]
        assert [message.role for message in first] == ["system", "user"]
        assert engine.grammars[0]

    async def test_other_calls_do_not(self, practice: PracticePlace, booked: Chain):
        engine = ScriptedEngine([("finish", {"topic": "help"})])
        fault = await Verifier([practice], engine).verified(booked)
        assert isinstance(fault, Fault)
        assert fault.reason == "round_trip/second_pass_differs"

    async def test_what_is_no_act_does_not(self, practice: PracticePlace, booked: Chain):
        fault = await Verifier([practice], ScriptedEngine(["Sure!"])).verified(booked)
        assert isinstance(fault, Fault)
        assert fault.reason == "round_trip/second_pass_differs"


def _tool(event: ActProposed) -> bool:
    return '"search_flights"' in event.text or '"book_flight"' in event.text


@dataclass(frozen=True)
class _Scripted:
    settings: Mapping[str, Any]

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[ScriptedEngine]:
        yield ScriptedEngine(["Sure!"])


class TestStage:
    async def test_it_opens_places_and_model(self, masked: Chain):
        stage = VerifyStage((SimulatedApis(),), _Scripted({"model": "none"}))
        async with stage.open() as worker:
            (found,) = await worker.work(masked, Random(0))
        assert isinstance(found, Dropped)
        assert found.reason == "round_trip/second_pass_differs"
        assert stage.settings["second_pass"] == {"model": "none"}

    async def test_it_pickles(self):
        stage = VerifyStage()
        again = pickle.loads(pickle.dumps(stage))
        assert again.settings == stage.settings
        assert isinstance(again.openers[0], PracticeApis)

    async def test_a_row_without_a_place_is_dropped(self, booked: Chain):
        (found,) = await Verifier([SimulatedPlace()]).work(booked, Random(0))
        assert isinstance(found, Dropped)
        assert found.reason == "format/no_place"

    async def test_an_empty_log_is_dropped(self, verifier: Verifier, booked: Chain):
        (found,) = await verifier.work(with_events(booked, ()), Random(0))
        assert isinstance(found, Dropped)
        assert found.reason == "format/truncated_log"

    async def test_a_narrowed_offer_is_what_counts(self, practice: PracticePlace, booked: Chain):
        """Tools that are not on offer are unknown, although their API has them."""
        row = booked.instruction
        narrow: Instruction = replace(row, tools=("search_flights", "get_flight_offer"))
        (found,) = await Verifier([practice]).work(replace(booked, instruction=narrow), Random(0))
        assert isinstance(found, Dropped)
        assert found.reason == "format/not_folding"


class TestWriting:
    """Kept acts stand as grounded decoding writes them, so training teaches what can be served."""

    async def test_what_was_just_said_is_written_first(self, earth: World):
        tools = bench(earth.catalog)
        call = {"origin": "BER", "destination": "LIS", "departure_date": "2027-03-01"}
        schema_order = {**call, "return_date": "2027-03-09", "cabin_class": "business"}
        events = [
            ConversationStarted("default", NOW),
            UserMessage("From Berlin to Lisbon on 1 March 2027, back on 9 March 2027.", NOW, "en"),
            UserMessage("In business class, please.", NOW, "en"),
            ActProposed(act_text([("search_flights", schema_order)])),
        ]
        (text,) = Reader(tools).read(tools.replay(events))
        assert list(orjson.loads(text)["arguments"])[-2:] == ["cabin_class", "return_date"]
        assert orjson.loads(text)["arguments"] == schema_order
        events[-1] = ActProposed(text)
        assert Reader(tools).read(tools.replay(events)) == (text,)

    async def test_no_order_helps_a_value_that_was_not_meant(self, earth: World):
        tools = bench(earth.catalog)
        call = {"origin": "LIS", "destination": "BER", "departure_date": "2027-03-01"}
        events = [
            ConversationStarted("default", NOW),
            UserMessage("From Berlin to Lisbon on 1 March 2027.", NOW, "en"),
            ActProposed(act_text([("search_flights", call)])),
        ]
        fault = Reader(tools).read(tools.replay(events))
        assert isinstance(fault, Fault)
        assert fault.reason == "round_trip/not_derivable"
