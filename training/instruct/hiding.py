"""A conversation under neutral names: ``fn_2`` and ``arg_c`` in place of an API's own.

See `training.benchmark.openapi.masking` for the technique. What people say stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.acts import ASKS
from tools.spec import ToolSpec
from training.benchmark.openapi.masking import Masked, Masker
from training.instruct.backwards import Talk
from training.scenarios.scenario import Act, Call

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Hidden:
    """A talk and its tools under neutral names, and these by the own ones.

    `names` holds each tool (``findBooks``) and each of its arguments (``findBooks/author``).
    """

    talk: Talk
    tools: tuple[ToolSpec, ...]
    names: Mapping[str, str]


def hide(talk: Talk, tools: Sequence[ToolSpec]) -> Hidden | None:
    """The talk under neutral names; None where a tool that it calls cannot be hidden.

    Others that cannot are no longer on offer. No id of a result may be an argument in it: neutral
    names do not tell kinds of ids apart.
    """
    masker = Masker()
    hidden: dict[str, Masked] = {}
    for tool in tools:
        masked = masker.mask(tool)
        if masked is not None:
            hidden[tool.name] = masked
    if not {step.tool.name for step in talk.steps} <= hidden.keys():
        return None
    names: dict[str, str] = {}
    for own, masked in hidden.items():
        names[own] = masked.tool.name
        names |= {f"{own}{pointer}": name for pointer, name in masked.names.items()}
    return Hidden(_renamed(talk, hidden), tuple(one.tool for one in hidden.values()), names)


def _renamed(talk: Talk, hidden: Mapping[str, Masked]) -> Talk:
    asked: Mapping[str, str] = hidden[talk.steps[0].tool.name].names if talk.steps else _NOTHING

    def call(one: Call) -> Call:
        if one.name == ASKS:
            return Call(ASKS, {"about": [asked[f"/{name}"] for name in one.arguments["about"]]})
        masked = hidden.get(one.name)
        return Call(masked.tool.name, masked.arguments(one.arguments)) if masked else one

    def act(one: Act) -> Act:
        return tuple(map(call, one))

    return replace(
        talk,
        lines=tuple(
            replace(line, supplies=tuple(asked[f"/{name}"] for name in line.supplies))
            for line in talk.lines
        ),
        gold=tuple(map(act, talk.gold)),
        goal=replace(talk.goal, reads=act(talk.goal.reads), writes=act(talk.goal.writes or ())),
        steps=tuple(
            replace(
                step,
                tool=hidden[step.tool.name].tool,
                arguments=hidden[step.tool.name].arguments(step.arguments),
            )
            for step in talk.steps
        ),
    )
