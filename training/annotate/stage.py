"""The annotate stage: an instruction in, the chain that was executed for it out."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from agent.speak import Speaker
from tools.catalog import Catalog
from tools.errors import EngineRefused
from tools.gazetteer import Gazetteer
from training.annotate.ground import Ground, Place
from training.annotate.hands import Ledger
from training.annotate.mistakes import Rates
from training.annotate.planner import Planner
from training.annotate.practice import PracticeApis
from training.annotate.proposing import Proposer
from training.annotate.search import Budget, Search
from training.annotate.strategies import Careful, Strategy
from training.annotate.tree import Grower
from training.records import Chain, Dropped, Instruction

_VERSION = 3
_BUDGET = Budget(model_calls=120, api_calls=240, depth=16)


class Opener(Protocol):
    """Opens a place where rows are executed. Must pickle."""

    def open(self) -> AbstractAsyncContextManager[Place]:
        """Start what the place needs; stop it at the end."""
        ...


class Proposing(Protocol):
    """Opens the proposers of a stage. Must pickle."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Everything that its proposals depend on, besides the row and its seed."""
        ...

    def open(self) -> AbstractAsyncContextManager[Callable[[], Proposer]]:
        """Start what proposers need; each search gets one of its own."""
        ...


@dataclass(frozen=True, slots=True)
class Planning:
    """Planners that err at these rates (`Proposing`)."""

    rates: Rates = field(default_factory=Rates)

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Proposing.settings`."""
        rates = self.rates
        return {
            "proposer": "planner",
            "repeat": rates.repeat,
            "value": rates.value,
            "tool": rates.tool,
            "close": rates.close,
        }

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Callable[[], Proposer]]:
        """See `Proposing.open`."""
        yield lambda: Planner(self.rates)


@dataclass(frozen=True, slots=True)
class AnnotateStage:
    """Searches a chain for every instruction (`training.pipeline.stage.Stage`).

    A chain that did not reach its goal within the budget is handed on as it is, with the branches
    along it: what becomes of it is for the stages after. An instruction is dropped where no place
    has its APIs (``no_place``), its setup cannot be made (``setup``), or the engine answers with
    no act (``refused``). An engine that cannot be reached fails the stage, which can be resumed.
    """

    openers: tuple[Opener, ...] = (PracticeApis(),)
    proposing: Proposing = field(default_factory=Planning)
    strategy: Strategy = field(default_factory=Careful)
    budget: Budget = _BUDGET
    name: str = "annotate"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Stage.settings`."""
        return {
            "version": _VERSION,
            "strategy": repr(self.strategy),
            "budget": repr(self.budget),
            "places": [repr(opener) for opener in self.openers],
            **self.proposing.settings,
        }

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Annotator]:
        """Open every place and what proposes; close them at the end."""
        async with AsyncExitStack() as stack:
            places = [await stack.enter_async_context(one.open()) for one in self.openers]
            proposers = await stack.enter_async_context(self.proposing.open())
            yield Annotator(places, proposers, (self.strategy, self.budget))


class Annotator:
    """The stage, opened (`training.pipeline.stage.Worker`)."""

    def __init__(
        self,
        places: Sequence[Place],
        proposers: Callable[[], Proposer],
        how: tuple[Strategy, Budget],
    ) -> None:
        self._places = places
        self._proposers = proposers
        self._how = how

    async def work(self, row: Instruction, rng: random.Random) -> Sequence[Chain | Dropped]:
        """The chain of one instruction."""
        place = next((one for one in self._places if one.serves(row)), None)
        if place is None:
            return [Dropped(row.id, "no_place", ", ".join(row.apis))]
        seed = rng.getrandbits(63)
        try:
            return [await annotate(row, place, self._proposers(), self._how, seed)]
        except EngineRefused as error:
            return [Dropped(row.id, "refused", str(error))]
        except ValueError as error:
            return [Dropped(row.id, "setup", str(error))]


async def annotate(
    instruction: Instruction,
    place: Place,
    proposer: Proposer,
    how: tuple[Strategy, Budget],
    seed: int,
) -> Chain:
    """Search a chain for one instruction.

    Raises ValueError when its setup cannot be made, and `tools.errors.EngineError`.
    """
    scenario = instruction.scenario
    strategy, budget = how
    catalog = place.catalog(instruction)
    ledger = Ledger(strategy.reuse, volatile=scenario.faults is not None)
    async with place.row(instruction) as rows:
        grower = Grower(instruction.id, scenario, catalog, _speaker(catalog), ledger)
        search = Search(grower, proposer, budget, seed)
        root = await grower.root(Ground(rows))
        end = await strategy.run(search, root) or search.best or root
        return await search.chain(instruction, end, simulated=place.simulated)


@lru_cache(maxsize=16)
def _speaker(catalog: Catalog) -> Speaker:
    return Speaker(catalog, Gazetteer.default())
