"""Fair shares: how many of each cell, so that the rare are all taken and the common are cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from training.pipeline.seeds import seed_for
from training.select.traits import Traits


def shares(held: Mapping[Traits, int], size: int) -> Mapping[Traits, int]:
    """How many of each cell are taken, `size` in all, or everything where there is no more.

    Max-min fair (water-filling, Bertsekas and Gallager, Data Networks, section 6.5): the level is
    raised for all cells at once until the size is reached; cells that hold less give all they
    have. What does not divide goes to cells in their order.
    """
    taken: dict[Traits, int] = {}
    left = size
    smallest_first = sorted(held, key=lambda cell: (held[cell], cell))
    for place, cell in enumerate(smallest_first):
        level = left // (len(smallest_first) - place)
        taken[cell] = min(held[cell], level)
        left -= taken[cell]
    return taken


def chosen(
    rows: Sequence[tuple[str, Traits, str]], size: int, seed: int, stage: str
) -> frozenset[str]:
    """The ids of the rows to take: `shares` of each cell, spread over its templates.

    `rows` are ids, cells and templates. Within a cell templates take turns, and of a template
    rows are drawn by ``H(seed, stage, id)``, so that the choice does not depend on their order.
    """
    cells: defaultdict[Traits, list[tuple[str, str]]] = defaultdict(list)
    for row_id, cell, template in rows:
        cells[cell].append((row_id, template))
    level = shares({cell: len(held) for cell, held in cells.items()}, size)
    taken: set[str] = set()
    for cell, held in cells.items():
        drawn = sorted(held, key=lambda row: (seed_for(seed, stage, row[0]), row[0]))
        turns: defaultdict[str, int] = defaultdict(int)
        in_turn: list[tuple[int, int, str]] = []
        for place, (row_id, template) in enumerate(drawn):
            in_turn.append((turns[template], place, row_id))
            turns[template] += 1
        taken |= {row_id for _, _, row_id in sorted(in_turn)[: level[cell]]}
    return frozenset(taken)
