"""What a build of the dataset was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.live.api import LiveApis

GROUPS = ("collect", "instruct", "annotate", "verify", "select", "export")
"""What ``--stage`` may name; a stage of several steps is meant as a whole."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line (`training.commands`).

    `limit` is how many conversations to hold; None is the recipe's own number. With a teacher's URL
    it words them a second time. With `specs` (files, folders, archives of OpenAPI documents) the
    dataset is about their operations, else about the practice APIs. `hars` are recordings of their
    traffic, `live` says where they run.
    """

    limit: int | None = None
    teacher_url: str | None = None
    teacher_model: str | None = None
    specs: tuple[Path, ...] = ()
    hars: tuple[Path, ...] = ()
    live: LiveApis | None = None
