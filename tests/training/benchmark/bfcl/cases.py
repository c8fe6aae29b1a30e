"""Cases of our own in BFCL's format: every kind of parameter, accepted list and category."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from agent.calls import ProposedCall
from agent.engines.base import Message
from training.benchmark.bfcl.data import Answer, Case

Arguments = dict[str, Any]

FERRY: dict[str, Any] = {
    "name": "ferries.search",
    "description": "Ferries between two ports.",
    "parameters": {
        "type": "dict",
        "properties": {
            "from_port": {"type": "string", "description": "Where it leaves."},
            "to_port": {"type": "string", "description": "Where it arrives."},
            "cars": {"type": "integer", "description": "How many cars."},
            "length": {"type": "float", "description": "Length of the longest car in metres."},
            "direct": {"type": "boolean", "description": "Only direct ones."},
            "decks": {"type": "array", "items": {"type": "string"}, "description": "Decks."},
            "position": {"type": "tuple", "items": {"type": "float"}, "description": "At sea."},
            "class": {"type": "string", "enum": ["deck", "cabin"], "description": "Class."},
            "driver": {
                "type": "dict",
                "description": "Who drives.",
                "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            },
            "people": {
                "type": "array",
                "items": {"type": "dict", "properties": {"name": {"type": "string"}}},
                "description": "Who travels.",
            },
            "anything": {"type": "any", "description": "What else is wanted."},
        },
        "required": ["from_port", "to_port"],
    },
}
TIDES: dict[str, Any] = {
    "name": "tides",
    "description": "High and low water.",
    "parameters": {
        "type": "dict",
        "properties": {"port": {"type": "string", "description": "Where."}},
        "required": ["port"],
    },
}
ROUTE = {"from_port": ["Hull"], "to_port": ["Zeebrugge", "Zeebrugge, Belgium"]}
GIVEN: Arguments = {"from_port": "Hull", "to_port": "Zeebrugge"}


def a_case(
    *answers: dict[str, Any], category: str = "live_multiple", question: str = "A ferry, please."
) -> Case:
    """A case over both functions; an answer's accepted values are those of a ferry."""

    return Case(
        f"{category}_0",
        category,
        (Message("user", question),),
        (FERRY, TIDES),
        tuple(Answer("ferries.search", {**ROUTE, **accepted}) for accepted in answers),
    )


def ferry(**arguments: Any) -> ProposedCall:
    """A call for the route, with further arguments."""
    return ProposedCall("c1", "ferries.search", {**GIVEN, **arguments})


def write_files(folder: Path) -> Path:
    """BFCL's files with one case a category, in a folder like the package's."""
    data = folder / "bfcl_eval" / "data"
    (data / "possible_answer").mkdir(parents=True)
    question = [[{"role": "user", "content": "A ferry from Hull to Zeebrugge."}]]
    truth = [{"ferries.search": {**ROUTE, "cars": [1, ""]}}]
    for category in ("simple_python", "multiple", "parallel", "parallel_multiple"):
        for name in (category, f"live_{category.removesuffix('_python')}"):
            row = {"id": f"{name}_0", "question": question, "function": [FERRY, TIDES]}
            answer = {"id": f"{name}_0", "ground_truth": truth}
            (data / f"BFCL_v4_{name}.json").write_bytes(orjson.dumps(row) + b"\n")
            (data / "possible_answer" / f"BFCL_v4_{name}.json").write_bytes(orjson.dumps(answer))
    for name in ("irrelevance", "live_irrelevance", "live_relevance"):
        row = {"id": f"{name}_0", "question": question, "function": [TIDES]}
        (data / f"BFCL_v4_{name}.json").write_bytes(orjson.dumps(row))
    return folder
