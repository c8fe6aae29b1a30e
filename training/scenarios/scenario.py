"""A scenario: what a person wants, says and decides, and the world that must stand at the end.

Scenarios are data. The same records serve the benchmark and the dataset; which templates belong
to which is told by `Scenario.split`, so that no model is tested on shapes it was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

Json = Mapping[str, Any]
Split = Literal["train", "validation", "test"]
Decision = Literal["approve", "decline"]

DEVELOPMENT = Path(__file__).with_name("development.jsonl")
"""Hand-written scenarios that were looked at while the agent was made: figures are in-sample."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing the person says.

    `supplies` names the arguments that it answers, as `ask_user` names them in `about`: when one
    of them is asked for, this line comes next, whatever its place. A line that `interrupts` is
    said while an approval waits, instead of deciding it; so must the lines that follow from it
    (a new date, then "the first one"), or the approval is decided before they are said.
    """

    text: str
    supplies: tuple[str, ...] = ()
    interrupts: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call with placeholders for ids.

    ``$offer2`` is the second offer in the newest result that shows any; so are ``$rate``,
    ``$order``, ``$booking``, ``$hotel`` and ``$cancellation`` (1 where no number stands).
    ``$result`` is the id of the newest result.
    """

    name: str
    arguments: Json = field(default_factory=dict[str, Any])


Act = tuple[Call, ...]
"""The calls of one act: one reply, or one or several tool calls."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What must hold at the end; nothing else may have been written.

    `flights` and `hotels` are the confirmed orders and bookings, each a part of the view that
    `training.scenarios.goal` makes of one; `cancelled_*` those that must stand cancelled. What
    `setup` made counts too. `reads` are calls that must have been executed, each with arguments
    that it must at least have had. `writes` are the writes that must have succeeded, with exactly
    these arguments, and no other; None where the orders and bookings are looked at instead, as of
    APIs whose world is known. `tells` are values (amounts, dates, references, names) that
    the person must have read in a reply. `closes` are the reply acts one of which must end the
    conversation; empty where it does not matter. With `silent` no call may be executed at all.
    """

    flights: tuple[Json, ...] = ()
    hotels: tuple[Json, ...] = ()
    cancelled_flights: tuple[Json, ...] = ()
    cancelled_hotels: tuple[Json, ...] = ()
    reads: tuple[Call, ...] = ()
    writes: tuple[Call, ...] | None = None
    tells: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One conversation to hold.

    `template` is its shape: the chain of operations and what complicates it. `categories` say
    what is tested, the main one first. `gold` are the acts of an agent that makes no mistake, in
    their order. `setup` are writes made on the APIs before the conversation begins, with the
    same placeholders. `seed` and `faults` make the sandbox; `decision` answers every approval.
    """

    id: str
    template: str
    categories: tuple[str, ...]
    language: str
    lines: tuple[Line, ...]
    goal: Goal
    gold: tuple[Act, ...]
    split: Split = "test"
    seed: int = 0
    faults: Json | None = None
    setup: tuple[Call, ...] = ()
    decision: Decision = "approve"


_SCENARIO: TypeAdapter[Scenario] = TypeAdapter(Scenario)


def encode_scenario(scenario: Scenario) -> bytes:
    """A scenario as one JSON object (UTF-8), defaults left out."""
    return _SCENARIO.dump_json(scenario, exclude_defaults=True)


def read_scenarios(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a JSONL file. Raises `pydantic.ValidationError` with the field at fault."""
    lines: Sequence[bytes] = path.read_bytes().splitlines()
    return tuple(_SCENARIO.validate_json(line) for line in lines if line.strip())
