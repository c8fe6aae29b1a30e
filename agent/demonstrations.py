"""Examples in the prompt, for a model that was never trained on acts."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

from agent.acts import act_text
from agent.engines.base import Message, Role


def demonstrations() -> tuple[Message, ...]:
    """The booking demonstration as messages of a prompt; see ``demonstrations.yaml``."""
    text = files("agent").joinpath("demonstrations.yaml").read_text(encoding="utf-8")
    entries: list[dict[Role, Any]] = yaml.safe_load(text)
    return tuple(_message(role, said) for entry in entries for role, said in entry.items())


def _message(role: Role, said: Any) -> Message:
    if role != "assistant":
        return Message(role, said)
    name, arguments = said
    return Message("assistant", act_text([(name, arguments)]))
