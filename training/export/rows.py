"""A chain becomes rows: the whole conversation, and the decisions in it that are sets of their own.

``chains``       the whole conversation, where nothing in it failed; every act of it is right.
``asks``         the conversation up to one `ask_user`.
``declines``     the conversation up to one `decline` of something not possible or unsafe.
``irrelevance``  the conversation up to one `decline` of what no tool on offer is for.
``mends``        the conversation up to the act that put a failure right.
``preferences``  the conversation up to an act, and one that failed in its place (`Row.rejected`).

All but the first end with the one message that is to be learnt. Messages are those of the agent's
own fold (`agent.state`), so training reads what serving shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_args

from agent.acts import ASKS
from agent.calls import Cleared, Rejected, RejectionCode
from agent.engines.base import Message
from agent.events import ActProposed, CallObserved, CallRejected, Event, Replied
from agent.state import State
from training.benchmark.report.traces import read_calls
from training.export.dialogue import Said, call_message, dialogue, made_before
from training.export.offered import Offered
from training.export.sample import REPLIES, Sample
from training.records import Branch, Chain, RowSet

OWN_LICENCE = "Apache-2.0"
"""Of rows over the practice APIs, whose documents are this project's."""
_OWN = frozenset({"flights", "hotels"})
_UNFIT = "out_of_scope"
_OF_THE_ACT = frozenset({*get_args(RejectionCode), "dead_end", "validation_failed"})
"""Reasons for which another act was better; else the world stood against it (sold out, busy)."""

Steps = Sequence[tuple[Event, State]]


@dataclass(frozen=True, slots=True)
class _Decision:
    """An act of the log: where it stands, the state in which it was proposed, whether it failed."""

    position: int
    text: str
    before: State
    failed: bool

    @property
    def calls(self) -> Sequence[tuple[str, Any]]:
        return read_calls(self.text) or ()


def samples(chain: Chain, offered: Offered) -> Iterator[Sample]:
    """Every row of a chain, the whole conversation first; none of one that was not solved."""
    if not chain.solved:
        return
    drawer = _Drawer(chain, offered)
    decisions = drawer.decisions()
    if not any(one.failed for one in decisions) and not drawer.anything_failed():
        yield from drawer.whole()
        yield from drawer.replies(decisions)
    yield from drawer.mended(decisions)
    seen: set[tuple[int, str]] = set()
    for number, branch in enumerate(chain.branches):
        kept = next((one for one in decisions if one.position == branch.position), None)
        again = (branch.position, branch.act) in seen
        seen.add((branch.position, branch.act))
        if kept is None or kept.failed or again:
            continue
        if kept.calls != (read_calls(branch.act) or ()):
            yield from drawer.mended_branch(number, branch, kept)
            yield from drawer.preferred(number, branch, kept)


