"""What a first message asked for: single questions, for the formats that know nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from training.export.sample import REPLIES, Sample


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the calls that answer it, none where no tool on offer is for it."""

    question: str
    calls: Sequence[tuple[str, Mapping[str, Any]]]


def asked(sample: Sample) -> Asked | None:
    """The question that a row opens with; None where text answers it although tools would.

    Only whole conversations and irrelevance rows count: what else begins alike would come twice.
    """
    if sample.set not in ("chains", "irrelevance") or len(sample.dialogue) < 3:
        return None
    _, question, answer = sample.dialogue[:3]
    calls = [
        (call["function"]["name"], orjson.loads(call["function"]["arguments"]))
        for call in answer.get("tool_calls", ())
    ]
    if sample.set == "irrelevance":
        return None if calls or len(sample.dialogue) > 3 else Asked(question["content"], ())
    return Asked(question["content"], calls) if calls else None


def tools(sample: Sample) -> list[dict[str, Any]]:
    """The real tools on offer, as OpenAI function tools."""
    functions: list[dict[str, Any]] = orjson.loads(sample.schemas)
    return [one for one in functions if one["function"]["name"] not in REPLIES]
