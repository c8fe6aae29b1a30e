"""How a search goes through the tree. Four strategies behind one protocol.

`React` and `Dfsdt` are as published; both leave what failed in the conversation, as their models
read it there. `Careful` is ours: whatever fails is taken back and never kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from agent.engines.base import Completion
from training.annotate.proposing import GaveUp, Tried
from training.annotate.search import Search, shown
from training.annotate.tree import Node, Step
from training.annotate.verdicts import Trouble

DEAD_END = "dead_end"
Stuck = Literal["dead", "stopped"]
End = Node | Stuck
"""A node where the goal holds; or no way on from here; or the search has to end."""


class Strategy(Protocol):
    """A way through the tree."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def reuse(self) -> bool:
        """Whether answers of one branch serve the others."""
        ...

    async def run(self, search: Search, root: Node) -> Node | None:
        """A node at which the goal holds, None when none was found within the budget."""
        ...


@dataclass(frozen=True, slots=True)
class React:
    """One chain after the other, from the start (Yao et al. 2023), until one reaches the goal.

    `chains` is how many at most: 1 is ReACT, more is ReACT@N (Qin et al. 2023, section 3.3),
    which restarts until the budget is spent.
    """

    chains: int = 1
    reuse: bool = False

    @property
    def name(self) -> str:
        """See `Strategy.name`."""
        return "react" if self.chains == 1 else "react@n"

    async def run(self, search: Search, root: Node) -> Node | None:
        """See `Strategy.run`."""
        for number in range(self.chains):
            if search.exhausted:
                return None
            end = await self._chain(search, root, number)
            if end is not None:
                return end
        return None

    async def _chain(self, search: Search, node: Node, number: int) -> Node | None:
        while not node.over and len(node.path) < search.budget.depth:
            proposed = await search.propose(node, number)
            if proposed is None or isinstance(proposed, GaveUp):
                return None
            node = (await search.play(node, proposed)).node
            search.reached(node)
        return node if node.over and not await search.unsolved(node) else None


@dataclass(frozen=True, slots=True)
class Dfsdt:
    """The depth-first search-based decision tree of ToolLLM (Qin et al. 2023, section 3.3).

    A pre-order walk: an act is carried out, and its result, good or bad, is gone on from. A model
    that gives up abandons its node, and another act is tried at the node above; it is shown the
    acts that were tried there before and asked to differ. A chain that is too long, or ends
    without the goal, abandons its last two nodes, as the published code does.
    """

    width: int = 2
    name: str = "dfsdt"
    reuse: bool = False

    async def run(self, search: Search, root: Node) -> Node | None:
        """See `Strategy.run`."""
        end = await self._visit(search, root)
        return end if isinstance(end, Node) else None

    async def _visit(self, search: Search, node: Node) -> Node | int:
        """A node where the goal holds, or how many levels above this one are abandoned too."""
        if node.over:
            return 1 if await search.unsolved(node) else node
        if len(node.path) >= search.budget.depth:
            return 1
        tried: tuple[Tried, ...] = ()
        for asked in range(self.width):
            proposed = await search.propose(node, asked, tried)
            if proposed is None or isinstance(proposed, GaveUp):
                return 0
            step = await search.play(node, proposed)
            search.reached(step.node)
            end = await self._visit(search, step.node)
            if isinstance(end, Node):
                return end
            tried += (Tried(proposed.text, DEAD_END),)
            if end:
                return end - 1
        return 0


