"""The round trip: whoever sees only the conversation and the tools arrives at the same acts.

Without a model: every act can be written under the grammar of its turn, which offers nothing but
what the evidence holds, and whatever the person supplied could have meant few other values. With
a model (`SecondPass`): its greedy calls are the chain's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from agent.acts import ASKS, is_reply, parse_act
from agent.calls import ProposedCall, Rejected
from agent.clearance import leaves, signature
from agent.engines.base import Engine, Sampling
from agent.grammar import ActGrammar
from agent.json_values import is_object
from agent.known import Known
from agent.limits import limits_of
from agent.offer import offer
from tools.spec import ToolSpec
from training.verify.faults import Fault
from training.verify.replay import Bench, Decision, Replay
from training.verify.writing import as_written

MOST_READINGS = 8
"""A value that the person supplied may be one among so many of its kind."""


class SecondPass(Protocol):
    """Opens a model that decides once more. Must pickle."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its decisions depend on."""
        ...

    def open(self) -> AbstractAsyncContextManager[Engine]:
        """Load or reach the model; release it at the end."""
        ...


class Reader:
    """Reads the acts of logs over one bench back from their evidence."""

    def __init__(self, bench: Bench) -> None:
        self._acts = {act.name: act for act in bench.acts}
        self._catalog = bench.catalog
        self._grammars: dict[frozenset[str], ActGrammar] = {}

    def read(self, replay: Replay) -> tuple[str, ...] | Fault:
        """All acts as the grammars of their turns write them (`training.verify.writing`).

        Else the first that the evidence of its turn does not lead to.
        """
        texts: list[str] = []
        for decision in replay.decisions():
            grammar = self._grammar(decision.calls)
            state = decision.state
            lark = grammar.lark(state.evidence, state.clock, "grounded", limits_of(state))
            text = as_written(lark, decision.text, decision.calls) if lark else None
            if text is None:
                return Fault("round_trip/not_derivable", decision.text)
            texts.append(text)
            for pointer, readings in self._readings(decision):
                if readings > MOST_READINGS:
                    detail = f"{readings} readings of {pointer} in {decision.text}"
                    return Fault("round_trip/ambiguous_value", detail)
        return tuple(texts)

    async def differs(self, replay: Replay, engine: Engine) -> Fault | None:
        """The first tool calls that a model decides otherwise, in the chain's own states.

        Raises `tools.errors.EngineError`.
        """
        offered = offer(self._catalog)
        for decision in replay.decisions():
            if is_reply(self._acts[decision.calls[0].name]):
                continue
            state = decision.state
            lark = offered.grammar.lark(state.evidence, state.clock, "grounded", limits_of(state))
            prompt = (offered.opening, *state.prompt)
            completion = await engine.propose(prompt, lark, Sampling())
            again = parse_act(completion.text, state.next_call)
            if isinstance(again, Rejected) or self._canonical(again) != self._canonical(
                decision.calls
            ):
                detail = f"{completion.text} for {decision.text}"
                return Fault("round_trip/second_pass_differs", detail)
        return None

    def _grammar(self, calls: Sequence[ProposedCall]) -> ActGrammar:
        """The grammar narrowed down to the acts that were chosen.

        An act is one of many choices, so the others need not be written to know that it is among
        them; only what is asked for depends on all tools.
        """
        names = frozenset(call.name for call in calls)
        if ASKS in names:
            names = frozenset(self._acts)
        if names not in self._grammars:
            chosen = [act for act in self._acts.values() if act.name in names]
            self._grammars[names] = ActGrammar(chosen)
        return self._grammars[names]

    def _readings(self, decision: Decision) -> Iterator[tuple[str, int]]:
        """Each value that only a person supplies, with how many the conversation offers for it.

        Texts are left out: a text is any span of what was typed.
        """
        known = Known(decision.state.evidence, decision.state.clock)
        for call in decision.calls:
            tool = self._acts[call.name]
            for pointer, _ in leaves(call.arguments):
                rule = tool.rule_at(pointer)
                if rule is None or "user" not in rule.sources or rule.kind in ("text", "entity"):
                    continue
                supplied = {one.value for one in known.facts(rule) if one.source == "user"}
                yield pointer, len(supplied)

    def _canonical(self, calls: Sequence[ProposedCall]) -> list[str]:
        return sorted(_signature(self._acts.get(call.name), call) for call in calls)


def _signature(tool: ToolSpec | None, call: ProposedCall) -> str:
    known = tool is not None and is_object(call.arguments)
    return signature(tool, call.arguments) if tool and known else f"{call.name} {call.arguments!r}"
