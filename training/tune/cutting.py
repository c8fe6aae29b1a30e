"""Conversations cut before their first result: many more wishes for the same tokens.

Results make up most of a conversation's tokens, and what a first wish leads to is decided before
any. Where time is short, a model that reads the beginnings of many conversations, and only some as
a whole, meets several times as many phrasings.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from agent.engines.base import Message
from training.tune.rows import Row


def cut_share(rows: Sequence[Row], share: float, seed: int) -> tuple[Row, ...]:
    """The rows, with so large a share of conversations (0 to 1) cut before their first result.

    Rows of a cut conversation that end later are left out. Whether a conversation is cut follows
    from its id and the seed alone.
    """
    if not share:
        return tuple(rows)
    return tuple(kept for row in rows if (kept := _cut(row, share, seed)) is not None)


def _cut(row: Row, share: float, seed: int) -> Row | None:
    if random.Random(f"{seed} cut {row.chain}").random() >= share:
        return row
    end = _first_result(row.messages)
    if end is None:
        return row
    if not row.every_act:
        return None
    return replace(row, messages=row.messages[:end])


def _first_result(messages: Sequence[Message]) -> int | None:
    """Where the first message that is no wish and no act stands."""
    return next((at for at, one in enumerate(messages) if one.role == "tool"), None)
