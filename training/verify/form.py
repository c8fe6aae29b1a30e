"""The gate of form: a chain can be read, rendered and shown, and gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from agent.acts import parse_act
from agent.calls import ProposedCall, Rejected
from agent.engines.base import Message
from agent.engines.chatml import END, START, render
from agent.events import ActProposed, CallCleared, Event, PlanMade
from agent.evidence.language import detect
from agent.evidence.tokens import cut
from tools.spec import ToolSpec
from training.records import Chain, Instruction
from training.verify.faults import Fault
from training.verify.replay import Replay

_MESSAGE = re.compile(
    rf"{re.escape(START.text)}(system|user|assistant|tool)\n(.*?){re.escape(END.text)}\n", re.DOTALL
)
_CODE = re.compile(r"(?<![\w@.])[A-Za-z][\w-]*\w(?![\w@])")
_IDENTIFIER = re.compile(r"\w_\w|[a-z][A-Z]")


def unreadable(events: Sequence[Event]) -> Fault | None:
    """An act that does not parse, or planned calls that are not those that were proposed."""
    proposed: Sequence[ProposedCall] = ()
    planned: dict[str, ProposedCall] = {}
    for event in events:
        match event:
            case ActProposed(text=text):
                act = parse_act(text, 1)
                if isinstance(act, Rejected):
                    return Fault("format/unparsable_act", act.rejections[0].message)
                proposed = act
            case PlanMade(steps=steps):
                if [step.name for step in steps] != [call.name for call in proposed]:
                    return Fault("format/another_call", f"{steps} for {proposed}")
                planned = {step.id: call for step, call in zip(steps, proposed, strict=True)}
            case CallCleared(call_id=call_id, name=name, arguments=arguments):
                call = planned.get(call_id)
                if call and (call.name, call.arguments) != (name, arguments):
                    return Fault("format/another_call", f"{call_id}: {arguments}")
            case _:
                pass
    return None


def unrenderable(opening: Message, replay: Replay) -> Fault | None:
    """A prompt that does not read back from its own rendering (`agent.engines.chatml`).

    Trainers parse control tokens anywhere in the text, so content that holds one would end its
    message there.
    """
    messages = (opening, *replay.end.prompt)
    text = render(messages, generation_prompt=False)
    found = [Message(one[1], one[2]) for one in _MESSAGE.finditer(text)]  # type: ignore[arg-type]
    if found == [*messages]:
        return None
    bad = next((m for m, f in zip(messages, found, strict=False) if m != f), messages[-1])
    return Fault("format/not_rendering", bad.content[:200])


def mislabelled(chain: Chain, *, simulated: bool) -> Fault | None:
    """A label that is not true: the language, or that real servers answered."""
    if chain.simulated != simulated:
        said = "simulated" if chain.simulated else "real"
        return Fault("format/simulated_unsaid", f"it says that its APIs are {said}")
    scenario = chain.instruction.scenario
    text = said_by_user(chain.instruction)
    language = detect(text, cut(text))
    if language is not None and language != scenario.language:
        return Fault("format/wrong_language", f"{language}, labelled {scenario.language}")
    return None


def gives_away(
    instruction: Instruction, tools: Sequence[ToolSpec], opening: Message, events: Sequence[Event]
) -> Fault | None:
    """A question that names an operation or an argument as code does, or a name meant hidden."""
    own = _code(_own_names(instruction))
    unhidden = {tool.name for tool in tools} & instruction.masked.keys()
    acts = (event.text for event in events if isinstance(event, ActProposed))
    for text in (opening.content, *acts) if own else ():
        unhidden |= _named(text, own)
    if unhidden:
        return Fault("format/masked_name", ", ".join(sorted(unhidden)))
    code = own | _code(tool.name for tool in tools) | _code(_parameters(tools))
    named = _named(said_by_user(instruction), code)
    return Fault("format/names_operation", ", ".join(sorted(named))) if named else None


def said_by_user(instruction: Instruction) -> str:
    """Everything that the person says in a conversation."""
    return "\n".join(line.text for line in instruction.scenario.lines)


def _own_names(instruction: Instruction) -> Iterator[str]:
    """Names that are hidden: of tools, and of arguments at any depth."""
    for key in instruction.masked:
        tool, *pointer = key.split("/")
        yield pointer[-1] if pointer else tool


def _parameters(tools: Sequence[ToolSpec]) -> Iterator[str]:
    for tool in tools:
        yield from tool.parameters.get("properties", {})


def _code(names: Iterable[str]) -> set[str]:
    """Of some names those that nobody would write but in code: of several words, joined."""
    return {_caseless(name) for name in names if _IDENTIFIER.search(name)}


def _named(text: str, code: set[str]) -> set[str]:
    return {word for word in map(_caseless, _CODE.findall(text)) if word in code}


def _caseless(name: str) -> str:
    # Without its capitals a camelCase name may be a plain word: checkIn, eMail.
    return name.lower() if "_" in name else name