@dataclass(frozen=True, slots=True)
class Careful:
    """Ours: depth first, but what failed is classified, taken back and learnt from.

    - A proposal that asks for what a sibling asked for is turned down before it runs.
    - A rejected call, or one whose arguments the API refused, is *mended*: it is taken back and the
      model proposes again with the fault in view, at most `mends` times at a node.
    - What only failed for the moment is *retried* as it is, without asking the model.
    - What cannot be had *backs up*: another act here, at most `width` of them in all, then above.
    - An API that lets nobody in *stops* the search.
    - What the goal forbids is a dead end at once, however long the conversation would still go.
    - After a first failure `abreast` acts are proposed and carried out side by side; they are gone
      on from in their order, so what comes of it does not depend on which was faster.

    A call that was answered is never executed again in the same world (`Ledger.reuse`), so
    backing up costs no calls. When the budget is spent the furthest chain is kept as it is.
    """

    width: int = 4
    mends: int = 8
    retries: int = 5
    abreast: int = 1
    name: str = "callsign"
    reuse: bool = True

    async def run(self, search: Search, root: Node) -> Node | None:
        """See `Strategy.run`."""
        search.reached(root)
        end = await self._explore(search, root)
        return end if isinstance(end, Node) else None

    async def _explore(self, search: Search, node: Node) -> End:
        if node.over:
            return "dead" if await search.unsolved(node) else node
        if len(node.path) >= search.budget.depth or await search.hopeless(node):
            return "dead"
        here = _Here(node, self.width, self.mends)
        while here.open:
            steps = await self._abreast(search, here)
            if isinstance(steps, str):
                return steps
            for step in steps:
                end = await self._follow(search, here, step)
                if end != "dead":
                    return end
        return "dead"

    async def _abreast(self, search: Search, here: _Here) -> Sequence[Step] | Stuck:
        """The next acts of a node, carried out. Repetitions are left out before they run."""
        first, wanted = here.asked, self.abreast if here.asked else 1
        here.asked += wanted
        asked = range(first, first + wanted)
        proposed = await asyncio.gather(
            *(search.propose(here.node, number, here.tried) for number in asked)
        )
        acts = [one for one in proposed if isinstance(one, Completion)]
        if not acts:
            return "dead" if any(isinstance(one, GaveUp) for one in proposed) else "stopped"
        fresh = [act for act in acts if here.is_new(search.canonical(here.node, act.text))]
        search.spent.repeats += len(acts) - len(fresh)
        return await asyncio.gather(*(self._played(search, here.node, act) for act in fresh))

    async def _played(self, search: Search, node: Node, act: Completion) -> Step:
        """An act, sent again as long as it only fails for the moment."""
        step = await search.play(node, act)
        for _ in range(self.retries):
            failed = self._failures(search, step)
            if not failed or failed[0].kind != "retry" or search.exhausted:
                break
            # A write that failed for the moment changed nothing, but its world knows of the try.
            step = await search.play(replace(node, ground=step.node.ground), act)
        return step

    async def _follow(self, search: Search, here: _Here, step: Step) -> End:
        """Go on from an act that was carried out; note one that failed."""
        failed, act = self._failures(search, step), step.node.path[-1].act
        if not failed:
            search.reached(step.node)
            end = await self._explore(search, step.node)
            if end == "dead":
                here.width -= 1
                here.leave(search, Tried(act, DEAD_END))
            return end
        here.leave(search, Tried(act, failed[0].code, shown(step)))
        if failed[0].kind == "stop":
            return "stopped"
        if failed[0].kind == "mend":
            here.mends -= 1
        else:
            here.width -= 1
        return "dead"

    def _failures(self, search: Search, step: Step) -> Sequence[Trouble]:
        """What failed, except for what the scenario itself lets fail: that is its story."""
        planted = search.grower.scenario.faults is not None
        return [one for one in step.troubles if not (planted and (one.write or one.moved))]


@dataclass(slots=True)
class _Here:
    """A node while its children are tried."""

    node: Node
    width: int
    mends: int
    asked: int = 0
    tried: tuple[Tried, ...] = ()
    seen: set[str] = field(default_factory=set[str])

    @property
    def open(self) -> bool:
        """Whether another act may be tried; who only repeats themselves is not asked forever."""
        return self.width > 0 and self.mends > 0 and self.asked < 4 * (self.width + self.mends)

    def is_new(self, act: str) -> bool:
        """Whether no sibling asked for this; from now on one did."""
        new = act not in self.seen
        self.seen.add(act)
        return new

    def leave(self, search: Search, tried: Tried) -> None:
        """Note an act that was tried here and left."""
        self.tried += (tried,)
        search.left(self.node, tried)
