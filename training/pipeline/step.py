"""A stage at its place in a build: what it reads, what it makes, and how it is cut into parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.errors import DataError
from training.pipeline.stage import Reduction, Sink, Source, Stage

AnyStage = Stage[Any, Any] | Source[Any] | Reduction[Any, Any] | Sink[Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A stage, with the dataclass of the records that it makes (each has an `id`).

    `after` names the steps whose records it takes, one after the other; none for a `Source`.
    All of them make the same kind of record. A finished part is never done again, so
    `rows_per_part` (input rows of a stage, records otherwise) is what can be lost by a kill.
    `at_once` is how many rows of a stage one process works on at the same time.
    """

    stage: AnyStage
    makes: type[Any]
    after: tuple[str, ...] = ()
    rows_per_part: int = 100
    at_once: int = 8

    @property
    def name(self) -> str:
        """The stage's name, which is also that of its folder."""
        return self.stage.name

    def belongs_to(self, group: str) -> bool:
        """Whether `--stage GROUP` means this step: its name, or its name up to a hyphen."""
        return self.name == group or self.name.startswith(f"{group}-")


def chosen(steps: Sequence[Step], group: str | None) -> tuple[Step, ...]:
    """The steps that ``--stage`` means, all of them for None.

    Raises `DataError` when there is no such step.
    """
    found = tuple(step for step in steps if group is None or step.belongs_to(group))
    if not found:
        names = ", ".join(step.name for step in steps)
        raise DataError(f"there is no stage {group!r} in this build; there are {names}")
    return found
