"""Messages rendered by the chat template, with the spans that are the assistant's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Template, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agent.engines.chatml import jinja_template

_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
"""Private-use characters that stand where a span begins and ends, until they are taken out."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A conversation as text; `spans` are the parts (start, end) that a model is to learn."""

    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def learnt(self) -> tuple[str, ...]:
        """The text of each span."""
        return tuple(self.text[start:end] for start, end in self.spans)


class _Generation(Extension):
    """The tag ``generation`` of chat templates: what the assistant says is inside."""

    tags = {"generation"}  # noqa: RUF012 - as the base class has it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_mark"), [], [], body).set_lineno(line)

    def _mark(self, caller: Callable[[], str]) -> str:
        return f"{_OPEN}{caller()}{_CLOSE}"


@cache
def _template() -> Template:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation]
    )
    return environment.from_string(jinja_template())


def render(messages: Sequence[Mapping[str, str]]) -> Rendered:
    """Messages through `agent/engines/chat_template.jinja`, set up as Hugging Face sets it up.

    Raises ValueError where a message holds one of the characters that mark spans here.
    """
    if any(mark in one["content"] for one in messages for mark in (_OPEN, _CLOSE)):
        raise ValueError("a message holds a private-use character that marks spans")
    marked = _template().render(messages=messages, add_generation_prompt=False)
    text, spans = "", list[tuple[int, int]]()
    before, *pieces = marked.split(_OPEN)
    text += before
    for piece in pieces:
        inside, _, after = piece.partition(_CLOSE)
        spans.append((len(text), len(text) + len(inside)))
        text += inside + after
    return Rendered(text, tuple(spans))
