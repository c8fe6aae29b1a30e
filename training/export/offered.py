"""What a conversation's tools come to for export: the acts, the opening message, their schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from agent.acts import parse_act, reply_acts
from agent.calls import Cleared, Rejected
from agent.clearance import Policy, clear_act
from agent.engines.base import Message
from agent.evidence.reader import Reader
from agent.fold import Fold
from agent.json_values import is_array, is_object
from agent.prompt import system_message
from agent.state import State
from tools.catalog import Catalog
from tools.spec import ToolSpec

_NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
"""Keywords whose members are schemas by names of their own (JSON Schema 2020-12)."""
_VALUES = frozenset({"enum", "const", "default", "examples", "example"})
"""Keywords that hold values and no schemas."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The acts on offer by name, and what reads and shows them. Safe to share."""

    acts: Mapping[str, ToolSpec]
    opening: Message
    fold: Fold
    schemas: str

    def verdicts(self, text: str, state: State) -> Sequence[Cleared | Rejected]:
        """What clearance says to an act in a state."""
        act = parse_act(text, state.next_call)
        if isinstance(act, Rejected):
            return [act]
        policy = Policy(state.clock, state.executed)
        return clear_act(act, self.acts, state.evidence, policy)


@lru_cache(maxsize=16)
def offered(catalog: Catalog) -> Offered:
    """What a catalog comes to: the same acts and opening that `agent.offer` serves."""
    tools = [tool for tool in catalog.specs if not tool.internal]
    acts = (*tools, *reply_acts(tools))
    return Offered(
        acts={act.name: act for act in acts},
        opening=system_message(acts),
        fold=Fold(catalog, Reader(catalog.specs)),
        schemas=orjson.dumps([function(act) for act in acts]).decode(),
    )


def function(tool: ToolSpec) -> dict[str, Any]:
    """A tool as OpenAI's function tools are written, its members always in the same order.

    Properties keep the order of their document; Callsign's own ``x-`` keywords are left out.
    """
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": plain(tool.parameters),
        },
    }


def plain(schema: Any) -> Any:
    """A JSON Schema without extension keywords (``x-…``). Names of properties are left alone."""
    if is_array(schema):
        return [plain(item) for item in schema]
    if not is_object(schema):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key.startswith("x-"):
            continue
        if key in _VALUES:
            kept[key] = value
        elif key in _NAMED and is_object(value):
            kept[key] = {name: plain(part) for name, part in value.items()}
        else:
            kept[key] = plain(value)
    return kept