class _Drawer:
    def __init__(self, chain: Chain, offered: Offered) -> None:
        self._chain = chain
        self._offered = offered
        self._steps: list[tuple[Event, State]] = []
        state = State()
        for event in chain.events:
            state = offered.fold.apply(state, event)
            self._steps.append((event, state))

    def decisions(self) -> list[_Decision]:
        found: list[_Decision] = []
        starts = [n for n, (event, _) in enumerate(self._steps) if isinstance(event, ActProposed)]
        for start, end in pairwise([*starts, len(self._steps)]):
            event = self._steps[start][0]
            assert isinstance(event, ActProposed)
            failed = any(_fails(one) for one, _ in self._steps[start:end])
            found.append(_Decision(start, event.text, self._steps[start - 1][1], failed))
        return found

    def anything_failed(self) -> bool:
        return any(_fails(event) for event, _ in self._steps)

    def whole(self) -> Iterator[Sample]:
        """The conversation; what no act follows is left out, since nothing can be learnt of it."""
        messages = list(self._steps[-1][1].prompt)
        while messages and messages[-1].role != "assistant":
            messages.pop()
        if messages:
            yield self._sample("chains", self._chain.id, messages, dialogue(self._steps))

    def replies(self, decisions: Sequence[_Decision]) -> Iterator[Sample]:
        """The acts that ask or decline, each as a row that ends there."""
        for one in decisions:
            kind = _set_of(one)
            if kind is not None:
                yield self._cut(kind, one)

    def mended(self, decisions: Sequence[_Decision]) -> Iterator[Sample]:
        """The acts after a failure that did not fail themselves."""
        for before, after in pairwise(decisions):
            if before.failed and not after.failed:
                yield self._cut("mends", after)

    def mended_branch(self, number: int, branch: Branch, kept: _Decision) -> Iterator[Sample]:
        """A refused act of a branch, its refusal, and the act that was kept in its place.

        A refused call never left, so the world is the one in which the kept act was executed; it
        is cleared once more in the state that the refusal leaves.
        """
        steps, state = list(self._steps[: kept.position]), kept.before
        verdicts = self._offered.verdicts(branch.act, state)
        refused = [one for one in verdicts if isinstance(one, Rejected)]
        if not refused:
            return
        for event in (ActProposed(branch.act), *map(_refusal, refused)):
            state = self._offered.fold.apply(state, event)
            steps.append((event, state))
        if not all(isinstance(one, Cleared) for one in self._offered.verdicts(kept.text, state)):
            return
        messages = [*state.prompt, Message("assistant", kept.text)]
        told = dialogue(steps)
        end = self._last(told, kept) if told else None
        yield self._sample(
            "mends",
            f"{self._chain.id}.mend-b{number}",
            messages,
            (*told, end) if end else (),
        )

    def preferred(self, number: int, branch: Branch, kept: _Decision) -> Iterator[Sample]:
        """The kept act against one that was worse in its place."""
        if branch.reason not in _OF_THE_ACT:
            return
        told = dialogue(self._steps[: kept.position])
        end = self._last(told, kept)
        calls = read_calls(branch.act)
        # A losing reply was never rendered, and a losing text is no call: neither can be told.
        tellable = calls is not None and not any(name in REPLIES for name, _ in calls)
        yield self._sample(
            "preferences",
            f"{self._chain.id}.preference-{number}",
            [*kept.before.prompt, Message("assistant", kept.text)],
            (*told, end) if told and end and tellable else (),
            rejected=branch.act,
            rejected_message=call_message(calls, made_before(told)) if tellable and calls else None,
        )

    def _cut(self, kind: RowSet, one: _Decision) -> Sample:
        told = dialogue(self._steps[: one.position])
        end = self._last(told, one)
        return self._sample(
            kind,
            f"{self._chain.id}.{kind.removesuffix('s')}-{one.position}",
            [*one.before.prompt, Message("assistant", one.text)],
            (*told, end) if told and end else (),
        )

    def _last(self, told: Sequence[Said], one: _Decision) -> Said | None:
        """An act as the last message of a dialogue: its calls, or the text that it led to."""
        if not any(name in REPLIES for name, _ in one.calls):
            return call_message(one.calls, made_before(told)) if one.calls else None
        after = (event for event, _ in self._steps[one.position :])
        text = next((event.text for event in after if isinstance(event, Replied)), None)
        return None if text is None else {"role": "assistant", "content": text}

    def _sample(
        self,
        kind: RowSet,
        row_id: str,
        messages: Sequence[Message],
        told: tuple[Said, ...],
        *,
        rejected: str | None = None,
        rejected_message: Said | None = None,
    ) -> Sample:
        instruction, scenario = self._chain.instruction, self._chain.instruction.scenario
        shown = (self._offered.opening, *messages)
        apis = instruction.apis or tuple(dict.fromkeys(self._apis()))
        own = OWN_LICENCE if set(apis) <= _OWN and not instruction.specs else ""
        return Sample(
            id=row_id,
            set=kind,
            split=scenario.split,
            apis=apis,
            template=scenario.template,
            categories=scenario.categories,
            language=scenario.language,
            style=instruction.style,
            messages=tuple({"role": one.role, "content": one.content} for one in shown),
            tools=tuple(name for name in self._offered.acts if name not in REPLIES),
            acts=sum(one.role == "assistant" for one in messages),
            rejected=rejected,
            simulated=self._chain.simulated,
            licence="; ".join(instruction.licences) or own,
            chain=self._chain.id,
            schemas=self._offered.schemas,
            dialogue=told,
            rejected_message=rejected_message,
        )

    def _apis(self) -> Iterator[str]:
        return (act.api for name, act in self._offered.acts.items() if name not in REPLIES)


def _set_of(one: _Decision) -> RowSet | None:
    """The set that an act makes a row of."""
    if len(one.calls) != 1:
        return None
    name, arguments = one.calls[0]
    if name == ASKS:
        return "asks"
    if name == "decline":
        return "irrelevance" if arguments.get("reason") == _UNFIT else "declines"
    return None


def _fails(event: Event) -> bool:
    return isinstance(event, CallRejected) or (isinstance(event, CallObserved) and not event.ok)


def _refusal(one: Rejected) -> CallRejected:
    return CallRejected(one.id, one.name, one.arguments, one.rejections)
