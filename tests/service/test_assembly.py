"""What is loaded at the start, what is waited for, and what ends it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import respx

from agent.demonstrations import demonstrations
from agent.engines.opening import Embedded
from service import assembly
from service.metrics import Metrics
from service.settings import Settings
from tests.agent.engines import vllm_server
from tests.service.shop import DOCUMENT
from tools.errors import EngineRefused, ModelError, SpecError

FLIGHTS, HOTELS = "http://flights.test", "http://hotels.test"
AWAY = httpx.ConnectError("nobody there")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "_RETRY_SECONDS", 0)


def settings(**more: object) -> Settings:
    given = {"engine": "scripted", "database_url": "memory:"} | more
    return Settings(flights_url=FLIGHTS, hotels_url=HOTELS, **given)  # type: ignore[arg-type]


@respx.mock
async def test_the_engine_is_loaded_once_however_long_the_apis_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[Settings] = []
    load = assembly.load_engine

    async def counted(one: Settings) -> object:
        loaded.append(one)
        return await load(one)

    monkeypatch.setattr(assembly, "load_engine", counted)
    flights, hotels = (
        httpx.Response(200, json=one) for one in (DOCUMENT, {**DOCUMENT, "paths": {}})
    )
    respx.get(f"{FLIGHTS}/openapi.json").mock(side_effect=[AWAY, httpx.Response(503), flights])
    respx.get(f"{HOTELS}/openapi.json").mock(side_effect=[AWAY, hotels])
    waited: list[str] = []
    async with AsyncExitStack() as stack:
        parts = await assembly.assemble(settings(), Metrics(), stack, waited.append)
        assert parts.model == "scripted"
        assert set(parts.checks) == {"flights", "hotels", "store"}
    assert len(loaded) == 1
    assert [FLIGHTS in reason for reason in waited] == [True, True, False]
    assert HOTELS in waited[-1]


@respx.mock
async def test_a_document_that_is_none_is_not_read_again() -> None:
    route = respx.get(f"{FLIGHTS}/openapi.json").mock(return_value=httpx.Response(200, text="[]"))
    async with AsyncExitStack() as stack:
        with pytest.raises(SpecError, match="JSON object"):
            await assembly.assemble(settings(), Metrics(), stack, pytest.fail)
    assert route.call_count == 1


@respx.mock
async def test_a_model_that_cannot_be_loaded_ends_the_wait_for_the_apis(tmp_path: Path) -> None:
    respx.get(f"{FLIGHTS}/openapi.json").mock(side_effect=AWAY)
    (tmp_path / "script.json").write_text("no list")
    broken = settings(script=tmp_path / "script.json")
    async with AsyncExitStack() as stack:
        with pytest.raises(ModelError, match="no JSON list"):
            await assembly.assemble(broken, Metrics(), stack, lambda _: None)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"engine": "embedded", "adapter": "none"}, True),
        ({"engine": "embedded", "adapter": "folder"}, False),
        ({"engine": "embedded", "adapter": "folder", "demonstrations": True}, True),
        ({"engine": "embedded", "adapter": "none", "demonstrations": False}, False),
        ({"engine": "openai"}, False),
        ({"engine": "openai", "demonstrations": True}, True),
    ],
)
def test_examples_are_shown_to_a_model_that_was_never_trained_on_acts(
    given: dict[str, object], shown: bool
) -> None:
    expected = demonstrations() if shown else ()
    assert assembly.options(settings(**given)).demonstrations == expected
    assert demonstrations()


@pytest.mark.parametrize("ships", [True, False])
def test_without_a_flag_the_shipped_adapter_is_served_where_there_is_one(
    ships: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("agent.models.shipping.FOLDER", tmp_path)
    if ships:
        (tmp_path / "adapter_config.json").touch()
    plain = settings(engine="embedded")
    assert assembly.target(plain) == Embedded(None, tmp_path if ships else None)
    assert bool(assembly.options(plain).demonstrations) != ships
    bare = settings(engine="embedded", adapter="none")
    assert assembly.target(bare) == Embedded(None, None)
    other = settings(engine="embedded", model="other.gguf")
    assert assembly.target(other) == Embedded(Path("other.gguf"), None)


def test_a_build_without_an_adapter_says_so_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("agent.models.shipping.FOLDER", tmp_path)
    with pytest.raises(ModelError, match="ships no adapter"):
        assembly.target(settings(engine="embedded", adapter="shipped"))


def serve_apis() -> None:
    respx.get(f"{FLIGHTS}/openapi.json").respond(json=DOCUMENT)
    respx.get(f"{HOTELS}/openapi.json").respond(json={**DOCUMENT, "paths": {}})


def behind_vllm(**more: object) -> Settings:
    return settings(engine="openai", engine_url=vllm_server.BASE, model="m", **more)


@respx.mock
async def test_a_model_server_that_loads_is_waited_for() -> None:
    serve_apis()
    server = vllm_server.FakeVllm()
    up = httpx.Response(200, json={"data": [{"id": "m"}]})
    respx.get(f"{vllm_server.BASE}/models").mock(side_effect=[AWAY, AWAY, up])
    waited: list[str] = []
    async with AsyncExitStack() as stack:
        parts = await assembly.assemble(behind_vllm(), Metrics(), stack, waited.append)
        assert parts.model == "m"
        assert "engine" in parts.checks
    assert [vllm_server.BASE in reason for reason in waited] == [True, True]
    assert len(server.bodies) == 1


@respx.mock
async def test_a_model_server_that_ignores_grammars_ends_the_start() -> None:
    serve_apis()
    vllm_server.FakeVllm(obeys=False)
    async with AsyncExitStack() as stack:
        with pytest.raises(EngineRefused, match=r"ignores grammars.*callsign model serve"):
            await assembly.assemble(behind_vllm(), Metrics(), stack, pytest.fail)


@respx.mock
async def test_in_free_mode_it_need_not_know_grammars() -> None:
    serve_apis()
    server = vllm_server.FakeVllm(obeys=False)
    async with AsyncExitStack() as stack:
        await assembly.assemble(behind_vllm(mode="free"), Metrics(), stack, pytest.fail)
    assert server.bodies == []
