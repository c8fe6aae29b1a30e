"""How many conversations each kit of tools gets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from training.pipeline.seeds import seed_for


def shares(kits: Sequence[tuple[str, str, int]], tasks: int, seed: int) -> list[int]:
    """`tasks` spread over kits, given by id, provider and number of tools; in their order.

    Every tool gets as many as any other, as far as that divides. Where there are more tools than
    tasks, each tool of some kits gets one, and providers take turns, drawn by
    ``H(seed, "shares", id)``.
    """
    given = [0] * len(kits)
    left, total = tasks, sum(size for _, _, size in kits)
    if left < total:
        for place in _in_turn(kits, seed):
            given[place] = min(left, kits[place][2])
            left -= given[place]
        return given
    before = 0
    for place, (_, _, size) in enumerate(kits):
        given[place] = tasks * (before + size) // total - tasks * before // total
        before += size
    return given


def _in_turn(kits: Sequence[tuple[str, str, int]], seed: int) -> Iterator[int]:
    """Places of kits: the first kit of every provider, the second of every provider, ..."""
    drawn = sorted(range(len(kits)), key=lambda place: seed_for(seed, "shares", kits[place][0]))
    turns: defaultdict[str, int] = defaultdict(int)
    order: list[tuple[int, int, int]] = []
    for rank, place in enumerate(drawn):
        provider = kits[place][1]
        order.append((turns[provider], rank, place))
        turns[provider] += 1
    for _, _, place in sorted(order):
        yield place
