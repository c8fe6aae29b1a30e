"""Lark text in llguidance's dialect: rules, and the acts that a turn may consist of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from agent.evidence.facts import Scalar
from agent.shapes import quoted


@dataclass(slots=True)
class Lark:
    """Rules under construction; equal bodies share one rule."""

    most_calls: int
    names: dict[str, str] = field(default_factory=dict[str, str])
    groups: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def rule(self, body: str) -> str:
        """The name of the rule with this body."""
        return self.names.setdefault(body, f"r{len(self.names)}")

    def choice(self, values: Sequence[Scalar]) -> str | None:
        """A rule for one of the values as JSON; None for none."""
        return self.rule(" | ".join(map(literal, values))) if values else None

    def offer(self, group: str, body: str) -> None:
        """Put an act of a group (read, write, reply) on offer."""
        self.groups.setdefault(group, []).append(self.rule(body))

    def text(self) -> str:
        """The whole grammar; empty where nothing is on offer."""
        if not self.groups:
            return ""
        lines = [f"start: {' | '.join(self.groups)}"]
        for group, rules in self.groups.items():
            repeat = "" if group == "reply" else f' ("\\n" {group}_call){{0,{self.most_calls - 1}}}'
            lines += (f"{group}_call: {' | '.join(rules)}", f"{group}: {group}_call{repeat}")
        lines += (f"{name}: {body}" for body, name in self.names.items())
        return "%llguidance {}\n" + "\n".join(lines) + "\n"


def members(required: Sequence[str], optional: Sequence[str]) -> str:
    """Members of an object, required ones first, commas placed right whichever are there."""
    if required:
        return every(required) + "".join(f' ("," {pair})?' for pair in optional)
    return f"({some(optional)})?" if optional else ""


def every(items: Sequence[str]) -> str:
    """All of the items, commas between them."""
    return ' "," '.join(items)


def some(items: Sequence[str]) -> str:
    """At least one of the items, in their order, commas between them."""
    return " | ".join(
        item + "".join(f' ("," {later})?' for later in items[index + 1 :])
        for index, item in enumerate(items)
    )


def literal(value: Scalar) -> str:
    """A value as JSON, as a Lark literal."""
    return quoted(orjson.dumps(value).decode())
