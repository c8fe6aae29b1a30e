"""What every step of a run computes, laid out before it starts.

The order depends on the data, the seed and the settings alone, so a run that was killed goes on
with the very batches that were next.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod

from training.tune.trees import Tree


@dataclass(frozen=True, slots=True)
class Batching:
    """How trees become steps. All sizes in tokens.

    `step` tokens (openings not counted) make one optimiser step on one process, computed in chunks
    of at most `chunk` with padding, or one tree where that alone is longer. With `share`, the
    opening is computed once a step and its keys and values are shared; else each packed row of
    about `row` tokens holds its opening once.
    """

    step: int = 8192
    chunk: int = 2048
    row: int = 4096
    share: bool = True


@dataclass(frozen=True, slots=True)
class Chunk:
    """Packed rows that go through the model together: of each row the trees in it."""

    rows: tuple[tuple[Tree, ...], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Chunks that have one opening. Where `shared`, it is computed once for all of them."""

    opening: tuple[int, ...]
    chunks: tuple[Chunk, ...]
    shared: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One optimiser step of one process. `norm` is what the summed loss is divided by."""

    groups: tuple[Group, ...]
    norm: float
    trees: tuple[Tree, ...]


def plan(
    trees: Sequence[Tree],
    batching: Batching,
    *,
    seed: int,
    epochs: float,
    prefer: Mapping[str, float] | None = None,
    ranks: int = 1,
) -> list[Step]:
    """All steps of a run, those of the ranks in turn (rank r computes steps r, r + ranks, …).

    None where no tree is left to learn from.
    """
    cut = list(_cut(passes(trees, seed=seed, epochs=epochs, prefer=prefer or {}), batching.step))
    if not cut:
        return []
    cut = cut[: len(cut) - len(cut) % ranks] or [cut[0]] * ranks
    steps: list[Step] = []
    for start in range(0, len(cut), ranks):
        together = cut[start : start + ranks]
        # Gradients are averaged over processes; so all divide by the mean weight of theirs.
        norm = sum(tree.weight for one in together for tree in one) / ranks
        steps += [Step(tuple(_groups(one, batching)), norm, tuple(one)) for one in together]
    return steps


def passes(
    trees: Sequence[Tree], *, seed: int, epochs: float, prefer: Mapping[str, float]
) -> Iterator[Tree]:
    """The trees of all passes over the data, each pass in an order of its own.

    `prefer` gives factors by a pattern of templates (those that match multiply): what has twice the
    factor comes twice as often among the first, so a run that ends within its first pass sees more
    of it. A factor of 0 leaves templates out. Order: Efraimidis & Spirakis 2006, algorithm A.
    """
    factors = [_factor(tree, prefer) for tree in trees]
    drawn = [(tree, factor) for tree, factor in zip(trees, factors, strict=True) if factor > 0]
    left = round(epochs * len(drawn))
    number = 0
    while left > 0:
        draw = random.Random(f"{seed} {number}").random
        keyed = [(draw() ** (1 / factor), place) for place, (_, factor) in enumerate(drawn)]
        order = [drawn[place][0] for _, place in sorted(keyed, reverse=True)]
        yield from order[:left]
        left, number = left - len(order), number + 1


def _factor(tree: Tree, prefer: Mapping[str, float]) -> float:
    return prod(factor for pattern, factor in prefer.items() if fnmatchcase(tree.template, pattern))


def _cut(trees: Iterator[Tree], size: int) -> Iterator[list[Tree]]:
    step, length = list[Tree](), 0
    for tree in trees:
        step.append(tree)
        length += tree.length
        if length >= size:
            yield step
            step, length = [], 0
    if step:
        yield step


def _groups(trees: Sequence[Tree], batching: Batching) -> Iterator[Group]:
    by_opening: dict[tuple[int, ...], list[Tree]] = {}
    for tree in trees:
        by_opening.setdefault(tree.opening, []).append(tree)
    for opening, alike in by_opening.items():
        # One tree alone gains nothing from a pass of its own for the opening.
        shared = batching.share and len(alike) > 1
        room = batching.row - len(opening)
        rows = [(tree,) for tree in alike] if shared else list(_packed(alike, room))
        yield Group(opening, tuple(_chunks(rows, batching.chunk)), shared)


def _packed(trees: Sequence[Tree], room: int) -> Iterator[tuple[Tree, ...]]:
    """First fit, decreasing: rows of trees that together fit into `room`."""
    rows: list[tuple[list[Tree], int]] = []
    for tree in sorted(trees, key=lambda one: -one.length):
        for place, (row, length) in enumerate(rows):
            if length + tree.length <= room:
                row.append(tree)
                rows[place] = (row, length + tree.length)
                break
        else:
            rows.append(([tree], tree.length))
    return (tuple(row) for row, _ in rows)


def _chunks(rows: Sequence[tuple[Tree, ...]], size: int) -> Iterator[Chunk]:
    """Rows of like length together, so that little is padding."""
    chunk, longest = list[tuple[Tree, ...]](), 0
    for row in sorted(rows, key=lambda one: sum(tree.length for tree in one)):
        length = sum(tree.length for tree in row)
        if chunk and max(longest, length) * (len(chunk) + 1) > size:
            yield Chunk(tuple(chunk))
            chunk, longest = [], 0
        chunk.append(row)
        longest = max(longest, length)
    if chunk:
        yield Chunk(tuple(chunk))
