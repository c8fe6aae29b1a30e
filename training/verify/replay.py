"""A log read once more: every proposal judged, with the states in which they were made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from agent.acts import parse_act, reply_acts
from agent.calls import ProposedCall
from agent.engines.base import Message
from agent.events import ActProposed, Event
from agent.fold import Fold
from agent.prompt import system_message
from agent.state import State
from tools.catalog import Catalog
from tools.spec import ToolSpec
from training.benchmark.judge import Judge
from training.benchmark.records import Proposal


@dataclass(frozen=True, slots=True)
class Decision:
    """An act of the log, the state in which it was proposed, and its calls."""

    text: str
    state: State
    calls: tuple[ProposedCall, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a log comes to: `states[n]` is the state before event ``n``, the last one its end."""

    events: Sequence[Event]
    proposals: Sequence[Proposal]
    states: Sequence[State]

    @property
    def end(self) -> State:
        """The state after the whole log."""
        return self.states[-1]

    def decisions(self) -> Iterator[Decision]:
        """The acts of the log in their order. Only for logs whose acts all parse."""
        for event, state in zip(self.events, self.states, strict=False):
            if isinstance(event, ActProposed):
                calls = parse_act(event.text, state.next_call)
                yield Decision(event.text, state, cast("tuple[ProposedCall, ...]", calls))


class Bench:
    """What logs over one set of tools are checked with: compiled once, keeps nothing of a log."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.judge = _Witness(catalog.specs)
        offered = [tool for tool in catalog.specs if not tool.internal]
        self.acts: tuple[ToolSpec, ...] = (*offered, *reply_acts(offered))
        """Everything that may be proposed: tools that are not internal, then the replies."""
        self.opening: Message = system_message(self.acts)

    def replay(self, events: Sequence[Event]) -> Replay:
        """Fold a log and judge it, in one pass.

        Raises `tools.errors.ToolNotFound`, KeyError and ValueError for a log that no conversation
        over these tools can have left.
        """
        proposals, states = self.judge.witnessed(events)
        return Replay(events, proposals, states)


@lru_cache(maxsize=16)
def bench(catalog: Catalog) -> Bench:
    """The bench of a catalog; those used last are kept."""
    return Bench(catalog)


class _Witness(Judge):
    """A judge that lets others see the states that it went through."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        super().__init__(tools)
        self._seen = _Seen(self._fold)
        self._fold = self._seen

    def witnessed(self, events: Sequence[Event]) -> tuple[Sequence[Proposal], Sequence[State]]:
        """The proposals of a log, and the state before each event and at the end."""
        self._seen.states = [State()]
        return self.judge(events), self._seen.states


class _Seen(Fold):
    """A fold that remembers: folding is most of the work, so nothing is folded twice."""

    def __init__(self, fold: Fold) -> None:
        self._inner = fold
        self.states: list[State] = []

    def apply(self, state: State, event: Event) -> State:
        after = self._inner.apply(state, event)
        self.states.append(after)
        return after
