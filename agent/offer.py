"""What a catalog comes to for conversations: read and compiled once, shared by all over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from agent.acts import reply_acts
from agent.engines.base import Message
from agent.evidence.reader import Reader
from agent.fold import Fold
from agent.grammar import ActGrammar
from agent.prompt import system_message
from tools.catalog import Catalog
from tools.spec import ToolSpec


@dataclass(frozen=True, slots=True)
class Offer:
    """The acts that a model may choose among, and what reads and holds them. Safe to share.

    `acts` are the tools that are not internal, then the replies; `opening` is the system message.
    """

    acts: tuple[ToolSpec, ...]
    by_name: Mapping[str, ToolSpec]
    grammar: ActGrammar
    opening: Message
    fold: Fold


@lru_cache(maxsize=16)
def offer(catalog: Catalog) -> Offer:
    """The offer of a catalog. Compiling takes tens of milliseconds, so it is kept."""
    tools = [tool for tool in catalog.specs if not tool.internal]
    acts = (*tools, *reply_acts(tools))
    return Offer(
        acts=acts,
        by_name={tool.name: tool for tool in acts},
        grammar=ActGrammar(acts),
        opening=system_message(acts),
        fold=Fold(catalog, Reader(catalog.specs)),
    )
