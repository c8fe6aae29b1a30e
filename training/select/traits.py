"""What kind of row a chain makes: the cells over which a selection is spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.acts import parse_act, reply_acts
from agent.calls import ProposedCall, Rejected
from agent.events import ActProposed, ApprovalDecided, CallObserved
from training.records import Chain

_DEPTHS = (1, 2, 4, 8)
_REPLIES = frozenset(act.name for act in reply_acts(()))


@dataclass(frozen=True, slots=True, order=True)
class Traits:
    """A cell: which operations, how deep, which classes of decisions, in which style and language.

    `operations` are the tools that were called, each once, sorted. `depth` is a number of acts,
    rounded up to 1, 2, 4, 8 or 12. `decisions` are ``call``, ``several calls``, the reply acts,
    ``approve``, ``refuse`` and ``mend`` (a call failed on the way), sorted.
    """

    operations: tuple[str, ...]
    depth: int
    decisions: tuple[str, ...]
    style: str
    language: str


def acts_of(chain: Chain) -> Sequence[tuple[ProposedCall, ...]]:
    """The acts of a chain whose acts all parse; others are left out."""
    read = (parse_act(one.text, 1) for one in chain.events if isinstance(one, ActProposed))
    return [act for act in read if not isinstance(act, Rejected)]


def traits_of(chain: Chain) -> Traits:
    """The cell of a chain."""
    acts = acts_of(chain)
    tools = {tool.name for tool in chain.instruction.specs}
    called = {call.name for act in acts for call in act if not _is_reply(call.name, tools)}
    return Traits(
        operations=tuple(sorted(called)),
        depth=next((most for most in _DEPTHS if len(acts) <= most), 12),
        decisions=tuple(sorted(set(_decisions(chain, acts, called)))),
        style=chain.instruction.style,
        language=chain.instruction.scenario.language,
    )


def _decisions(
    chain: Chain, acts: Sequence[tuple[ProposedCall, ...]], called: set[str]
) -> Iterator[str]:
    for act in acts:
        if act[0].name in called:
            yield "several calls" if len(act) > 1 else "call"
        else:
            yield act[0].name
    for event in chain.events:
        match event:
            case ApprovalDecided(decision=decision):
                yield "approve" if decision == "approve" else "refuse"
            case CallObserved(ok=False):
                yield "mend"
            case _:
                pass


def _is_reply(name: str, tools: set[str]) -> bool:
    return name in _REPLIES and name not in tools
