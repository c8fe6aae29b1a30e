"""Rows of one conversation become a tree: what they share stands in it once.

A chain and the rows that were cut out of it begin with the same messages. Computed apart, most
tokens would go through the model several times; as a tree each goes through once, and every row's
gradient is still exactly its own (a token sees its ancestors and nothing else).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.engines.base import Message
from training.tune.rows import Row
from training.tune.tokens import Encoder
from training.tune.weights import Weights

ROOT = -1


@dataclass(slots=True)
class Node:
    """A message: its tokens, how much each counts in the loss, and the node it follows.

    `parent` is an index into `Tree.nodes`, `ROOT` right after the opening; it is always smaller
    than the node's own. `start` is the position of its first token after the opening.
    """

    tokens: list[int]
    weights: list[float]
    parent: int
    start: int


@dataclass(slots=True)
class Tree:
    """All rows of a conversation. `opening` are the ids of its system message."""

    chain: str
    opening: tuple[int, ...]
    language: str
    template: str = ""
    nodes: list[Node] = field(default_factory=list[Node])
    rows: int = 0
    row_tokens: int = 0
    """Tokens of its rows one by one, openings included: what a plain loop would compute."""

    @property
    def length(self) -> int:
        """Tokens after the opening, each once."""
        return sum(len(node.tokens) for node in self.nodes)

    @property
    def depth(self) -> int:
        """Tokens of its longest row, the opening included."""
        ends = (node.start + len(node.tokens) for node in self.nodes)
        return len(self.opening) + max(ends, default=0)

    @property
    def weight(self) -> float:
        """What its learnt tokens count together."""
        return sum(sum(node.weights) for node in self.nodes)


def grow(rows: Iterable[Row], encoder: Encoder, weights: Weights) -> list[Tree]:
    """One tree for each chain and opening, in the order in which they are first met."""
    growing: dict[tuple[str, str], _Growing] = {}
    for row in rows:
        key = (row.chain, row.messages[0].content)
        if key not in growing:
            opening = tuple(encoder.message(row.messages[0]))
            growing[key] = _Growing(Tree(row.chain, opening, row.language, row.template), encoder)
        growing[key].add(row, weights)
    return [one.tree for one in growing.values()]


class _Growing:
    def __init__(self, tree: Tree, encoder: Encoder) -> None:
        self.tree = tree
        self._encoder = encoder
        self._children: dict[tuple[int, Message], int] = {}

    def add(self, row: Row, weights: Weights) -> None:
        place, last = ROOT, len(row.messages) - 1
        acts: Mapping[int, float] = {
            number: weights.of(row, message.content)
            for number, message in enumerate(row.messages)
            if message.role == "assistant" and (row.every_act or number == last)
        }
        self.tree.rows += 1
        self.tree.row_tokens += len(self.tree.opening)
        for number, message in enumerate(row.messages[1:], 1):
            place = self._step(place, message, acts.get(number, 0.0))
            self.tree.row_tokens += len(self.tree.nodes[place].tokens)

    def _step(self, parent: int, message: Message, weight: float) -> int:
        key = (parent, message)
        nodes = self.tree.nodes
        if key not in self._children:
            self._children[key] = len(nodes)
            before = None if parent == ROOT else nodes[parent]
            start = before.start + len(before.tokens) if before else 0
            tokens = self._encoder.message(message)
            nodes.append(Node(tokens, [0.0] * len(tokens), parent, start))
        place = self._children[key]
        if weight:
            _, first, end = self._encoder.act(message)
            counted = nodes[place].weights
            counted[first:end] = [one + weight for one in counted[first:end]]
        return place


def depth_first(nodes: Sequence[Node]) -> list[int]:
    """The nodes' indices, every branch whole before the next: masks are then nearly causal."""
    children: dict[int, list[int]] = {}
    for index, node in enumerate(nodes):
        children.setdefault(node.parent, []).append(index)
    order, waiting = list[int](), [*reversed(children.get(ROOT, ()))]
    while waiting:
        order.append(index := waiting.pop())
        waiting += reversed(children.get(index, ()))
    return order
