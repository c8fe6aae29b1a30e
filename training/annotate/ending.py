"""Whether a branch reached the goal, or can reach it no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.annotate.tree import Node
from training.scenarios.converse import executed, told
from training.scenarios.goal import Executed, flight_view, hotel_view, judge_goal, matches
from training.scenarios.scenario import Call, Goal, Json

_View = Callable[[Json], dict[str, Any]]


async def unsolved(goal: Goal, node: Node) -> tuple[str, ...]:
    """What of the goal does not hold in the world that the node left, in words."""
    flights, hotels = await node.ground.things()
    return judge_goal(goal, flights, hotels, executed(node.log), told(node.log))


async def beyond_repair(goal: Goal, node: Node) -> bool:
    """Whether something was done that the goal forbids and nothing takes back.

    A call where there was to be none; a write that nobody wanted; a thing that nobody wanted
    cancelled; a thing that nobody wanted booked, unless bookings are to be cancelled here.
    """
    if goal.silent and executed(node.log):
        return True
    writes = [call for call in executed(node.log) if call.effect == "write" and call.ok]
    if not writes:
        return False
    if goal.writes is not None:
        return _unwanted(goal.writes, writes)
    flights, hotels = await node.ground.things()
    return (
        _surplus(flights, "cancelled", goal.cancelled_flights, flight_view)
        or _surplus(hotels, "cancelled", goal.cancelled_hotels, hotel_view)
        or (
            not goal.cancelled_flights and _surplus(flights, "confirmed", goal.flights, flight_view)
        )
        or (not goal.cancelled_hotels and _surplus(hotels, "confirmed", goal.hotels, hotel_view))
    )


def _unwanted(wanted: Sequence[Call], writes: Sequence[Executed]) -> bool:
    """Whether a write matches no wish: what is said then names it beside the wishes unmet."""
    said = judge_goal(Goal(writes=tuple(wanted)), (), (), writes, ())
    met = (len(wanted) + len(writes) - len(said)) // 2
    return met < len(writes)


def _surplus(
    things: Sequence[Json], status: str, wanted: Sequence[Mapping[str, Any]], view: _View
) -> bool:
    """Whether more things have this status than are wanted, or one that matches no wish."""
    found = [view(thing) for thing in things if thing["status"] == status]
    return len(found) > len(wanted) or any(
        not any(matches(wish, one) for wish in wanted) for one in found
    )
