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
async def traces(replays: Replays, travel_judge: Judge) -> Sequence[Trace]:
    return [Trace(scenario.id, events, travel_judge) for scenario, events in replays]


def test_every_code_of_the_records_can_be_planted():
    rejections, claims = get_args(FaultCode)
    assert set(CODES) == {*get_args(rejections), *get_args(claims)}


@pytest.mark.asyncio(loop_scope="session")
async def test_all_that_was_planted_is_found_and_nothing_else(
    traces: Sequence[Trace], travel_judge: Judge
):
    measured = measure(traces[::2], seeds=[0])
    assert measured.wrong == []
    assert {way.__name__ for ways in PLANTS.values() for way in ways} == set(measured.plants)
    for code, found in measured.codes.items():
        assert found.planted >= 8, code
        assert (found.precision, found.recall) == (1.0, 1.0), code


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_code_in_any_trace_with_any_seed(
    traces: Sequence[Trace], travel_judge: Judge, data: st.DataObject
):
    trace = data.draw(st.sampled_from(list(traces)))
    code = data.draw(st.sampled_from(CODES))
    planted = plant(trace, code, Random(data.draw(st.integers())))
    if planted is not None:
        assert code in {fault.code for fault in planted.expected}
        assert compare(planted, trace.judge) == ([], []), (trace.name, planted.plant)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_same_seed_plants_the_same(traces: Sequence[Trace]):
    trace = traces[0]
    for way in (way for ways in PLANTS.values() for way in ways):
        assert plant_by(way, trace, Random(7)) == plant_by(way, trace, Random(7))


@pytest.mark.asyncio(loop_scope="session")
async def test_one_change_is_all_that_is_made(traces: Sequence[Trace]):
    trace = traces[0]
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
        self, traces: Sequence[Trace], travel_judge: Judge
    ):
        class Blind(Judge):
            def judge(self, events: Any) -> Any:
                return [replace(one, faults=()) for one in super().judge(events)]

        blind = Blind(tuple(tool for tool in travel_judge.acts.values() if tool.api != "callsign"))
        measured = Measured()
        measured.add(Trace("", traces[0].events, blind), seeds=[0])
        assert all(found.recall == 0 for found in measured.codes.values() if found.planted)
        assert measured.wrong

    @pytest.mark.asyncio(loop_scope="session")
    async def test_one_that_calls_everything_a_claim_has_no_precision(
        self,
        traces: Sequence[Trace],
        travel_judge: Judge,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def slander(self: Holdings, text: str, state: Any) -> list[Claim]:
            return [Claim("number", text[:1], 0, 1)]

        planted = plant_by(PLANTS["unknown_tool"][0], traces[0], Random(0))
        assert planted is not None
        monkeypatch.setattr(Holdings, "unbacked", slander)
        missed, extra = compare(planted, traces[0].judge)
        assert missed == []
        assert {code for code, *_ in extra} == {"unbacked_claim"}


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
    both = [Trace("call", call, judge), Trace("question", question, judge)]
    measured = measure(both, seeds=range(20))
    assert measured.wrong == []
    placed = {code for code, found in measured.codes.items() if found.planted}
    # Nothing is executed, nothing written, and no id of a result stands in a single decision.
    assert set(CODES) - placed == {"unapproved_write", "foreign_id"}
