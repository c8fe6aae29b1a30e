"""The OpenAPI document and the service say the same, whatever is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from agent.engines.base import Completion
from agent.engines.scripted import ScriptedEngine
from service.settings import Settings
from tests.service.conftest import World


class GreetingEngine(ScriptedEngine):
    """Greets whatever it is told, so that every turn ends well."""

    async def propose(self, *_: Any) -> Completion:
        return Completion('{"name":"finish","arguments":{"topic":"greeting"}}')


def _app() -> FastAPI:
    world = World(Settings(_env_file=None))  # type: ignore[call-arg]
    world.engine = GreetingEngine()  # type: ignore[assignment]
    return world.app


_SCHEMA = schemathesis.openapi.from_dict(_app().openapi())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(_app(), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    while httpx.get(f"{url}/readyz").status_code != 200:
        thread.join(0.01)
    yield url
    server.should_exit = True
    thread.join()


@_SCHEMA.parametrize()
@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_contract(case: Any, url: str) -> None:
    # Valid requests may be refused for what they name: sandboxes and models that do not exist.
    ignored = [CHECKS.get_one("positive_data_acceptance")]
    case.call_and_validate(base_url=url, excluded_checks=ignored)


def test_every_operation_has_a_name_and_a_summary() -> None:
    operations = [
        operation for path in _app().openapi()["paths"].values() for operation in path.values()
    ]
    assert len(operations) == 12
    assert all("_v1_" not in operation["operationId"] for operation in operations)
    assert all(operation["description"] for operation in operations)
