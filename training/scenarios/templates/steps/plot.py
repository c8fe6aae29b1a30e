"""What a conversation under construction has come to, and the register of its possible steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from training.scenarios.draws import Journey, Nights, Person
from training.scenarios.scenario import Call, Json
from training.scenarios.story import Story
from training.scenarios.templates.registry import SEVERAL, Writer

_NEVER = date.min
_SHOWN = ("present", "answer")
_SPOKEN = frozenset({"ask_user", "decline", "finish"})
_WRITES = frozenset({
    "book_flight", "book_hotel", "confirm_flight_cancellation", "confirm_hotel_cancellation",
})  # fmt: skip
_INTENTS = frozenset({
    "read", "flight booking", "hotel booking", "cancel flight", "cancel hotel", "out of scope",
})  # fmt: skip


@dataclass(slots=True)
class Plot:
    """What was talked about so far: each step reads it and changes it.

    `offers` and `hotels` are what the newest search showed, `wishes` what it was narrowed by.
    `adults` and `children` travel; `people` are those of them who were drawn.
    `searches` are all that were made.
    """

    story: Story
    journey: Journey = field(default_factory=lambda: Journey("", "", _NEVER))
    nights: Nights = field(default_factory=lambda: Nights("", _NEVER, _NEVER))
    offers: Sequence[Json] = ()
    hotels: Sequence[Json] = ()
    wishes: dict[str, Any] = field(default_factory=dict[str, Any])
    adults: int = 1
    children: int = 0
    people: tuple[Person, ...] = ()
    searches: list[Call] = field(default_factory=list[Call])

    @property
    def party(self) -> Mapping[str, int]:
        """Who travels, as searches want it: nothing but what differs from one adult."""
        children = {"children": self.children} if self.children else {}
        return {**({"adults": self.adults} if self.adults > 1 else {}), **children}

    def travellers(self) -> tuple[Person, ...]:
        """Everybody who travels, each drawn when they are first named."""
        if not self.people:
            draw = self.story.draws.person
            grown = [draw() for _ in range(self.adults)]
            small = [draw(oldest=2017, youngest=2022) for _ in range(self.children)]
            self.people = (*grown, *small)
        return self.people


Step = Callable[[Plot], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Known:
    """A step, and the categories that it puts a conversation into."""

    take: Step
    categories: tuple[str, ...]


STEPS: dict[str, Known] = {}
"""All steps by name."""


def step(name: str, *categories: str) -> Callable[[Step], Step]:
    """Register a step. Raises ValueError where the name is taken."""

    def register(take: Step) -> Step:
        if name in STEPS:
            raise ValueError(f"there is a step {name} already")
        STEPS[name] = Known(take, categories)
        return take

    return register


def chain(names: Sequence[str]) -> Writer:
    """A writer that takes these steps one after the other. Raises KeyError for an unknown one."""
    steps = [STEPS[name].take for name in names]

    async def write(story: Story) -> None:
        plot = Plot(story)
        for take in steps:
            story.closes = ()
            await take(plot)
        _settle(plot)

    return write


def _settle(plot: Plot) -> None:
    """What is left for the goal to say where nothing was booked or cancelled."""
    story = plot.story
    names = [call.name for act in story.gold for call in act]
    if names[-1] in _SHOWN and not story.closes:
        story.closes = _SHOWN
    if not _WRITES.intersection(names):
        story.reads += plot.searches[-1:]
    story.silent = _SPOKEN.issuperset(names)


def categories_of(names: Sequence[str]) -> tuple[str, ...]:
    """The categories of a chain of steps, each once, in the order of the steps."""
    found = dict.fromkeys(c for name in names for c in STEPS[name].categories)
    wishes = [name for name in found if name in _INTENTS]
    return (*found, *([SEVERAL] if len(wishes) > 1 else []))
