"""The register of templates: shapes that scenarios are written from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from training.scenarios.scenario import Split
from training.scenarios.story import Story

Writer = Callable[[Story], Awaitable[None]]
SEVERAL = "multi-intent"
"""The category of templates in which a person wants more than one thing."""


@dataclass(frozen=True, slots=True)
class Template:
    """A chain of operations, and what complicates it.

    `categories` has the main one first. `weight` says how often it is drawn against the others.
    """

    chain: str
    twist: str
    split: Split
    categories: tuple[str, ...]
    weight: int
    write: Writer

    @property
    def name(self) -> str:
        """Chain and twist: ``flight/by-time``. No two splits share one."""
        return f"{self.chain}/{self.twist}"


REGISTER: dict[str, Template] = {}
"""All templates by name, in the order in which they were registered."""


def template(
    chain: str, twist: str, *categories: str, split: Split = "test", weight: int = 1
) -> Callable[[Writer], Writer]:
    """Register a writer of scenarios. Raises ValueError where the name is taken."""
    intents = () if SEVERAL in categories else ("single-intent",)

    def register(write: Writer) -> Writer:
        made = Template(chain, twist, split, (*categories, *intents), weight, write)
        if made.name in REGISTER:
            raise ValueError(f"there is a template {made.name} already")
        REGISTER[made.name] = made
        return write

    return register
