"""Attempts at conversations, against the practice APIs: what is counted, and against what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import training.scenarios
from agent.engines.base import Completion, Engine, Message, Mode, Sampling
from agent.options import Options
from tools.errors import BenchmarkDataMissing, BenchmarkError
from training.benchmark.records import Result
from training.benchmark.suite import Attempt, Baseline
from training.benchmark.suites import open_suites
from training.benchmark.suites.booking import (
    BookingSuite,
    BookingTable,
    booking_suite,
    suite_from,
)
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Call, Scenario, encode_scenario, read_scenarios
from training.worlds import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEVELOPMENT = Path(training.scenarios.__file__).parent / "development.jsonl"
SCENARIOS = {one.id: one for one in read_scenarios(DEVELOPMENT)}
FLIGHT, CANCELLED = SCENARIOS["en-flight-1"], SCENARIOS["en-cancel-1"]
OUTSIDE, LACKING = SCENARIOS["en-scope-1"], SCENARIOS["en-slots-1"]


@pytest.fixture
def table(earth: World) -> BookingTable:
    return BookingTable("development", SCENARIOS, earth)


def suite() -> BookingSuite:
    return BookingSuite("development", [FLIGHT, CANCELLED, OUTSIDE, LACKING])


def attempt(
    scenario: Scenario, engine: Engine, mode: Mode = "grounded", *, untuned: bool = False
) -> Attempt:
    task = next(one for one in suite().tasks if one.id == scenario.id)
    return Attempt(task, "someone", engine, Options(mode=mode), untuned=untuned)


async def played(table: BookingTable, scenario: Scenario, baseline: Baseline) -> Result:
    engine, mode = suite().baseline(baseline, attempt(scenario, GoldEngine(())).task)
    return await table.play(replace(attempt(scenario, engine, mode), contestant=baseline))


class Listening:
    """Plays what another engine plays, and keeps the prompts."""

    name = "listening"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.heard: list[tuple[Sequence[Message], Sampling]] = []

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        self.heard.append((prompt, sampling))
        said = await self.engine.propose(prompt, grammar, sampling)
        return replace(said, prompt_tokens=10, completion_tokens=2, seconds=0.5)

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize("scenario", [FLIGHT, CANCELLED, OUTSIDE], ids=lambda one: one.id)
async def test_gold_replay_solves_without_a_fault(table: BookingTable, scenario: Scenario) -> None:
    result = await played(table, scenario, "gold replay")
    assert result.solved, (result.error, result.unsolved)
    assert (result.faults, result.missed, result.surplus) == ((), (), ())
    assert result.mode == "grounded"
    assert result.cost.acts == len(result.proposals) == len(scenario.gold)


@pytest.mark.parametrize("baseline", ["do nothing", "always ask"])
async def test_who_does_nothing_calls_nothing_and_books_nothing(
    table: BookingTable, baseline: Baseline
) -> None:
    result = await played(table, FLIGHT, baseline)
    assert not result.solved
    assert {one.kind for one in result.proposals} == {"abstained"}
    assert (result.faults, result.error, result.surplus) == ((), "", ())
    assert [call.split()[0] for call in result.missed] == ["book_flight", "search_flights"]


async def test_to_decline_is_right_where_nothing_else_is(table: BookingTable) -> None:
    assert (await played(table, OUTSIDE, "do nothing")).solved
    assert not (await played(table, OUTSIDE, "always ask")).solved


async def test_ids_of_the_gold_chain_are_those_of_every_other_world(table: BookingTable) -> None:
    """The gold chain was played in another sandbox; its calls hold ids of bookings made there."""
    result = await table.play(attempt(CANCELLED, GoldEngine(CANCELLED.gold), "free"))
    assert (result.missed, result.surplus) == ((), ())
    [confirmed] = [one for one in result.proposals if "confirm" in "".join(one.calls)]
    assert confirmed.kind == "called"


async def test_a_call_that_the_gold_chain_does_not_hold_is_surplus(table: BookingTable) -> None:
    extra = (Call("find_places", {"query": "Lisbon"}),)
    result = await table.play(attempt(FLIGHT, GoldEngine((extra, *FLIGHT.gold))))
    assert result.solved
    assert result.surplus == ('find_places {"query":"Lisbon"}',)
    assert result.missed == ()


async def test_what_the_turn_reads_by_itself_is_no_surplus(table: BookingTable) -> None:
    result = await played(table, FLIGHT, "gold replay")
    assert result.cost.executed_calls == len(["search", "price read afresh", "book"])


async def test_costs_are_summed_over_the_acts(table: BookingTable) -> None:
    engine = Listening(GoldEngine(FLIGHT.gold))
    cost = (await table.play(attempt(FLIGHT, engine))).cost
    acts = len(FLIGHT.gold)
    assert (cost.acts, cost.prompt_tokens, cost.completion_tokens) == (acts, 10 * acts, 2 * acts)
    assert cost.seconds == pytest.approx(0.5 * acts)
    assert cost.turns == 3


async def test_only_an_untuned_model_is_shown_an_example(table: BookingTable) -> None:
    lengths: list[int] = []
    for untuned in (False, True):
        engine = Listening(GoldEngine(FLIGHT.gold))
        await table.play(attempt(FLIGHT, engine, untuned=untuned))
        prompt, sampling = engine.heard[0]
        lengths.append(len(prompt))
        assert bool(sampling.calibration) == untuned
    assert lengths[0] == 2 < lengths[1]


async def test_an_engine_that_fails_ends_the_attempt_with_its_error(table: BookingTable) -> None:
    result = await table.play(attempt(FLIGHT, GoldEngine(FLIGHT.gold[:1])))
    assert not result.solved
    assert result.error.startswith("EngineRefused")
    assert result.events


async def test_a_scenario_whose_gold_cannot_be_played_is_named(earth: World) -> None:
    broken = replace(FLIGHT, gold=FLIGHT.gold[:1])
    table = BookingTable("broken", {FLIGHT.id: broken}, earth)
    with pytest.raises(BenchmarkError, match="the gold of en-flight-1 cannot be played"):
        await played(table, broken, "do nothing")


async def test_a_question_is_counted_where_a_value_is_missing(table: BookingTable) -> None:
    gold = await table.play(attempt(LACKING, GoldEngine(LACKING.gold)))
    assert gold.asking.due == gold.asking.asked > 0
    assert gold.asking.guessed == 0


async def test_what_ships_can_be_opened_by_name() -> None:
    booking, development = open_suites(["booking", "development", "booking"])
    assert (booking.name, development.name) == ("booking", "development")
    assert len(booking.tasks) >= 200
    assert booking.digest == booking_suite().digest != development.digest
    assert all(task.categories and task.language for task in booking.tasks)


async def test_a_file_of_scenarios_is_a_suite(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_bytes(encode_scenario(FLIGHT) + b"\n")
    [mine] = open_suites([str(file)])
    assert (mine.name, [task.id for task in mine.tasks]) == ("mine", ["en-flight-1"])
    before = mine.digest
    file.write_bytes(encode_scenario(replace(FLIGHT, seed=1)) + b"\n")
    assert suite_from(file).digest != before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"id":"x"}\n', "no scenario: template"),
        (encode_scenario(FLIGHT) + b"\n" + encode_scenario(FLIGHT), "the same id"),
        (None, "cannot be read"),
    ],
)
async def test_a_file_that_is_none_says_why(tmp_path: Path, text: bytes | None, why: str) -> None:
    file = tmp_path / "mine.jsonl"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(BenchmarkDataMissing, match=why):
        open_suites([str(file)])


async def test_names_that_are_none_are_answered_with_those_there_are() -> None:
    with pytest.raises(BenchmarkError, match="booking, development, bfcl, openapi"):
        open_suites(["bookings"])


async def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.jsonl").write_bytes(encode_scenario(FLIGHT))
    with pytest.raises(BenchmarkError, match="called mine"):
        open_suites([str(tmp_path / folder / "mine.jsonl") for folder in ("a", "b")])
