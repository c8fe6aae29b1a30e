"""Names that say nothing: ``fn_3`` and ``arg_b`` in place of an API's own.

The technique is that of Hammer (Lin et al. 2024, "Robust Function-Calling via Function Masking").

A model that goes by names alone fails; one that reads descriptions does not. What the names said
stands in the tool's description, in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count, product
from string import ascii_lowercase as LETTERS  # noqa: N812
from typing import Any, cast

from agent.json_values import is_array, is_object
from tools.spec import JsonSchema, ToolSpec, ValueRule
from training.collect.wording import first_sentence, plain_name

LONGEST = 118
"""Characters of a description that a tool's signature line shows whole (`tools.signature`)."""

_BRANCHING = ("anyOf", "oneOf", "allOf", "patternProperties", "additionalProperties")


@dataclass(frozen=True, slots=True)
class Masked:
    """A tool under neutral names. `names` maps the pointer of each argument to its new name."""

    tool: ToolSpec
    names: Mapping[str, str]

    def arguments(self, value: Any, pointer: str = "") -> Any:
        """The arguments of a call of the original under the new names."""
        if is_object(value):
            return {
                self.names[f"{pointer}/{name}"]: self.arguments(one, f"{pointer}/{name}")
                for name, one in value.items()
            }
        if is_array(value):
            return [self.arguments(one, f"{pointer}/*") for one in value]
        return value


class Masker:
    """Masks the tools of one task; no two arguments share a name.

    Arguments are lettered: a number in a question ("Please give me: arg 2") would be a claim.
    """

    def __init__(self) -> None:
        self._tools = count(1)
        self._letters = ("".join(one) for size in (1, 2) for one in product(LETTERS, repeat=size))

    def mask(self, tool: ToolSpec) -> Masked | None:
        """The tool under neutral names; None where words for its arguments do not fit."""
        if not _is_plain(tool.parameters):
            return None
        names: dict[str, str] = {}

        def name(pointer: str) -> str:
            if pointer not in names:
                names[pointer] = f"arg_{next(self._letters)}"
            return names[pointer]

        parameters = _renamed(tool.parameters, "", name)
        description = _described(tool, names)
        if description is None:
            return None
        top = {pointer[1:]: name for pointer, name in names.items() if pointer.count("/") == 1}
        masked = replace(
            tool,
            name=f"fn_{next(self._tools)}",
            description=description,
            parameters=parameters,
            locations={top.get(name, name): one for name, one in tool.locations.items()},
            wire_names={top.get(name, name): one for name, one in tool.wire_names.items()},
            styles={top.get(name, name): one for name, one in tool.styles.items()},
            body_argument=tool.body_argument and top.get(tool.body_argument, tool.body_argument),
            rules={
                _pointer(at, names): _rule(at, rule, names)
                for at, rule in tool.rules.items()
                if at.removesuffix("/*") in names
            },
        )
        return Masked(masked, names)


def _is_plain(schema: JsonSchema) -> bool:
    """Whether a schema is objects, lists and scalars, with no choice of shapes."""
    if any(is_object(schema.get(key)) or is_array(schema.get(key)) for key in _BRANCHING):
        return False
    held: list[Any] = [*schema.get("properties", {}).values(), schema.get("items")]
    return all(_is_plain(one) for one in held if is_object(one))


def _renamed(schema: JsonSchema, pointer: str, name: Callable[[str], str]) -> dict[str, Any]:
    result = dict(schema)
    if is_object(schema.get("properties")):
        properties = cast("Mapping[str, JsonSchema]", schema["properties"])
        result["properties"] = {
            name(f"{pointer}/{key}"): _renamed(one, f"{pointer}/{key}", name)
            for key, one in properties.items()
        }
        result["required"] = [name(f"{pointer}/{key}") for key in schema.get("required", ())]
    if is_object(schema.get("items")):
        result["items"] = _renamed(schema["items"], f"{pointer}/*", name)
    return result


def _described(tool: ToolSpec, names: Mapping[str, str]) -> str | None:
    """What the tool does and what its arguments are, in one sentence that a signature shows."""
    legend: list[str] = []
    for pointer, name in names.items():
        rule = tool.rules.get(pointer)
        label = plain_name(pointer.rpartition("/")[2], (rule.entity if rule else None) or "")
        if label is None:
            return None
        legend.append(f"{name} {label}")
    said = first_sentence(tool.description)
    said += f" ({', '.join(legend)})" if legend else ""
    return said if len(said) <= LONGEST else None


def _pointer(at: str, names: Mapping[str, str]) -> str:
    """A rule's pointer under the new names; ``*`` stays."""
    parts = at.split("/")
    steps = ["/".join(parts[: end + 1]) for end in range(1, len(parts))]
    return "".join(f"/{'*' if step.endswith('/*') else names[step]}" for step in steps)


def _rule(at: str, rule: ValueRule, names: Mapping[str, str]) -> ValueRule:
    """A rule without the words that a name gave it."""
    own = names[at.removesuffix("/*")]
    return replace(
        rule,
        entity=rule.entity and "id",
        vocabulary=own if rule.kind == "term" else rule.vocabulary,
    )
