"""ChatML, the chat template of training and serving: one renderer for both.

A message is ``<|im_start|>{role}\\n{content}<|im_end|>\\n``. Rendering never changes what an
earlier message looks like, so the prompt of a later turn begins with the earlier prompt and its
completion. `chat_template.jinja` says the same to tools that read Jinja.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from agent.engines.base import Message


@dataclass(frozen=True, slots=True)
class Control:
    """A control token. Only the renderer makes one; text that looks like one stays text."""

    text: str


START = Control("<|im_start|>")
END = Control("<|im_end|>")


def segments(
    messages: Sequence[Message], *, generation_prompt: bool = True
) -> Iterator[Control | str]:
    """The prompt in pieces, control tokens kept apart from text.

    An engine that tokenises must encode the text pieces without parsing special tokens: what a
    user or a hotel review writes can then never end a message or begin another.
    """
    for message in messages:
        yield START
        yield f"{message.role}\n{message.content}"
        yield END
        yield "\n"
    if generation_prompt:
        yield START
        yield "assistant\n"


def render(messages: Sequence[Message], *, generation_prompt: bool = True) -> str:
    """The prompt as one string."""
    pieces = segments(messages, generation_prompt=generation_prompt)
    return "".join(piece.text if isinstance(piece, Control) else piece for piece in pieces)


def jinja_template() -> str:
    """The same template for Hugging Face tokenizers, assistant tokens marked for the loss."""
    return resources.files("agent.engines").joinpath("chat_template.jinja").read_text("utf-8")
