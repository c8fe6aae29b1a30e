"""The lists of what somebody has: reads that need no argument, such as all bookings of hotels."""

from __future__ import annotations

from collections.abc import Iterable

from agent.evidence.candidates import spoken_of
from agent.evidence.facts import Evidence
from agent.observation import row_entity
from tools.spec import ToolSpec


class Lists:
    """The lists among some tools, by the kind of thing that is in them."""

    def __init__(self, tools: Iterable[ToolSpec]) -> None:
        self._kinds = {
            tool.name: row_entity(tool)
            for tool in tools
            if tool.effect == "read" and not tool.internal and not tool.parameters.get("required")
        }

    def concerned(self, evidence: Evidence) -> frozenset[str]:
        """The lists that may hold what the newest message speaks of; all where it names no kind."""
        things = spoken_of(evidence)
        named = frozenset(name for name, kind in self._kinds.items() if kind in things)
        return named or frozenset(self._kinds)
