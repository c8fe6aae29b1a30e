"""The reverse way: from executed calls to what a person says so that they are made.

Nobody in it names an operation. Every value of a call is either said, taken from a result that was
shown, or left to the tool's defaults; `recoverable` proves it with the readers and the clearance
that the agent itself uses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agent.acts import ASKS, reply_acts
from agent.calls import Cleared, ProposedCall
from agent.clearance import Policy, clear
from agent.evidence.facts import Evidence, UserText
from agent.evidence.language import detect
from agent.evidence.reader import Reader
from agent.evidence.tokens import cut
from agent.grammar import ActGrammar
from tools.spec import ToolSpec
from training.collect.arguments import Slot
from training.collect.questions import Named, fill
from training.collect.surface import listed, say
from training.collect.wording import code_forms
from training.instruct.chains import Step
from training.instruct.intents import intent, wanted
from training.scenarios.scenario import Act, Call, Decision, Goal, Line

STYLES = ("imperative", "question", "terse", "chatty", "polite", "sloppy")
_FILE = Path(__file__).with_name("shells.yaml")
_OPENED, _CLOSED = 0.25, 0.2
_CAPITAL = "Iİ"
_CHOSEN = frozenset({"term", "boolean"})
_PRESENT: Act = (Call("present", {"result": "$result"}),)
_DONE: Act = (Call("finish", {"topic": "done"}),)


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation in the making: lines, gold acts, the goal, the executed calls in order.

    `heard[n]` says how many lines are said before call n is made.
    """

    lines: tuple[Line, ...]
    gold: tuple[Act, ...]
    goal: Goal
    steps: tuple[Step, ...]
    heard: tuple[int, ...]
    decision: Decision = "approve"


@dataclass(frozen=True, slots=True)
class Voice:
    """How somebody writes: language, style, and what they draw their sentences with."""

    language: str
    style: str
    rng: random.Random

    def wish(self, tool: ToolSpec, said: Sequence[Slot], *, framed: bool = True) -> str:
        """A first sentence that wants a tool's purpose and names these values."""
        shells = _shells(self.language)
        shell = self.rng.choice(shells["said" if said else "bare"][self.style])
        text = fill(shell, self._intent(tool), self._named(said), shells)
        return self._framed(text, shells) if framed else text

    def next_wish(self, step: Step, source: Step) -> str:
        """What is wanted of something that was shown: the second one of a list, or that one."""
        shells = _shells(self.language)
        several = len(source.rows) > 1
        which = self.rng.choice([shells["which"][step.position]]) if several else ""
        shell = self.rng.choice(shells["then" if several else "it"])
        wish = self._intent(step.tool)
        text = shell.format(intent=wish, Intent=wish[:1].upper() + wish[1:], which=which)
        if step.said:
            details = self.rng.choice(shells["details"])
            text = f"{text} {fill(details, '', self._named(step.said), shells)}"
        return text[:1].upper() + text[1:] if self.style != "sloppy" else text

    def also(self, text: str) -> str:
        """A second wish beside a first."""
        return self.rng.choice(_shells(self.language)["also"]).format(said=text)

    def answer(self, slot: Slot) -> str:
        """The value that was asked for."""
        named = self._named([slot])[0]
        shell: str = self.rng.choice(_shells(self.language)["answer"])
        if not named.sentence:
            shell = "{Label}: {value}"
        label = named.label
        return shell.format(value=named.text, label=label, Label=label[:1].upper() + label[1:])

    def _intent(self, tool: ToolSpec) -> str:
        found = intent(tool)
        assert found is not None, f"{tool.name} is in no kit"
        verb, rest = found
        for group in _shells(self.language).get("verbs", ()):
            if verb in group["verbs"]:
                return str(self.rng.choice(group["say"])).format(rest=rest)
        return wanted(found, self.rng)

    def _named(self, said: Sequence[Slot]) -> list[Named]:
        word = _shells(self.language)["conjunction"]
        return [
            Named(
                slot.label,
                listed([say(one, slot.rule, self.language, self.rng) for one in slot.values], word),
                not isinstance(slot.values[0], bool),
            )
            for slot in said
        ]

    def _framed(self, text: str, shells: Mapping[str, Any]) -> str:
        if self.rng.random() < _OPENED:
            opener: str = self.rng.choice(shells["openers"])
            goes_on = opener.endswith(",") and text[0] not in _CAPITAL and self.language != "de"
            text = f"{opener} {text[0].lower() if goes_on else text[0]}{text[1:]}"
        if self.rng.random() < _CLOSED:
            text = f"{text} {self.rng.choice(shells['closers'])}"
        return text


def tell(steps: Sequence[Step], voice: Voice) -> Talk:
    """A conversation for a chain: a wish for the first call, then one for each that follows.

    A result is shown before the next wish; a write is approved and reported.
    """
    lines = [Line(voice.wish(steps[0].tool, steps[0].said))]
    gold: list[Act] = []
    for number, step in enumerate(steps):
        if number:
            lines.append(Line(voice.next_wish(step, steps[step.source])))
        gold += [(_call(step),), _end(step)]
    return Talk(
        tuple(lines), tuple(gold), _goal(steps), tuple(steps), tuple(range(1, len(steps) + 1))
    )


