"""From collected operations to instructions: every kind, every language, the same every time."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from agent.offer import offer
from tests.training.library.document import collected, tools, weather
from tools.catalog import Catalog
from tools.errors import DataError
from training.annotate.stage import AnnotateStage, Planning
from training.benchmark.openapi.holdout import held_out
from training.collect.results import slim_result
from training.instruct.general import GeneralInstructions, split_of
from training.instruct.kits import GatherKits, Kit, unfit
from training.pipeline import Codec, rng_for
from training.records import Chain, Dropped, Instruction
from training.simulate import SimulatedApis
from training.simulate.samples import fits

SEED = 11


def kits() -> list[Kit]:
    gathered = GatherKits(per_tool=12).reduce([*weather(), *collected()], SEED)
    return [one for one in gathered if isinstance(one, Kit)]


async def made(kit: Kit) -> list[Instruction | Dropped]:
    stage = GeneralInstructions()
    async with stage.open() as worker:
        return [*await worker.work(kit, rng_for(SEED, stage.name, kit.id))]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instructions() -> list[Instruction]:
    library = next(kit for kit in kits() if kit.api == "library")
    return [one for one in await made(library) if isinstance(one, Instruction)]


pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestInstructions:
    async def test_every_kind_is_there(self, instructions: list[Instruction]):
        templates = Counter(one.scenario.categories[0] for one in instructions)
        assert templates.keys() == {
            "single", "chain", "parallel", "missing_value", "declined", "irrelevance",
        }  # fmt: skip

    async def test_every_language_and_neutral_names_are_there(
        self, instructions: list[Instruction]
    ):
        assert {one.scenario.language for one in instructions} == {"en", "de", "tr", "es"}
        assert any(one.masked for one in instructions)

    async def test_right_tools_are_on_offer_among_others(self, instructions: list[Instruction]):
        for one in instructions:
            offered = {tool.name for tool in one.specs}
            called = {
                call.name for call in (*one.scenario.goal.reads, *(one.scenario.goal.writes or ()))
            }
            assert called < offered
            if one.scenario.categories[0] == "irrelevance":
                assert not {tool.api for tool in one.specs} & {"library"}

    async def test_ids_and_texts_are_there_once(self, instructions: list[Instruction]):
        assert len({one.id for one in instructions}) == len(instructions)
        texts = [tuple(line.text for line in one.scenario.lines) for one in instructions]
        assert len({*texts}) == len(texts)

    async def test_every_one_brings_tools_to_choose_from_though_some_cannot_be_masked(self):
        either = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
        shaped = {"type": "object", "properties": {"region": either}}
        foreign = [replace(one, tool=replace(one.tool, parameters=shaped)) for one in weather()]
        found = [*GatherKits(tasks=200).reduce([*foreign, *collected()], SEED)]
        kit = next(one for one in found if isinstance(one, Kit) and one.api == "library")
        for one in await made(kit):
            assert isinstance(one, Dropped) or len(one.specs) > 1

    async def test_licence_and_origin_are_carried_on(self, instructions: list[Instruction]):
        for one in instructions:
            ours = ("CC0-1.0",) if "library" in one.apis else ()
            theirs = ("not stated",) if ours and "weather" in one.apis else ()
            assert (one.origin, one.licences) == ("reverse", (*ours, *theirs))
        assert {one.licences for one in instructions} == {
            ("CC0-1.0", "not stated"),
            ("CC0-1.0",),
            (),
        }

    async def test_the_same_seed_gives_the_same_bytes(self, instructions: list[Instruction]):
        library = next(kit for kit in kits() if kit.api == "library")
        codec = Codec(Instruction)
        again = [one for one in await made(library) if isinstance(one, Instruction)]
        assert [codec.encode(one) for one in again] == [codec.encode(one) for one in instructions]
        assert [codec.decode(codec.encode(one)) for one in again[:5]] == again[:5]

    async def test_every_one_is_solved_by_the_planner(self, instructions: list[Instruction]):
        stage = AnnotateStage(openers=(SimulatedApis(),), proposing=Planning())
        async with stage.open() as worker:
            for one in instructions[::4]:
                (chain,) = await worker.work(one, random.Random(1))
                assert isinstance(chain, Chain)
                assert chain.solved, (one, chain.unsolved)
                assert chain.simulated

    async def test_the_grammar_of_each_can_be_made(self, instructions: list[Instruction]):
        for one in instructions[::10]:
            assert offer(Catalog(one.specs)).acts


class TestKits:
    async def test_an_operation_is_in_a_kit_or_dropped(self):
        records = [*collected(), *weather()]
        found = [*GatherKits(size=3).reduce(records, SEED)]
        kept = [tool for one in found if isinstance(one, Kit) for tool in one.tools]
        dropped = [one for one in found if isinstance(one, Dropped)]
        assert len(kept) + len(dropped) == len(records)
        assert all(len(one.tools) <= 3 for one in found if isinstance(one, Kit))

    async def test_documents_of_one_provider_and_file_name_are_apart_by_their_api(self):
        twin = [replace(one, api="twin", tool=replace(one.tool, api="twin")) for one in collected()]
        found = [*GatherKits().reduce([*collected(), *twin], SEED)]
        apis = [{tool.api for tool in one.tools} for one in found if isinstance(one, Kit)]
        assert apis == [{"library"}, {"twin"}]

    async def test_a_provider_gives_no_more_than_its_share(self):
        found = [*GatherKits(per_provider=2).reduce(collected(), SEED)]
        assert sum(len(one.tools) for one in found if isinstance(one, Kit)) == 2
        assert {one.reason for one in found if isinstance(one, Dropped)} == {"provider_full"}

    async def test_providers_of_the_benchmark_are_left_out(self):
        name = next(f"p{n}.example" for n in range(99) if held_out(f"p{n}.example"))
        packed = [replace(one, provider=name, package="directory 1") for one in collected()]
        found = [*GatherKits().reduce([*weather(), *packed], SEED)]
        dropped = [one for one in found if isinstance(one, Dropped)]
        assert {one.reason for one in dropped} == {"held_out"}
        assert len(dropped) == len(packed)

    async def test_an_api_of_ones_own_may_be_called_as_it_likes(self):
        name = next(f"p{n}.example" for n in range(99) if held_out(f"p{n}.example"))
        own = [replace(one, provider=name) for one in collected()]
        assert all(isinstance(one, Kit) for one in GatherKits().reduce(own, SEED))

    async def test_tasks_are_shared_out_and_tools_without_one_are_counted(self):
        records = [*weather(), *collected()]
        for tasks in (1, 7, 40):
            found = [*GatherKits(size=3, tasks=tasks).reduce(records, SEED)]
            assert sum(one.tasks for one in found if isinstance(one, Kit)) == tasks
            tools = sum(len(one.tools) for one in found if isinstance(one, Kit))
            dropped = [one for one in found if isinstance(one, Dropped)]
            assert tools + len(dropped) == len(records)
            assert {one.reason for one in dropped} <= {"over_limit"}

    async def test_where_nothing_can_be_asked_for_it_says_what_would_help(self):
        bad = [replace(one, tool=replace(one.tool, description="Books")) for one in collected()]
        with pytest.raises(DataError, match=r"8 no_plain_description.*begins with a verb"):
            list(GatherKits().reduce(bad, SEED))

    async def test_others_are_of_other_providers(self):
        library = next(kit for kit in kits() if kit.api == "library")
        assert {tool.api for tool in library.others} == {"weather"}

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"description": "Books"}, "no_plain_description"),
            ({"description": "A collection of many books"}, "no_plain_intent"),
            ({"media_type": "multipart/form-data"}, "no_plain_request"),
            ({"internal": True}, "internal"),
        ],
    )
    async def test_what_nobody_could_ask_for_says_why(self, change: dict[str, Any], reason: str):
        assert unfit(replace(tools()["getBook"], **change)) == reason

    async def test_a_slimmed_result_asks_for_no_more_than_the_whole_one(self):
        schema = {
            "type": "object", "required": ["id", "n0"], "description": "A thing",
            "properties": {"id": {"type": "string", "x-entity": "thing"},
                           **{f"n{n}": {"type": "integer"} for n in range(30)}},
        }  # fmt: skip
        slim = slim_result(schema)
        assert {"id", "n0"} <= slim["properties"].keys()
        assert len(slim["properties"]) == 10
        assert fits(slim, {"id": "x", **{f"n{n}": n for n in range(30)}})


async def test_of_ones_own_api_every_kind_is_for_training_and_some_for_validation():
    (kit,) = [
        one for one in GatherKits(tasks=250).reduce(collected(), SEED) if isinstance(one, Kit)
    ]
    found = [one.scenario for one in await made(kit) if isinstance(one, Instruction)]
    assert {one.categories[0] for one in found if one.split == "train"} == {
        "single", "chain", "parallel", "missing_value", "declined", "irrelevance",
    }  # fmt: skip
    assert 0 < sum(one.split == "validation" for one in found) < len(found) / 4
    packed = [replace(one, package="directory 1") for one in collected()]
    (kit,) = [one for one in GatherKits(tasks=50).reduce(packed, SEED) if isinstance(one, Kit)]
    found = [one.scenario for one in await made(kit) if isinstance(one, Instruction)]
    assert len({one.split for one in found}) == 1


async def test_whole_providers_are_for_validation():
    splits = Counter(split_of(f"provider{n}.example") for n in range(2000))
    assert 60 < splits["validation"] < 140
    assert splits["test"] == 0


async def test_settings_tell_one_build_from_another():
    assert GatherKits(tasks=3).settings != GatherKits(tasks=4).settings
    assert GatherKits(size=3).settings != GatherKits(size=4).settings
