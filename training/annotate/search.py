"""One search over the chains of one scenario: its budget, its books, and what is kept of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from agent.acts import parse_act
from agent.calls import Rejected
from agent.clearance import signature
from agent.engines.base import Completion
from agent.json_values import is_object
from training.annotate.ending import beyond_repair, unsolved
from training.annotate.proposing import GaveUp, Proposer, Situation, Tried
from training.annotate.tree import Grower, Node, Step
from training.records import Branch, Chain, Effort, Instruction


@dataclass(frozen=True, slots=True)
class Budget:
    """What one search may spend, and how long its chains may be (acts)."""

    model_calls: int = 200
    api_calls: int = 400
    depth: int = 12


@dataclass(slots=True)
class Spent:
    """What a search has spent. `repeats` are proposals that repeated a sibling."""

    model_calls: int = 0
    nodes: int = 0
    repeats: int = 0


@dataclass(slots=True)
class Search:
    """What strategies work with. Everything that is tried goes through `propose` and `play`."""

    grower: Grower
    proposer: Proposer
    budget: Budget
    seed: int
    spent: Spent = field(default_factory=Spent)
    best: Node | None = None
    branches: defaultdict[tuple[str, ...], list[Branch]] = field(
        default_factory=lambda: defaultdict(list[Branch])
    )

    @property
    def exhausted(self) -> bool:
        """Whether the budget is spent. What was asked for with the last of it is still played."""
        spent, budget = self.spent, self.budget
        calls = self.grower.ledger.calls
        return spent.model_calls >= budget.model_calls or calls >= budget.api_calls

    async def propose(
        self, node: Node, asked: int, tried: tuple[Tried, ...] = ()
    ) -> Completion | GaveUp | None:
        """The proposer's next act at a node; None when the budget is spent.

        `asked` is how often it was asked here before, `tried` the acts that it is shown.
        """
        if self.exhausted:
            return None
        self.spent.model_calls += 1
        return await self.proposer.propose(self._situation(node, asked, tried))

    async def play(self, node: Node, completion: Completion) -> Step:
        """Play an act at a node."""
        self.spent.nodes += 1
        return await self.grower.play(node, completion)

    def canonical(self, node: Node, act: str) -> str:
        """An act in the one form that all acts have which ask for the same."""
        calls = parse_act(act, node.state.next_call)
        if isinstance(calls, Rejected):
            return act
        tools = self.grower.offer.by_name
        return "\n".join(
            signature(tools[call.name], call.arguments)
            if call.name in tools and is_object(call.arguments)
            else f"{call.name} {call.arguments!r}"
            for call in calls
        )

    def left(self, node: Node, tried: Tried) -> None:
        """Note an act that was tried at a node and left."""
        branch = Branch(len(node.log), tried.act, tried.reason, tried.detail)
        self.branches[_key(node)].append(branch)

    def reached(self, node: Node) -> None:
        """Remember the node that came furthest; of two that came as far, the first."""
        if self.best is None or _merit(node) > _merit(self.best):
            self.best = node

    async def unsolved(self, node: Node) -> tuple[str, ...]:
        """What of the goal does not hold at a node, in the world that it left."""
        remaining = await unsolved(self.grower.scenario.goal, node)
        if node.over and not remaining and not self.proposer.content(self._situation(node)):
            return ("reached by acts that are none to learn from",)
        return remaining

    async def hopeless(self, node: Node) -> bool:
        """Whether something was done that the goal forbids, whatever follows."""
        return await beyond_repair(self.grower.scenario.goal, node)

    def _situation(self, node: Node, asked: int = 0, tried: tuple[Tried, ...] = ()) -> Situation:
        scenario, offer = self.grower.scenario, self.grower.offer
        return Situation(scenario, offer, node.state, node.path, tried, asked, self.seed)

    async def chain(self, instruction: Instruction, end: Node, *, simulated: bool) -> Chain:
        """The chain that ends here, with the branches along it and what the search took."""
        acts = _key(end)
        branches = [one for n in range(len(acts) + 1) for one in self.branches[acts[:n]]]
        remaining = await self.unsolved(end)
        ledger = self.grower.ledger
        return Chain(
            id=instruction.id,
            instruction=instruction,
            events=end.log,
            solved=end.over and not remaining,
            unsolved=remaining or (() if end.over else ("the conversation did not end",)),
            branches=tuple(sorted(branches, key=lambda one: one.position)),
            effort=Effort(
                model_calls=self.spent.model_calls,
                api_calls=ledger.calls,
                repeated_calls=ledger.repeated,
                failed_calls=ledger.failed,
                nodes=self.spent.nodes,
            ),
            simulated=simulated,
        )


def shown(step: Step) -> str:
    """What the model read of an act's failure: the newest observation that it led to."""
    tool = [message.content for message in step.node.state.prompt if message.role == "tool"]
    return tool[-1] if step.troubles and tool else ""


def _key(node: Node) -> tuple[str, ...]:
    return tuple(deed.act for deed in node.path)


def _merit(node: Node) -> tuple[int, int]:
    return node.over, sum(deed.carried_out for deed in node.path)
