"""TRL: conversational data, by the type that each set is for.

``chains`` are language modelling (`messages`), decisions are prompt and completion, so that only
the decision is learnt, and pairs are preferences. `tools` is a JSON string of function tools,
which TRL's trainers read (schemas differ too much from row to row for a column of their own).
Source: TRL's documentation, "Dataset formats and types".
"""

from __future__ import annotations

from typing import Any

from training.export.sample import Sample


def trl(sample: Sample) -> dict[str, Any]:
    """A line: the messages under the names of the set's type, the tools, and what the row is."""
    return {**told(sample), "tools": sample.schemas, **about(sample)}


def told(sample: Sample) -> dict[str, Any]:
    """The messages: all of them, or split before the last one."""
    messages = [dict(one) for one in sample.messages]
    if sample.set == "chains":
        return {"messages": messages}
    if sample.rejected is None:
        return {"prompt": messages[:-1], "completion": messages[-1:]}
    rejected = {"role": "assistant", "content": sample.rejected}
    return {"prompt": messages[:-1], "chosen": messages[-1:], "rejected": [rejected]}


def about(sample: Sample) -> dict[str, Any]:
    """What the row is, beside its messages."""
    return {
        "id": sample.id,
        "chain": sample.chain,
        "apis": list(sample.apis),
        "template": sample.template,
        "categories": list(sample.categories),
        "language": sample.language,
        "style": sample.style,
        "acts": sample.acts,
        "simulated": sample.simulated,
        "licence": sample.licence,
    }
