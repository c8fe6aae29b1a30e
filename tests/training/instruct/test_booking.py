"""Booking instructions: fair, varied, solvable, repeatable, and none of the benchmark's."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
import pytest_asyncio

from agent.evidence.lexicon import Language
from agent.options import Options
from training.instruct.booking import BookingInstructions, bank
from training.records import Dropped, Instruction
from training.scenarios.converse import hold
from training.scenarios.gold import GoldEngine
from training.scenarios.names import belongs, travellers
from training.scenarios.scenario import Split
from training.scenarios.templates import REGISTER
from training.scenarios.wording import people, phrases
from training.worlds import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
COUNT, SEED = 20, 11
_LEAST = {"en": 30, "tr": 12, "de": 12, "es": 12}
_SNAKE = re.compile(r"\b[a-z]+_[a-z_]+\b")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def made() -> list[Instruction]:
    rows = [row async for row in BookingInstructions(COUNT).records(SEED)]
    assert [row for row in rows if isinstance(row, Dropped)] == []
    return [row for row in rows if isinstance(row, Instruction)]


class TestInstructions:
    async def test_there_are_as_many_as_asked_for_and_no_two_say_the_same(
        self, made: list[Instruction]
    ):
        assert len({row.id for row in made}) == len(made) == COUNT
        assert len({row.scenario.lines for row in made}) == COUNT

    async def test_a_row_follows_from_the_seed_and_its_number(self, made: list[Instruction]):
        again = [row async for row in BookingInstructions(3).records(SEED)]
        assert again == made[:3]
        other = [row async for row in BookingInstructions(3).records(SEED + 1)]
        assert [row.id for row in other] == [row.id for row in again]
        assert other != again

    async def test_gold_is_cleared_and_reaches_the_goal(
        self, made: list[Instruction], earth: World
    ):
        """Clearance finds every value in what was said, so nothing that was needed is unsaid."""
        failed: list[str] = []
        for row in made[::3]:
            engine = GoldEngine(row.scenario.gold)
            held = await hold(row.scenario, earth, engine, Options(mode="free"))
            rejected = [event for event in held.events if event.type == "call_rejected"]
            if not held.solved or rejected or engine.unplayed():
                failed.append(f"{row.id} {row.scenario.template}: {held.unsolved} {held.error}")
        assert len(failed) <= 1, failed

    async def test_nobody_says_names_of_operations_or_parameters(self, made: list[Instruction]):
        code = {call.name for row in made for act in row.scenario.gold for call in act}
        for row in made:
            for line in row.scenario.lines:
                words = set(_SNAKE.findall(re.sub(r"\S+@\S+", "", line.text).replace("off_", "")))
                assert not words & code
                assert not words, line.text

    async def test_one_in_twenty_is_for_validation(self, made: list[Instruction]):
        found = Counter(row.scenario.split for row in made)
        assert found == {"train": COUNT * 19 // 20, "validation": COUNT // 20}

    async def test_settings_tell_what_rows_depend_on(self):
        assert BookingInstructions(3).settings == {"version": 1, "count": 3, "bank": bank()}
        assert BookingInstructions(3).total == 3

    @pytest.mark.parametrize(
        "name", ["names.py", "templates/flights.py", "phrases/people.yaml", "phrases/train/de.yaml"]
    )
    async def test_other_code_or_phrases_make_other_rows(self, tmp_path: Path, name: str):
        root = Path(str(resources.files("training.scenarios")))
        copy = tmp_path / "scenarios"
        shutil.copytree(root, copy)
        assert bank(copy) == bank()
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert bank(copy) != bank()


class TestBank:
    @pytest.mark.parametrize("language", ["en", "tr", "de", "es"])
    async def test_every_move_is_said_in_many_ways(self, language: Language):
        both = (phrases("train", language), phrases("validation", language))
        assert both[0].keys() == both[1].keys() == phrases("train", "en").keys()
        for move in both[0]:
            said = {one for held in both for one in held[move]}
            assert all(held[move] for held in both), move
            assert len(said) >= _LEAST[language], move

    async def test_every_operation_and_every_reply_is_learned(self):
        gold = set[str]()
        for name, one in REGISTER.items():
            if one.split == "train":
                gold |= set(name.partition("/")[2].split("+"))
        assert {"order", "booking", "price", "airports", "cancel", "stay-cancel"} <= gold
        assert {"stay-rate", "stay-look", "orders", "bookings", "trip-both", "scope"} <= gold

    async def test_templates_of_training_are_long_and_many(self):
        chains = [n.partition("/")[2] for n, one in REGISTER.items() if one.split == "train"]
        assert len(set(chains)) >= 400
        assert max(chain.count("+") for chain in chains) >= 3


class TestPeople:
    @pytest.mark.parametrize("split", ["train", "validation"])
    async def test_nobody_travels_in_two_splits(self, split: Split):

        rng = random.Random(3)
        for language in ("en", "tr", "de", "es"):
            for _ in range(20):
                names = travellers(split, language, rng)
                assert {belongs(name) for name in names} == {split}
                assert not set(names) & set(people("test")[language])
