"""The gate of the goal: the predicate holds, worked out again from the log alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent.events import Event
from agent.json_values import is_object
from agent.state import State
from training.records import Chain
from training.scenarios.converse import executed, told
from training.scenarios.goal import judge_goal
from training.scenarios.scenario import Json
from training.verify.faults import Fault

_IDS = ("order_id", "booking_id")


def missed(chain: Chain, events: Sequence[Event], end: State) -> Fault | None:
    """What of the goal does not hold by the log.

    Orders and bookings are what the writes of the log answered. With a `setup`, of which logs say
    nothing, they are left to `Chain.solved`, which the world itself was asked for.
    """
    scenario = chain.instruction.scenario
    goal, flights, hotels = scenario.goal, *things(end)
    if scenario.setup:
        goal = replace(goal, flights=(), hotels=(), cancelled_flights=(), cancelled_hotels=())
        flights = hotels = ()
    unsolved = judge_goal(goal, flights, hotels, executed(events), told(events))
    return Fault("goal/not_in_the_log", "; ".join(unsolved)) if unsolved else None


def things(end: State) -> tuple[Sequence[Json], Sequence[Json]]:
    """The flight orders and the hotel bookings that the writes of a log made, as they stand."""
    made: dict[str, dict[str, Any]] = {}
    for call in end.calls.values():
        body = call.result
        if call.effect != "write" or call.status != "executed" or not is_object(body):
            continue
        key = next((str(body[name]) for name in _IDS if name in body), "")
        if "contact_email" in body or "guests" in body or "passengers" in body:
            made[key] = dict(body)
        elif key in made and body.get("status") == "cancelled":
            made[key]["status"] = "cancelled"
    flights = tuple(one for one in made.values() if "order_id" in one and "slices" in one)
    return flights, tuple(one for one in made.values() if "booking_id" in one and "rate" in one)
