"""Every planted fault is found at its pointer, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, get_args

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.acts import act_text
from agent.events import ActProposed, ConversationStarted, Replied, TurnEnded, UserMessage
from agent.reply.claims import Claim
from tests.agent.bench import FIND, WISH, Bench
from tests.agent.shop import NOW
from tests.training.benchmark.conftest import Replays
from tools.catalog import Catalog
from training.benchmark.holdings import Holdings
from training.benchmark.injector import PLANTS, Measured, compare, measure, plant, plant_by
from training.benchmark.judge import Judge
from training.benchmark.plants.trace import Trace
from training.benchmark.records import FaultCode

CODES: tuple[FaultCode, ...] = tuple(PLANTS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def traces(replays: Replays, travel_judge: Judge) -> Sequence[tuple[str, Trace]]:
    return [(scenario.id, Trace(events, travel_judge)) for scenario, events in replays]


def wrong(measured: Measured) -> list[Any]:
    return [(name, planted.plant, *rest) for name, planted, *rest in measured.wrong]


def test_every_code_of_the_records_can_be_planted():
    rejections, claims = get_args(FaultCode)
    assert set(CODES) == {*get_args(rejections), *get_args(claims)}


@pytest.mark.asyncio(loop_scope="session")
async def test_all_that_was_planted_is_found_and_nothing_else(
    traces: Sequence[tuple[str, Trace]], travel_judge: Judge
):
    measured = measure(traces, travel_judge, seeds=[0])
    assert wrong(measured) == []
    assert {way.__name__ for ways in PLANTS.values() for way in ways} == set(measured.plants)
    for code, found in measured.codes.items():
        assert found.planted >= 10, code
        assert (found.precision, found.recall) == (1.0, 1.0), code


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_code_in_any_trace_with_any_seed(
    traces: Sequence[tuple[str, Trace]], travel_judge: Judge, data: st.DataObject
):
    name, trace = data.draw(st.sampled_from(list(traces)))
    code = data.draw(st.sampled_from(CODES))
    planted = plant(trace, code, Random(data.draw(st.integers())))
    if planted is not None:
        assert code in {fault.code for fault in planted.expected}
        assert compare(planted, travel_judge) == ([], []), (name, planted.plant)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_same_seed_plants_the_same(traces: Sequence[tuple[str, Trace]]):
    _, trace = traces[0]
    for way in (way for ways in PLANTS.values() for way in ways):
        assert plant_by(way, trace, Random(7)) == plant_by(way, trace, Random(7))


@pytest.mark.asyncio(loop_scope="session")
async def test_one_change_is_all_that_is_made(traces: Sequence[tuple[str, Trace]]):
    _, trace = traces[0]
    for code in CODES:
        planted = plant(trace, code, Random(3))
        assert planted is not None
        changed = [n for n, e in enumerate(planted.events) if e != trace.events[n]]
        assert len(planted.events) == len(trace.events)
        # An expired id is shown by every result that held it.
        assert len(changed) == 1 or planted.plant == "expired_id"


class TestJudgesThatAreWrong:
    """The measure tells a bad judge from a good one."""

    @pytest.mark.asyncio(loop_scope="session")
    async def test_one_that_sees_nothing_has_no_recall(
        self, traces: Sequence[tuple[str, Trace]], travel_judge: Judge
    ):
        class Blind(Judge):
            def judge(self, events: Any) -> Any:
                return [replace(one, faults=()) for one in super().judge(events)]

        blind = Blind(tuple(tool for tool in travel_judge.acts.values() if tool.api != "callsign"))
        measured = measure(traces[:1], blind, seeds=[0])
        assert all(found.recall == 0 for found in measured.codes.values() if found.planted)
        assert measured.wrong

    @pytest.mark.asyncio(loop_scope="session")
    async def test_one_that_calls_everything_a_claim_has_no_precision(
        self,
        traces: Sequence[tuple[str, Trace]],
        travel_judge: Judge,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def slander(self: Holdings, text: str, state: Any) -> list[Claim]:
            return [Claim("number", text[:1], 0, 1)]

        monkeypatch.setattr(Holdings, "unbacked", slander)
        measured = measure(traces[:1], travel_judge, seeds=[0])
        assert measured.codes["unbacked_claim"].precision < 0.5
        assert measured.codes["unknown_tool"].precision == 1.0


def test_faults_are_planted_into_single_decisions_as_well():
    catalog: Catalog = Bench().catalog
    judge = Judge(catalog.specs, ("ask_user", "decline"))
    call = [
        ConversationStarted("", NOW),
        UserMessage(WISH, NOW, "en"),
        ActProposed(act_text([FIND])),
        TurnEnded("replied"),
    ]
    question = [
        *call[:2],
        ActProposed(act_text([("ask_user", {"about": ["contact_email"]})])),
        Replied("ask_user", {}, "Which address?", "en"),
        call[3],
    ]
    both = [("call", Trace(call, judge)), ("question", Trace(question, judge))]
    measured = measure(both, judge, seeds=range(20))
    assert wrong(measured) == []
    placed = {code for code, found in measured.codes.items() if found.planted}
    # Nothing is executed, nothing written, and no id of a result stands in a single decision.
    assert set(CODES) - placed == {"unapproved_write", "foreign_id"}
