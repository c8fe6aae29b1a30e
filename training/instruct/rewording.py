"""Whether new lines say what the old ones said: all values, no code names, nothing early."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from agent.evidence.facts import Evidence, UserText
from agent.evidence.grounding import Ungrounded, ground
from agent.evidence.reader import Reader
from tools.spec import ToolSpec
from training.collect.wording import code_forms
from training.instruct.wishes import Value, Wish
from training.scenarios.scenario import Line

_LONGEST = 600


def faults(
    said: Sequence[str],
    wishes: Sequence[Wish],
    lines: Sequence[Line],
    tools: Sequence[ToolSpec],
    now: datetime,
) -> Iterator[str]:
    """What is wrong with new lines, in words that whoever wrote them can mend them by.

    `wishes` are what each of the old `lines` says. A value is said where the agent's own readers
    find it, so that a call with it is grounded.
    """
    if len(said) != len(wishes):
        yield f"it has {len(said)} lines, not {len(wishes)}"
        return
    reader, evidence = Reader(tools), Evidence()
    names = code_forms([name for tool in tools for name in (tool.name, *_parameters(tool))])
    for number, (text, wish, line) in enumerate(zip(said, wishes, lines, strict=True), 1):
        if not text.strip() or len(text) > _LONGEST:
            yield f"line {number} is empty, or longer than {_LONGEST} characters"
        for name in sorted(names):
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                yield f"line {number} holds the name {name}; say it in everyday words"
        before = evidence
        reading = reader.read_message(text, f"m{number}", now, evidence)
        evidence = evidence.plus(reading.facts, UserText(f"m{number}", text))
        for value in wish.values:
            if line.supplies and _held(value, before, now):
                yield f"{_shown(value)} must not be said before line {number}"
            if not _held(value, evidence, now):
                yield f"line {number} does not say {_shown(value)} so that it can be read"


def _parameters(tool: ToolSpec) -> Sequence[str]:
    return list(tool.parameters.get("properties", {}))


def _held(value: Value, evidence: Evidence, now: datetime) -> bool:
    if value.rule is None:
        return any(value.said in text.text for text in evidence.texts)
    return not isinstance(ground(value.value, value.rule, evidence, now), Ungrounded)


def _shown(value: Value) -> str:
    return f"{value.label} = {value.value}"