def tell_at_once(steps: Sequence[Step], voice: Voice) -> Talk:
    """Two reads wished for in one breath: both are made in one act."""
    first = voice.wish(steps[0].tool, steps[0].said, framed=False)
    plainly = replace(voice, style="imperative")
    second = plainly.wish(steps[1].tool, steps[1].said, framed=False)
    text = f"{first} {voice.also(second)}"
    gold: tuple[Act, ...] = (tuple(map(_call, steps)), _PRESENT)
    return Talk((Line(text),), gold, _goal(steps), tuple(steps), (1,) * len(steps))


def tell_late(step: Step, missing: Slot, voice: Voice) -> Talk:
    """A wish that lacks a value, which the person gives when asked."""
    said = tuple(slot for slot in step.said if slot is not missing)
    lines = (
        Line(voice.wish(step.tool, said)),
        Line(voice.answer(missing), supplies=(missing.name,)),
    )
    ask: Act = (Call(ASKS, {"about": [missing.name]}),)
    return Talk(lines, (ask, (_call(step),), _end(step)), _goal((step,)), (step,), (2,))


def tell_declined(step: Step, voice: Voice) -> Talk:
    """A write that the person wishes for, and does not approve."""
    lines = (Line(voice.wish(step.tool, step.said)),)
    return Talk(lines, ((_call(step),),), Goal(writes=()), (step,), (1,), decision="decline")


def tell_out_of_scope(step: Step, voice: Voice) -> Talk:
    """A wish that no tool on offer can fulfil."""
    lines = (Line(voice.wish(step.tool, step.said)),)
    decline: Act = (Call("decline", {"reason": "out_of_scope"}),)
    goal = Goal(writes=(), closes=("decline",), silent=True)
    return Talk(lines, (decline,), goal, (), ())


def speaks(talk: Talk, language: str) -> bool:
    """Whether the agent takes the first line for this language; English is what it assumes."""
    text = talk.lines[0].text
    return (detect(text, cut(text)) or "en") == language


def recoverable(talk: Talk, tools: Sequence[ToolSpec], now: datetime) -> str:
    """Why a talk does not hold what its calls need; "" where it does.

    Every call must be cleared with what was said and shown before it, and each value that is named
    must be found in what was said. No line may hold a name in code form.
    """
    text = " ".join(line.text for line in talk.lines)
    names = [tool.name for tool in tools] + [
        name for step in talk.steps for name in step.tool.parameters.get("properties", {})
    ]
    if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in code_forms(names)):
        return "names_code"
    reader, evidence, heard = Reader(tools), Evidence(), 0
    asks = talk.gold[0][0] if talk.gold[0][0].name == ASKS else None
    by_name = {tool.name: tool for tool in tools}
    for number, (step, lines) in enumerate(zip(talk.steps, talk.heard, strict=True), 1):
        for place, line in enumerate(talk.lines[heard:lines], heard + 1):
            reading = reader.read_message(line.text, f"m{place}", now, evidence)
            evidence = evidence.plus(reading.facts, UserText(f"m{place}", line.text))
            if asks and place == 1 and not _lacking(asks, tools, evidence, now):
                return "not_missing"
        heard = max(heard, lines)
        call = ProposedCall(f"c{number}", step.tool.name, dict(step.arguments))
        verdict = clear(call, by_name, evidence, Policy(now))
        if not isinstance(verdict, Cleared):
            return f"not_cleared: {verdict.rejections[0].code}"
        if _unheld(step, verdict):
            return "value_not_said"
        evidence = evidence.plus(reader.read_result(step.tool, step.body, f"c{number}"))
    return ""


def _lacking(asks: Call, tools: Sequence[ToolSpec], evidence: Evidence, now: datetime) -> bool:
    """Whether what is asked for is what the nearest tool lacks, as the turn's grammar sees it."""
    missing = ActGrammar([*tools, *reply_acts(tools)]).missing(evidence, now)
    return {*asks.arguments["about"]} <= {*missing}


def _unheld(step: Step, call: Cleared) -> bool:
    """Whether a value that the person must name was found nowhere, in their words or a result."""
    said = [slot for slot in step.said if slot.rule.kind not in _CHOSEN]
    held = sum(
        one.source == "result" or (one.source in {"user", "context"} and ":" in one.ref)
        for one in call.provenance.values()
    )
    return held < sum(len(slot.values) for slot in said)


def _call(step: Step) -> Call:
    return Call(step.tool.name, step.arguments)


def _end(step: Step) -> Act:
    return _PRESENT if step.tool.effect == "read" else _DONE


def _goal(steps: Sequence[Step]) -> Goal:
    return Goal(
        reads=tuple(_call(step) for step in steps if step.tool.effect == "read"),
        writes=tuple(_call(step) for step in steps if step.tool.effect == "write"),
        closes=(_end(steps[-1])[0].name,),
    )


def _shells(language: str) -> Mapping[str, Any]:
    return _bank()[language]


@cache
def _bank() -> Mapping[str, Any]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))
