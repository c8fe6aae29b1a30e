"""How contestants are written, and what stands behind them."""

from __future__ import annotations

from pathlib import Path

import pytest
import respx

from agent.engines.base import Message, Sampling
from agent.engines.opening import Embedded, Scripted, Served, Target
from tests.agent.engines.vllm_server import BASE, FakeVllm
from tools.errors import BenchmarkError, EngineRefused, ModelError
from training.benchmark.contestants import EXAMPLES, identify, parse_contestants, seated

PROMPT = [Message("user", "hello")]


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("embedded:default", Embedded(reproducible=True)),
        ("embedded:default+a/b", Embedded(None, Path("a/b"), reproducible=True)),
        ("embedded:m.gguf", Embedded(Path("m.gguf"), reproducible=True)),
        ("embedded:m.gguf+a", Embedded(Path("m.gguf"), Path("a"), reproducible=True)),
        ("openai:http://h:1/v1#m:2", Served("http://h:1/v1", "m:2", "key")),
        ("scripted:acts.json", Scripted(Path("acts.json"))),
    ],
)
def test_each_kind_of_engine_has_its_way_to_be_written(given: str, target: Target) -> None:
    [found] = parse_contestants([f"name={given}"], key="key")
    assert (found.name, found.target, found.written) == ("name", target, given)


def test_a_plus_may_stand_in_a_path(tmp_path: Path) -> None:
    model = tmp_path / "a+b.gguf"
    model.touch()
    [found] = parse_contestants([f"m=embedded:{model}"])
    assert found.target == Embedded(model, reproducible=True)


@pytest.fixture
def ships(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a shipped adapter, empty as yet."""
    monkeypatch.setattr("agent.models.shipping.FOLDER", tmp_path)
    return tmp_path


def test_without_any_the_model_plays_that_is_served_by_default(ships: Path) -> None:
    [found] = parse_contestants([])
    assert (found.name, found.target) == ("base", Embedded(reproducible=True))
    (ships / "adapter_config.json").touch()
    [found] = parse_contestants([])
    assert (found.name, found.target) == ("tuned", Embedded(adapter=ships, reproducible=True))


def test_a_build_without_an_adapter_says_so(ships: Path) -> None:
    with pytest.raises(BenchmarkError, match="ships no adapter"):
        parse_contestants(["tuned=embedded:shipped"])


def test_only_the_default_base_as_it_comes_is_untuned(ships: Path) -> None:
    (ships / "adapter_config.json").touch()
    assert [one.untuned for one in parse_contestants(EXAMPLES)] == [True, *[False] * 5]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("default", "NAME=ENGINE:TARGET"),
        ("=embedded:default", "NAME=ENGINE:TARGET"),
        ("a b=embedded:default", "NAME=ENGINE:TARGET"),
        ("base=embedded:", "NAME=ENGINE:TARGET"),
        ("base=llama:default", "no engine 'llama'"),
        ("big=openai:http://host/v1", "after #, the name of a model"),
        ("big=openai:host#model", "address"),
    ],
)
def test_what_is_written_otherwise_is_answered_with_examples(given: str, why: str) -> None:
    with pytest.raises(BenchmarkError, match=f"{why}.*base=embedded:default"):
        parse_contestants([given])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(BenchmarkError, match="called base"):
        parse_contestants(["base=embedded:default", "base=scripted:acts.json"])


async def test_a_script_starts_anew_at_each_attempt(tmp_path: Path) -> None:
    script = tmp_path / "acts.json"
    script.write_text('["one"]')
    async with seated(parse_contestants([f"fake=scripted:{script}"])) as seats:
        for _ in range(2):
            engine = seats["fake"]()
            assert (await engine.propose(PROMPT, None, Sampling())).text == "one"
            with pytest.raises(EngineRefused):
                await engine.propose(PROMPT, None, Sampling())


@respx.mock
async def test_a_model_named_twice_is_opened_once() -> None:
    server = FakeVllm()
    pair = parse_contestants([f"a=openai:{BASE}#m", f"b=openai:{BASE}#m"])
    async with seated(pair) as seats:
        assert seats["a"]() is seats["b"]()
    assert len(server.bodies) == 1


def test_a_server_must_hold_to_grammars_only_where_some_are_sent() -> None:
    [held] = parse_contestants(["a=openai:http://h/v1#m"])
    [free] = parse_contestants(["a=openai:http://h/v1#m"], grammars=False)
    assert isinstance(held.target, Served)
    assert isinstance(free.target, Served)
    assert (held.target.grammars, free.target.grammars) == (True, False)


async def test_scripts_are_told_apart_by_what_they_say(tmp_path: Path) -> None:
    script = tmp_path / "acts.json"
    prints: list[str] = []
    for text in ('["one"]', '["two"]', '[ "one" ]'):
        script.write_text(text)
        [contestant] = parse_contestants([f"fake=scripted:{script}"])
        prints.append((await identify(contestant)).fingerprint)
    assert prints[0] == prints[2] != prints[1]


async def test_a_script_that_is_not_there_is_an_error_before_anything_runs() -> None:
    [contestant] = parse_contestants(["fake=scripted:nowhere.json"])
    with pytest.raises(ModelError, match=r"nowhere\.json"):
        await identify(contestant)


async def test_a_key_is_in_nothing_that_is_written_down() -> None:
    [contestant] = parse_contestants(["big=openai:http://h/v1#m"], key="secret")
    assert "secret" not in repr(contestant) + repr(await identify(contestant))
