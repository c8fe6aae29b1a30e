import pytest

from agent.engines.base import Message, Sampling
from agent.engines.scripted import ScriptedEngine
from tools.errors import EngineRefused

PROMPT = [Message("user", "hello")]


async def play(engine: ScriptedEngine) -> str:
    return (await engine.propose(PROMPT, "start: x", Sampling())).text


async def test_steps_are_played_in_order_whatever_they_are_written_as() -> None:
    engine = ScriptedEngine(
        ["text", ("a", {"x": 1}), [("a", {}), ("b", {})], lambda prompt: (prompt[-1].content, {})]
    )
    assert [await play(engine) for _ in range(4)] == [
        "text",
        '{"name":"a","arguments":{"x":1}}',
        '{"name":"a","arguments":{}}\n{"name":"b","arguments":{}}',
        '{"name":"hello","arguments":{}}',
    ]
    engine.finish()


async def test_what_it_was_asked_is_kept() -> None:
    engine = ScriptedEngine(["one"])
    await play(engine)
    assert engine.prompts == [PROMPT]
    assert engine.grammars == ["start: x"]
    assert engine.name == "scripted"


async def test_a_step_that_nobody_wrote_is_an_error_that_says_where() -> None:
    with pytest.raises(EngineRefused, match="hello"):
        await play(ScriptedEngine())


async def test_a_step_that_was_never_asked_for_is_an_error() -> None:
    engine = ScriptedEngine()
    engine.expect("one", "two")
    await play(engine)
    await engine.aclose()
    with pytest.raises(EngineRefused, match="1 scripted step"):
        engine.finish()
