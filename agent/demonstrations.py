"""What a model needs that was never trained on acts: examples in its prompt, and a calibration."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from agent.acts import act_text
from agent.engines.base import Message, Role
from agent.options import Options


def for_untuned(options: Options) -> Options:
    """Options with the demonstrations and the calibration of the untuned default model."""
    sampling = replace(options.sampling, calibration=calibration())
    return replace(options, demonstrations=demonstrations(), sampling=sampling)


def demonstrations() -> tuple[Message, ...]:
    """The booking demonstration as messages of a prompt; see ``demonstrations.yaml``."""
    return tuple(
        _message(role, said) for entry in _read()["messages"] for role, said in entry.items()
    )


def calibration() -> tuple[tuple[str, float], ...]:
    """The untuned default model's calibration; see `agent.engines.base.Sampling`."""
    return tuple(_read()["calibration"].items())


@cache
def _read() -> dict[str, Any]:
    text = files("agent").joinpath("demonstrations.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _message(role: Role, said: Any) -> Message:
    if role != "assistant":
        return Message(role, said)
    name, arguments = said
    return Message("assistant", act_text([(name, arguments)]))
