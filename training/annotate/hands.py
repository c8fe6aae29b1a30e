"""The executor of a search: every call goes through one ledger, which knows what was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.clearance import signature
from tools.executor import Executor
from tools.executor.retry import RetryPolicy
from tools.outcome import Failure, Outcome, Success, Unknown
from tools.spec import ToolSpec
from training.annotate.ground import Ground
from training.annotate.verdicts import MOVED
from training.worlds import PATIENT

_ONCE = replace(
    PATIENT, deadline_s=None, retry=RetryPolicy(attempts=1), read_back_pauses=(0.0, 0.0)
)
"""The search itself decides what is tried again, and the clocks of sandboxes stand still.

A call may wait for its turn at a running API (`training.live`) for however long.
"""

_Asked = tuple[str, str, str]
"""API, its version, and the canonical call."""


@dataclass(slots=True)
class Ledger:
    """What the calls of one search came to, whatever branch made them.

    With `reuse` a call that was answered is not executed again in the same world: its answer is
    given again, and of a write the world that it left (`left`, the name of its sandbox). `repeated`
    counts calls that were executed although the same world had answered them; a call that only
    failed for the moment was not answered. In a `volatile` world (one with planted faults) being
    asked changes what is answered next, so no answer is kept.
    """

    reuse: bool = True
    volatile: bool = False
    calls: int = 0
    failed: int = 0
    repeated: int = 0
    reused: int = 0
    answers: dict[_Asked, Outcome] = field(default_factory=dict[_Asked, Outcome])
    left: dict[_Asked, str] = field(default_factory=dict[_Asked, str])
    under_way: dict[_Asked, asyncio.Lock] = field(default_factory=dict[_Asked, asyncio.Lock])

    def known(self, asked: _Asked) -> Outcome | None:
        """What a call came to in this world, where that can be given again."""
        known = self.answers.get(asked) if self.reuse else None
        self.reused += known is not None
        return known

    def wrote(self, asked: _Asked, sandbox: str) -> None:
        """A write left its world in a sandbox, which is no longer the world of one before it."""
        self.left = {one: name for one, name in self.left.items() if name != sandbox}
        self.left[asked] = sandbox


class Hands(Executor):
    """Executes the calls of one branch. `ground` may be changed between calls."""

    def __init__(self, ground: Ground, ledger: Ledger) -> None:
        super().__init__(ground.rows.apis, client=ground.rows.client, options=_ONCE, sleep=_at_once)
        self.ground = ground
        self._ledger = ledger

    async def execute(
        self,
        tool: ToolSpec,
        arguments: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """As `Executor.execute`, in this branch's world, whatever sandbox the headers name."""
        asked = (tool.api, self.ground.version(tool.api), signature(tool, arguments))
        if tool.internal:
            # A read-back asks until a write has become visible: its answers are none to keep.
            return await self._sent(asked, tool, arguments, idempotency_key)
        async with self._ledger.under_way.setdefault(asked, asyncio.Lock()):
            if tool.effect == "write":
                return await self._write(asked, tool, arguments, idempotency_key)
            known = self._ledger.known(asked)
            return known or await self._sent(asked, tool, arguments, idempotency_key)

    async def _write(
        self, asked: _Asked, tool: ToolSpec, arguments: Mapping[str, Any], key: str | None
    ) -> Outcome:
        if asked in self._ledger.left and (known := self._ledger.known(asked)) is not None:
            self.ground.own[tool.api] = self._ledger.left[asked]
            self.ground.written(tool.api, asked[2])
            return known
        outcome = await self._sent(asked, tool, arguments, key)
        if not (isinstance(outcome, Failure) and outcome.retryable):
            self._ledger.wrote(asked, await self.ground.sandbox(tool.api))
            self.ground.written(tool.api, asked[2])
        return outcome

    async def _sent(
        self, asked: _Asked, tool: ToolSpec, arguments: Mapping[str, Any], key: str | None
    ) -> Outcome:
        headers = {"X-Sandbox": await self.ground.sandbox(tool.api)}
        self._ledger.calls += 1
        self._ledger.repeated += asked in self._ledger.answers
        outcome = _reproducible(
            await super().execute(tool, arguments, headers=headers, idempotency_key=key)
        )
        self._ledger.failed += not isinstance(outcome, Success)
        if _stands(outcome) and not (tool.internal or self._ledger.volatile):
            self._ledger.answers[asked] = outcome
        return outcome


def _reproducible(outcome: Outcome) -> Outcome:
    """An outcome without the number of its request: that is another one each time."""
    if not isinstance(outcome, Failure):
        return outcome
    kept = {name: value for name, value in outcome.problem.items() if name != "request_id"}
    return replace(outcome, problem=kept)


def _stands(outcome: Outcome) -> bool:
    """Whether the same world would give the same answer again."""
    match outcome:
        case Success():
            return True
        case Failure(status=status, retryable=retryable):
            return not retryable and status not in MOVED
        case Unknown():
            return False


async def _at_once(seconds: float) -> None:
    """In place of waiting."""
    await asyncio.sleep(0)
