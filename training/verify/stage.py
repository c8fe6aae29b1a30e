"""The verify stage: chains in; out only those that stand at every gate, in this order.

1. form: the log is one of its scenario, held to its end; acts parse, the prompt renders, labels
   are true, the question gives no name away
2. clearance: the judge of the benchmark, which clears every proposal anew, finds no fault
3. execution: every call succeeded, and its answer keeps the schema of its operation
4. goal: the predicate holds, worked out again from the log
5. round trip: the evidence of each turn leads to the act, and a model too where one is given

The first fault that is found is the reason, ``<gate>/<what>``. A chain that says itself that it
missed its goal is not read at all.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from agent.engines.base import Engine
from agent.events import ActProposed
from tools.errors import ToolNotFound
from training.annotate.ground import Place
from training.annotate.practice import PracticeApis
from training.annotate.stage import Opener
from training.records import Chain, Dropped
from training.simulate.place import SimulatedApis
from training.verify import ending, execution, form, script
from training.verify.faults import Fault
from training.verify.replay import Bench, Replay, bench
from training.verify.roundtrip import Reader, SecondPass

_VERSION = 1


@dataclass(frozen=True, slots=True)
class VerifyStage:
    """Lets through what may be learnt from (`training.pipeline.stage.Stage`).

    The places are only asked for their tools. `second` decides every call once more; without it
    the round trip is that of the evidence alone.
    """

    openers: tuple[Opener, ...] = (PracticeApis(), SimulatedApis())
    second: SecondPass | None = None
    name: str = "verify"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Stage.settings`."""
        return {
            "version": _VERSION,
            "places": [repr(opener) for opener in self.openers],
            "second_pass": dict(self.second.settings) if self.second else None,
        }

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Verifier]:
        """Open every place, and the model of the second pass; close them at the end."""
        async with AsyncExitStack() as stack:
            places = [await stack.enter_async_context(one.open()) for one in self.openers]
            engine = await stack.enter_async_context(self.second.open()) if self.second else None
            yield Verifier(places, engine)


class Verifier:
    """The stage, opened (`training.pipeline.stage.Worker`)."""

    def __init__(self, places: Sequence[Place], engine: Engine | None = None) -> None:
        self._places = places
        self._engine = engine

    async def work(self, row: Chain, rng: random.Random) -> Sequence[Chain | Dropped]:
        """The chain, or why it is dropped. Raises `tools.errors.EngineError`.

        Its acts are written as grounded decoding writes them; nothing else about it changes.
        """
        found = await self.verified(row)
        if isinstance(found, Fault):
            return [Dropped(row.id, found.reason, found.detail)]
        return [found]

    async def verified(self, chain: Chain) -> Chain | Fault:
        """The chain as it is handed on, or its first fault."""
        if not chain.solved:
            return Fault("goal/not_reached", "; ".join(chain.unsolved))
        place = next((one for one in self._places if one.serves(chain.instruction)), None)
        if place is None:
            return Fault("format/no_place", ", ".join(chain.instruction.apis))
        tools = bench(place.catalog(chain.instruction))
        early = form.unreadable(chain.events) or script.follows(
            chain.instruction.scenario, chain.events
        )
        if early is not None:
            return early
        try:
            replay = tools.replay(chain.events)
        except (ToolNotFound, KeyError, ValueError) as error:
            return Fault("format/not_folding", f"{type(error).__name__}: {error}")
        fault = next(_faults(chain, tools, replay, simulated=place.simulated), None)
        return fault or await self._read_back(chain, tools, replay)

    async def _read_back(self, chain: Chain, tools: Bench, replay: Replay) -> Chain | Fault:
        reader = _reader(tools)
        texts = reader.read(replay)
        if isinstance(texts, Fault):
            return texts
        fault = await reader.differs(replay, self._engine) if self._engine else None
        return fault or _rewritten(chain, texts)


def _rewritten(chain: Chain, texts: Sequence[str]) -> Chain:
    """The chain with these texts for its acts."""
    left = iter(texts)
    events = tuple(
        replace(event, text=next(left)) if isinstance(event, ActProposed) else event
        for event in chain.events
    )
    return replace(chain, events=events)


def _faults(chain: Chain, tools: Bench, replay: Replay, *, simulated: bool) -> Iterator[Fault]:
    """The faults that the gates find, each gate asked only when it is reached."""
    gates = (
        lambda: form.unrenderable(tools.opening, replay),
        lambda: form.mislabelled(chain, simulated=simulated),
        lambda: form.gives_away(chain.instruction, tools.acts, tools.opening, chain.events),
        lambda: _uncleared(replay),
        lambda: execution.failed(chain, tools, replay),
        lambda: ending.missed(chain, replay.events, replay.end),
    )
    return (fault for gate in gates if (fault := gate()))


def _uncleared(replay: Replay) -> Fault | None:
    """The first fault that clearance, or the judge beyond it, finds."""
    for proposal in replay.proposals:
        for fault in proposal.faults:
            detail = f"{fault.name}{fault.pointer}: {fault.message}"
            return Fault(f"clearance/{fault.code}", detail)
    return None


@lru_cache(maxsize=16)
def _reader(tools: Bench) -> Reader:
    return Reader(tools)
