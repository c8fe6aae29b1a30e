"""Opening an engine: what each kind of target becomes, and what a bad script is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import respx

from agent.engines.base import Message, Sampling
from agent.engines.opening import Embedded, Scripted, Served, open_engine
from tests.agent.engines.vllm_server import BASE, FakeVllm
from tools.errors import EngineRefused, ModelError

PROMPT = [Message("user", "hello")]


async def test_a_script_holds_acts_as_objects_or_as_text(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"name":"finish","arguments":{"topic":"thanks"}}, "not a call"]')
    engine = await open_engine(Scripted(script))
    said = [(await engine.propose(PROMPT, None, Sampling())).text for _ in range(2)]
    assert said == ['{"name":"finish","arguments":{"topic":"thanks"}}', "not a call"]


async def test_no_script_is_an_empty_one() -> None:
    engine = await open_engine(Scripted())
    with pytest.raises(EngineRefused):
        await engine.propose(PROMPT, None, Sampling())


@pytest.mark.parametrize("text", ["[", '{"name":"finish"}'])
async def test_a_script_that_is_no_list_is_an_error_that_names_it(
    text: str, tmp_path: Path
) -> None:
    script = tmp_path / "script.json"
    script.write_text(text)
    with pytest.raises(ModelError, match=r"script\.json is no JSON list of acts"):
        await open_engine(Scripted(script))


@respx.mock
async def test_a_served_model_keeps_its_name_and_its_key_to_itself() -> None:
    server = FakeVllm(models=("llama",))
    target = Served(BASE, "llama", key="secret")
    engine = await open_engine(target)
    assert engine.name == "llama"
    assert len(server.bodies) == 1
    assert "secret" not in repr(target)
    await engine.aclose()


async def test_a_model_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        await open_engine(Embedded(tmp_path))
