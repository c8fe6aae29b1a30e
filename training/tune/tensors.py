"""A chunk as tensors: ids, positions, what each token may see, and what is learnt."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from training.tune.plan import Chunk
from training.tune.trees import ROOT, Tree, depth_first


@dataclass(frozen=True, slots=True)
class Tensors:
    """`ids`, `positions` (rows, length); `visible` (rows, length, length), True where a query (the
    second axis) may see a key; `learners` are the indices, into the flattened rows, of the tokens
    after which one is learnt, `targets` what that is, `weights` what it counts; each (learnt,).
    """

    ids: Tensor
    positions: Tensor
    visible: Tensor
    learners: Tensor
    targets: Tensor
    weights: Tensor

    def to(self, device: torch.device) -> Tensors:
        """The same on a device."""
        moved = {one.name: getattr(self, one.name) for one in fields(self)}
        return Tensors(**{name: one.to(device) for name, one in moved.items()})


def lay_out(chunk: Chunk, opening: tuple[int, ...], *, shared: bool) -> Tensors:
    """The tensors of a chunk, the opening in every row unless it is computed apart (`shared`)."""
    rows = [_Row(trees, opening, shared=shared) for trees in chunk.rows]
    length = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    positions = torch.zeros(len(rows), length, dtype=torch.long)
    visible = torch.zeros(len(rows), length, length, dtype=torch.bool)
    visible[:] = torch.eye(length, dtype=torch.bool)
    learners, targets, weights = list[int](), list[int](), list[float]()
    for number, row in enumerate(rows):
        size = len(row.ids)
        ids[number, :size] = torch.tensor(row.ids)
        positions[number, :size] = torch.tensor(row.positions)
        visible[number, :size, :size] = row.visible()
        for place, weight in enumerate(row.weights):
            if weight:
                learners.append(number * length + place - 1)
                targets.append(row.ids[place])
                weights.append(weight)
    return Tensors(ids, positions, visible, torch.tensor(learners, dtype=torch.long),
                   torch.tensor(targets, dtype=torch.long), torch.tensor(weights))  # fmt: skip


class _Row:
    """One packed row. `pieces` says of which piece each token is, `parents` what pieces follow."""

    def __init__(self, trees: tuple[Tree, ...], opening: tuple[int, ...], *, shared: bool) -> None:
        self.ids: list[int] = []
        self.positions: list[int] = []
        self.weights: list[float] = []
        self._pieces: list[int] = []
        self._parents: list[int] = []
        root = ROOT
        if not shared:
            root = self._add(list(opening), [0.0] * len(opening), ROOT, 0)
        for tree in trees:
            placed: dict[int, int] = {ROOT: root}
            for index in depth_first(tree.nodes):
                node = tree.nodes[index]
                start = len(opening) + node.start
                placed[index] = self._add(node.tokens, node.weights, placed[node.parent], start)

    def _add(self, ids: list[int], weights: list[float], parent: int, start: int) -> int:
        piece = len(self._parents)
        self._parents.append(parent)
        self.ids += ids
        self.weights += weights
        self.positions += range(start, start + len(ids))
        self._pieces += [piece] * len(ids)
        return piece

    def visible(self) -> Tensor:
        """Itself, what stands before it in its piece, and the pieces that it follows."""
        count = len(self._parents)
        follows = torch.eye(count, dtype=torch.bool)
        for piece, parent in enumerate(self._parents):
            if parent != ROOT:
                follows[piece] |= follows[parent]
        pieces = torch.tensor(self._pieces)
        return follows[pieces][:, pieces].tril_()
