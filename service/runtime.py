"""What the running service holds, and how a request reaches it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from agent.stores import ConversationStore
from service.facade import AgentFacade, Decision, Numbered
from service.metrics import Metrics
from service.problems import Problem
from service.security import Caller, Keyring, RateLimit
from service.settings import Settings
from service.tracing import span
from service.turns import Turn, Turns
from tools.errors import CallsignError, ConversationNotFound

Check = Callable[[], Awaitable[None]]
"""Returns when the thing it checks answers; raises `CallsignError` or OSError saying why not."""

Afterwards = Callable[[int, int], Awaitable[None]]
"""Called with the positions of a turn's first and last event."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What turns are made with. `checks` says what must answer for the service to be ready."""

    agent: AgentFacade
    store: ConversationStore
    model: str = "callsign"
    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])


class Runtime:
    """The state of one service. `parts` is missing until everything is loaded."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.turns = Turns()
        self.keyring = Keyring([key.get_secret_value() for key in settings.api_keys])
        self.rate_limit = RateLimit(settings.rate_limit)
        self.started = int(time.time())
        self.loading = "starting"
        self._parts: Parts | None = None

    @property
    def parts(self) -> Parts:
        """The agent and its store. Raises `Problem` (`not_ready`) while they are being loaded."""
        if self._parts is None:
            detail = f"Not ready: {self.loading}. Try again when GET /readyz answers 200."
            raise Problem("not_ready", detail, headers={"Retry-After": "2"})
        return self._parts

    @property
    def loaded(self) -> bool:
        """Whether the parts are there."""
        return self._parts is not None

    def serve(self, parts: Parts) -> None:
        """Begin to answer with these parts."""
        self._parts = parts

    async def own(self, caller: Caller, conversation_id: str) -> None:
        """Let the conversation's owner pass; to everybody else it does not exist.

        Raises `ConversationNotFound`.
        """
        owner = await self.parts.store.owner(conversation_id)
        if caller.owner is not None and owner != caller.owner:
            raise ConversationNotFound(conversation_id)

    def send(
        self, conversation_id: str, content: str, *, afterwards: Afterwards | None = None
    ) -> Turn:
        """Begin the turn of a message; `afterwards` belongs to the turn and ends before it does."""
        agent = self.parts.agent

        async def events() -> AsyncIterator[Numbered]:
            positions: list[int] = []
            failed: CallsignError | None = None
            try:
                async for item in _traced(
                    "turn", conversation_id, agent.send(conversation_id, content)
                ):
                    positions.append(item[0])
                    yield item
            except CallsignError as error:
                failed = error
            if afterwards is not None and positions:
                await afterwards(positions[0], positions[-1])
            if failed is not None:
                raise failed

        return self.turns.start(conversation_id, "", events)

    def decide(self, conversation_id: str, approval_id: str, decision: Decision) -> Turn:
        """Begin the turn of a decision, or join it where it runs."""
        agent = self.parts.agent
        return self.turns.start(
            conversation_id,
            f"{approval_id}:{decision}",
            lambda: _traced(
                "decision", conversation_id, agent.decide(conversation_id, approval_id, decision)
            ),
        )

    async def reasons(self) -> dict[str, str]:
        """What is not ready, and why; empty when everything is."""
        if self._parts is None:
            return {"service": self.loading}
        found: dict[str, str] = {}
        for name, check in self._parts.checks.items():
            try:
                await check()
            except (CallsignError, OSError) as error:
                found[name] = str(error) or type(error).__name__
        return found


async def _traced(
    name: str, conversation_id: str, events: AsyncIterator[Numbered]
) -> AsyncIterator[Numbered]:
    with span(name, conversation=conversation_id):
        async for item in events:
            yield item


_bearer = HTTPBearer(auto_error=False, description="One of the service's keys, where it has any.")


def get_runtime(request: Request) -> Runtime:
    """The runtime of the app that got the request."""
    return request.app.state.runtime


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]


def get_caller(
    request: Request,
    runtime: RuntimeDep,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Who is calling, within their rate. Raises `Problem` (`unauthorized`, `rate_limited`)."""
    host = request.client.host if request.client else ""
    caller = runtime.keyring.admit(request.headers.get("authorization"), host)
    runtime.rate_limit.spend(caller.name)
    return caller


CallerDep = Annotated[Caller, Depends(get_caller)]
