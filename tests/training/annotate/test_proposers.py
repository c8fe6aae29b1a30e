"""Who proposes: planners that err on purpose, and engines under sampling."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from agent.engines.base import Completion
from agent.engines.scripted import ScriptedEngine
from agent.offer import offer
from training.annotate.mistakes import Rates
from training.annotate.planner import Planner
from training.annotate.practice import PracticePlace
from training.annotate.proposing import (
    GIVE_UP,
    Deed,
    EngineProposer,
    GaveUp,
    Situation,
    Tried,
)
from training.annotate.search import Budget
from training.annotate.stage import annotate
from training.annotate.strategies import Careful
from training.records import Instruction
from training.scenarios.scenario import Scenario
from training.worlds import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEARCH = (
    '{"name":"search_flights","arguments":'
    '{"origin":"BER","destination":"LIS","departure_date":"2027-03-03"}}'
)
DONE = '{"name":"finish","arguments":{"topic":"done"}}'


@pytest.fixture
def start(earth: World, scenarios: dict[str, Scenario]) -> Situation:
    """The first decision of a conversation."""
    acts = offer(earth.catalog)
    scenario = scenarios["en-flight-1"]
    return Situation(scenario, acts, acts.fold.replay(()), (), (), 0, seed=7)


async def text(planner: Planner, situation: Situation) -> str:
    proposed = await planner.propose(situation)
    assert isinstance(proposed, Completion)
    return proposed.text


async def test_a_planner_without_mistakes_plays_the_gold(start: Situation):
    assert await text(Planner(Rates(0, 0, 0, 0)), start) == SEARCH


async def test_the_same_decision_falls_the_same_way_and_another_seed_another_way(start: Situation):
    often = Rates(0.0, 0.5, 0.3, 0.2)
    seeds = [replace(start, seed=seed) for seed in range(12)]
    first = [await text(Planner(often), one) for one in seeds]
    assert first == [await text(Planner(often), one) for one in seeds]
    assert len(set(first)) > 6
    assert SEARCH not in first


async def test_who_repeats_says_what_was_tried_here(start: Situation):
    tried = replace(start, tried=(Tried(DONE, "dead_end"),))
    assert await text(Planner(Rates(1, 0, 0, 0)), tried) == DONE


async def test_rates_are_what_they_say(start: Situation):
    planner = Planner(Rates(repeat=0.0, value=0.1, tool=0.1, close=0.1))
    drawn = [await text(planner, replace(start, seed=seed)) for seed in range(600)]
    assert 0.24 < 1 - drawn.count(SEARCH) / 600 < 0.36
    closed = sum('"finish"' in one or '"decline"' in one for one in drawn) / 600
    assert 0.06 < closed < 0.15


async def test_on_a_wrong_path_it_gives_up_as_soon_as_it_notices(start: Situation):
    sure = Rates(0, 0, 0, 0)
    strayed = replace(start, path=(Deed(DONE, carried_out=True, left=False),))
    planner = Planner(sure)
    await planner.propose(start)
    assert await planner.propose(strayed) == GaveUp()
    blind = Planner(sure, notice=0.0)
    await blind.propose(start)
    assert await text(blind, strayed) == SEARCH


async def test_an_act_that_failed_leaves_it_on_its_way(start: Situation):
    planner = Planner(Rates(0, 0, 0, 0))
    await planner.propose(start)
    for failed in (Deed(DONE, carried_out=False, left=False), Deed(SEARCH, carried_out=False)):
        assert await text(planner, replace(start, path=(failed,))) == SEARCH


@pytest.mark.parametrize("name", ["en-flight-1", "tr-hotel-1", "en-cancel-1", "en-slots-1"])
async def test_a_planner_that_errs_gets_there_in_a_search(
    name: str, practice: PracticePlace, scenarios: dict[str, Scenario]
):
    scenario = scenarios[name]
    row = Instruction(scenario.id, scenario, ("flights", "hotels"))
    often = Rates(0.14, 0.2, 0.1, 0.1)
    chain = await annotate(row, practice, Planner(often), (Careful(), Budget()), seed=2)
    assert chain.solved
    played = [event.text for event in chain.events if event.type == "act_proposed"]
    calls = [[orjson.loads(line)["name"] for line in act.split("\n")] for act in played]
    assert calls == [[call.name for call in act] for act in scenario.gold]


async def test_a_wrong_goodbye_after_a_right_booking_is_no_end(
    practice: PracticePlace, scenarios: dict[str, Scenario]
):
    booked = replace(
        scenarios["en-flight-1"], goal=replace(scenarios["en-flight-1"].goal, closes=())
    )
    row = Instruction(booked.id, booked, ("flights", "hotels"))
    closing = Rates(0, 0, 0, close=0.5)
    ends = set[str]()
    for exact in (True, False):
        for seed in range(8):
            planner = Planner(closing, exact=exact)
            chain = await annotate(row, practice, planner, (Careful(), Budget()), seed)
            assert chain.solved
            last = [event.act for event in chain.events if event.type == "replied"][-1]
            assert last == "finish" or not exact
            ends.add(last)
    assert ends == {"finish", "decline"}


class Sampled(ScriptedEngine):
    """Notes how it was asked."""

    async def propose(self, prompt, grammar, sampling):  # type: ignore[no-untyped-def]
        self.asked = sampling
        completion = await super().propose(prompt, grammar, sampling)
        return replace(completion, seconds=1.5)


async def in_conversation(start: Situation, practice: PracticePlace) -> Situation:
    """The situation after the person's first message."""
    seen: list[Situation] = []

    class Listener:
        async def propose(self, situation: Situation) -> Completion | GaveUp:
            seen.append(situation)
            return GaveUp()

        def content(self, situation: Situation) -> bool:
            return True

    row = Instruction("r", start.scenario, ("flights", "hotels"))
    await annotate(row, practice, Listener(), (Careful(), Budget()), seed=1)
    return seen[0]


async def test_an_engine_reads_the_conversation_and_then_what_was_tried(
    start: Situation, practice: PracticePlace
):
    situation = await in_conversation(start, practice)
    engine = Sampled([SEARCH])
    tried = replace(situation, tried=(Tried(DONE, "dead_end", "nothing was booked"),))
    proposed = await EngineProposer(engine).propose(tried)
    assert proposed == Completion(SEARCH)  # without the seconds that it took
    (prompt,) = engine.prompts
    assert prompt[: 1 + len(situation.state.prompt)] == (
        situation.offer.opening,
        *situation.state.prompt,
    )
    assert f"{DONE} -> nothing was booked" in prompt[-1].content
    assert "start:" in (engine.grammars[0] or "")


async def test_every_sample_of_an_engine_has_its_own_seed(
    start: Situation, practice: PracticePlace
):
    situation = await in_conversation(start, practice)
    engine = Sampled([SEARCH, SEARCH, SEARCH])
    proposer, seeds = EngineProposer(engine, "free", temperature=0.5), list[int]()
    for asked in (0, 1, 0):
        await proposer.propose(replace(situation, asked=asked))
        seeds.append(engine.asked.seed)
    assert seeds[0] == seeds[2] != seeds[1]
    assert engine.asked.temperature == 0.5
    assert engine.grammars == [None, None, None]


async def test_an_engine_may_give_up(start: Situation, practice: PracticePlace):
    situation = await in_conversation(start, practice)
    assert await EngineProposer(Sampled([GIVE_UP]), "free").propose(situation) == GaveUp()
