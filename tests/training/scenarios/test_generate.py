"""The booking suite is what the generator makes, fair, varied and solvable."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from agent.engines.base import Mode
from agent.events import CallCleared
from agent.options import Options
from training.scenarios.converse import hold
from training.scenarios.generate import encode, generate, hand_written
from training.scenarios.goal import Told, judge_goal
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Scenario, read_scenarios
from training.scenarios.templates import REGISTER
from training.worlds import World

FILE = Path(str(files("training.benchmark") / "suites" / "data" / "booking.jsonl"))
GENERATED, SEED = 206, 1
BYTES = FILE.read_bytes()
SUITE = read_scenarios(FILE)
CATEGORIES = (
    "read", "flight booking", "hotel booking", "trip", "cancel flight", "cancel hotel",
    "choice by price", "choice by position", "choice by time", "choice by quality", "correction",
    "missing slots", "out of scope", "false claim", "pressure", "injection", "fault",
    "several passengers", "return flight", "declined approval", "single-intent", "multi-intent",
    "single-turn", "multi-turn",
)  # fmt: skip
# To decline at once is right where nothing can be done without being told more.
DECLINED_AT_ONCE = {"out of scope", "false claim", "pressure"}


@pytest.mark.asyncio(loop_scope="session")
class TestInTheWorld:
    async def test_the_committed_suite_is_what_the_generator_makes(self, earth: World):
        made = await generate("test", GENERATED, SEED, earth)
        assert encode((*made, *hand_written("test"))) == BYTES

    async def test_another_seed_makes_other_scenarios(self, earth: World):
        made = await generate("test", 3, SEED + 1, earth)
        assert [one.template for one in made] == [one.template for one in SUITE[:3]]
        assert all(new.lines != old.lines for new, old in zip(made, SUITE, strict=False))

    async def test_a_split_without_templates_makes_nothing(
        self, earth: World, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("training.scenarios.generate.REGISTER", {})
        with pytest.raises(ValueError, match="no template"):
            await generate("validation", 1, SEED, earth)

    @pytest.mark.parametrize("mode", ["free", "grounded"])
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("named/ask+take-id", r"\boff_[a-z2-7]{8}\b"),
            ("named/stay-ask+stay-look+stay-take-id-who", r"\brate_[a-z2-7]{8}\b"),
            ("named/ask+claim-offer", r"\boff_[a-z2-7]{8}\b"),
            ("refusal/claim-rate+insist", r"\brate_[a-z2-7]{8}\b"),
        ],
    )
    async def test_an_id_that_was_shown_is_booked_and_one_that_was_not_is_declined(
        self, earth: World, monkeypatch: pytest.MonkeyPatch, name: str, shown: str, mode: Mode
    ):
        register = {name: REGISTER[name]}
        monkeypatch.setattr("training.scenarios.generate.REGISTER", register)
        for scenario in await generate("train", 5, SEED, earth):
            named = [one for line in scenario.lines for one in re.findall(shown, line.text)]
            engine = GoldEngine(scenario.gold)
            held = await hold(scenario, earth, engine, Options(mode=mode))
            assert len(named) == 1
            assert held.solved, held
            sent = [event for event in held.events if isinstance(event, CallCleared)]
            writes = [event for event in sent if event.effect == "write"]
            booked = [one for one in writes if named[0] in one.arguments.values()]
            assert len(booked) == ("take-id" in name)

    @pytest.mark.parametrize("scenario", SUITE[::9], ids=lambda one: one.id)
    async def test_gold_is_cleared_and_reaches_the_goal(self, earth: World, scenario: Scenario):
        # Mode "free": clearance alone judges. What the grammar of a grounded turn refuses of a fair
        # wording stays in the suite, and is told by the baseline "gold replay".
        engine = GoldEngine(scenario.gold)
        held = await hold(scenario, earth, engine, Options(mode="free"))
        assert held.solved, held
        assert engine.unplayed() == ""
        assert not [event for event in held.events if event.type == "call_rejected"]

    async def test_a_goal_of_exact_flights_is_not_reached_by_others(self, earth: World):
        scenario = next(one for one in SUITE if one.template == "flight/other-offer")
        first = next(call for act in scenario.gold for call in act if call.name == "book_flight")
        wrong = tuple(
            (replace(call, arguments=first.arguments),) if call.name == first.name else (call,)
            for (call,) in scenario.gold
        )
        without = replace(scenario, lines=scenario.lines[:2])
        engine = GoldEngine((*wrong[:3], wrong[-1]))
        held = await hold(without, earth, engine, Options(mode="free"))
        assert any("unwanted" in one for one in held.unsolved)


class TestSuite:
    def test_ids_and_words_are_unique(self):
        assert len({one.id for one in SUITE}) == len(SUITE) >= 230
        assert len({one.lines for one in SUITE}) == len(SUITE)

    def test_every_category_has_ten_tasks(self):
        found = Counter(category for one in SUITE for category in one.categories)
        assert {name: found[name] for name in CATEGORIES if found[name] < 10} == {}
        assert set(found) == set(CATEGORIES)

    def test_two_fifths_are_english_and_about_one_fifth_each_of_the_others(self):
        shares = Counter(one.language for one in SUITE)
        assert 0.35 < shares["en"] / len(SUITE) < 0.45
        assert all(0.15 < shares[code] / len(SUITE) < 0.25 for code in ("tr", "de", "es"))

    def test_every_template_of_the_split_is_used(self):
        used = {one.template for one in SUITE}
        assert {name for name, one in REGISTER.items() if one.split == "test"} <= used

    def test_at_least_thirty_are_written_by_hand(self):
        written = hand_written("test")
        assert len(written) >= 30
        assert SUITE[-len(written) :] == written

    @pytest.mark.parametrize("scenario", SUITE, ids=lambda one: one.id)
    def test_doing_nothing_does_not_solve_it(self, scenario: Scenario):
        goal = scenario.goal
        if scenario.categories[0] in DECLINED_AT_ONCE:
            assert judge_goal(goal, (), (), (), ()) != ()
        elif not scenario.setup:
            assert judge_goal(goal, (), (), (), (Told("decline", "No."),)) != ()
        else:
            assert goal.reads or goal.cancelled_flights or goal.cancelled_hotels

    @pytest.mark.parametrize("scenario", SUITE, ids=lambda one: one.id)
    def test_whatever_is_supplied_is_asked_for_by_the_gold(self, scenario: Scenario):
        asked = {
            name
            for act in scenario.gold
            for call in act
            if call.name == "ask_user"
            for name in call.arguments["about"]
        }
        assert {name for line in scenario.lines for name in line.supplies} <= asked
