"""A row with everything that any format needs, so that no later step reads a log again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.acts import reply_acts
from training.records import Row

REPLIES = frozenset(act.name for act in reply_acts(()))
"""Acts that speak to the person. For agents of others they are text and no calls."""


@dataclass(frozen=True, slots=True)
class Sample(Row):
    """A row of the dataset and, beside it, the same conversation as agents of others hold it.

    `chain` is the id of the chain that it was made from. `schemas` are the tools on offer, replies
    included, as a JSON list of OpenAI function tools. `dialogue` are OpenAI chat messages: real
    tools are calls, replies are the text that the person read. It is empty where the conversation
    cannot be told so (something else was said while a write waited for its approval).
    `rejected_message` is the losing act of a preference pair as such a message.
    """

    chain: str = ""
    schemas: str = "[]"
    dialogue: tuple[Mapping[str, Any], ...] = ()
    rejected_message: Mapping[str, Any] | None = None
