"""An httpx transport in place of servers that do not exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import httpx
import jsonschema_rs
import orjson

from tools.spec import ToolSpec
from training.simulate.answers import Answerer
from training.simulate.requests import Received, Routes
from training.simulate.samples import Samples, UnsimulatableError
from training.simulate.world import World

SANDBOX = "X-Sandbox"
TODAY = date(2026, 11, 22)
"""The day of simulated worlds, that of `training.worlds.NOW`."""


def base_url(api: str) -> str:
    """Where the transport answers for an API."""
    return f"http://{sha256(api.encode()).hexdigest()[:16]}.simulated"


class SimulatorTransport(httpx.AsyncBaseTransport):
    """Answers the calls of any collected tools from their response schemas and examples.

    It remembers, for each sandbox (header ``X-Sandbox``) and API: what was made can be read and
    listed, what was changed has changed, what was deleted is 404 from then on. Requests that do
    not keep a tool's schema are answered with 422 and what is wrong, unknown paths with 404,
    responses that cannot be made with 501; all as problems of RFC 9457. An idempotency key makes
    a write happen once.

    Answers depend on `seed`, the request and the writes before it in its sandbox, on nothing else:
    not on the order in which other sandboxes, or reads, were served.
    """

    def __init__(self, tools: Iterable[ToolSpec], seed: int, today: date = TODAY) -> None:
        by_host: defaultdict[str, list[ToolSpec]] = defaultdict(list)
        for tool in tools:
            by_host[base_url(tool.api).removeprefix("http://")].append(tool)
        self._routes = {host: Routes(tools) for host, tools in by_host.items()}
        self._answerer = Answerer(seed, Samples(seed, today))
        self._worlds: dict[tuple[str, str], World] = {}
        self._validators: dict[int, jsonschema_rs.Draft202012Validator] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See the class. Nothing is raised over what a request holds."""
        await request.aread()
        host = request.url.host
        routes = self._routes.get(host)
        received = routes.receive(request) if routes else None
        if received is None:
            return _problem(404, "not_found", f"there is no {request.method} {request.url.path}")
        faults = self._faults(received)
        if faults:
            return _problem(422, "validation_failed", faults[0]["detail"], faults)
        world = self._worlds.setdefault((request.headers.get(SANDBOX, ""), host), World())
        return self._once(request, received, world)

    def fork(self, api: str, sandbox: str, copy: str) -> None:
        """Let `copy` be a sandbox of an API that stands as `sandbox` does now."""
        host = base_url(api).removeprefix("http://")
        self._worlds[copy, host] = self._worlds.get((sandbox, host), World()).fork()

    def forget(self, sandboxes: Iterable[str]) -> None:
        """Let these sandboxes be as if never used."""
        gone = {*sandboxes}
        self._worlds = {key: one for key, one in self._worlds.items() if key[0] not in gone}

    def _faults(self, received: Received) -> list[dict[str, str]]:
        tool = received.tool
        validator = self._validators.get(id(tool))
        if validator is None:
            validator = jsonschema_rs.Draft202012Validator(
                dict(tool.parameters), validate_formats=True
            )
            self._validators[id(tool)] = validator
        internal = tool.locations.keys() - tool.parameters.get("properties", {}).keys()
        shown = {k: v for k, v in received.arguments.items() if k not in internal}
        return [
            {"pointer": "".join(f"/{part}" for part in one.instance_path), "detail": one.message}
            for one in validator.iter_errors(shown)
        ]

    def _once(self, request: httpx.Request, received: Received, world: World) -> httpx.Response:
        """Answer; a write with a known idempotency key is answered as it was."""
        header = received.tool.idempotency_header
        key = request.headers.get(header, "") if header else ""
        if key and key in world.keys:
            status, body = world.keys[key]
            return httpx.Response(status, json=orjson.loads(body))
        try:
            status, body = self._answerer.answer(received, world)
        except UnsimulatableError as error:
            return _problem(501, "not_simulated", str(error))
        if status == 404:
            return _problem(404, "not_found", body)
        if key:
            world.keys[key] = (status, orjson.dumps(body).decode())
        return httpx.Response(status) if body is None else httpx.Response(status, json=body)


def _problem(
    status: int, code: str, detail: str, faults: list[dict[str, str]] | None = None
) -> httpx.Response:
    title = code.replace("_", " ").capitalize()
    problem: Mapping[str, Any] = {
        "type": "about:blank", "title": title, "status": status, "detail": detail, "code": code,
        "retryable": False, **({"errors": faults} if faults else {}),
    }  # fmt: skip
    return httpx.Response(
        status,
        content=orjson.dumps(problem),
        headers={"content-type": "application/problem+json"},
    )
