"""What a tool is: one API operation, seen the way a model and a clearance see it.

A `ToolSpec` is read from an OpenAPI operation by `tools.openapi` and never changes after.
Extensions that a document may carry, all optional (`tools.openapi` infers what is absent):

=================  ==========================  ====================================================
extension          where                       meaning
=================  ==========================  ====================================================
``x-effect``       operation                   ``read`` or ``write``; else GET/HEAD read, rest write
``x-approval``     write operation             where total, expiry and terms of a write are read
``x-read-back``    write operation             how an unknown outcome is looked up
``x-relations``    operation                   pairs of arguments that must differ, or come in order
``x-internal``     parameter, property         true: the executor fills it, the model never sees it
``x-internal``     operation                   true: serves other operations, no model sees it
``x-source``       schema of an argument       where the value may come from (`ValueSource`, a list)
``x-entity``       argument and result schema  the kind of thing an id names; ids never cross kinds
``x-kind``         schema of an argument       `ValueKind`, where type and format do not tell
``x-unit``         schema of an argument       what a number counts: adult, night, room, money;
                                               of a place: city, where an airport will not do
``x-role``         schema of an argument       of a place ``origin`` or ``destination``, of a date
                                               ``departure``, ``return`` or ``stay``, of a time
                                               ``after`` or ``before``: what words beside it say
``x-when``         schema of a date            ``past`` or ``future``, seen from the clock
``x-terms``        schema of an enum           words that users say for each value, any language;
                                               also of an enum in a result, and there of a
                                               boolean: words for "true" ("refundable")
``x-terms``        schema of an id             words that users say for the kind of thing it names
``x-brief``        property of a result        true: worth showing to the model and the user
=================  ==========================  ====================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JsonSchema = Mapping[str, Any]
Effect = Literal["read", "write"]
Location = Literal["path", "query", "header", "body"]
ValueSource = Literal["user", "result", "default", "inferred"]
ValueKind = Literal[
    "date", "time", "integer", "number", "boolean", "place", "carrier", "currency",
    "name", "email", "term", "entity", "text",
]  # fmt: skip

THING = "thing"
"""`ValueRule.vocabulary` of an id whose kind of thing users have words for (`terms`)."""
ANY_ENTITY = "*"
"""`ValueRule.entity` of an argument that takes the id of any kind of thing."""


@dataclass(frozen=True, slots=True)
class ValueRule:
    """Where the value of one argument leaf may come from, and what counts as the same value.

    `sources` is never empty. `inferred` lets the model choose freely within the schema.
    `entity` is set exactly when `kind` is "entity". `terms` maps an enum value to the words
    that users say for it; `vocabulary` names that list (the property's name), so that facts
    found by it can be told apart. Of a place, a date or a time it is the role.
    """

    kind: ValueKind
    sources: frozenset[ValueSource]
    entity: str | None = None
    unit: str | None = None
    when: Literal["past", "future"] | None = None
    vocabulary: str | None = None
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Relation:
    """A constraint between two top-level arguments that JSON Schema cannot say (`x-relations`).

    "differs": the values are not equal. "after": `argument` is later or larger than `other`.
    In a document: ``x-relations: [{kind: after, argument: return_date, other: departure_date}]``.
    """

    kind: Literal["differs", "after"]
    argument: str
    other: str


@dataclass(frozen=True, slots=True)
class ApprovalSpec:
    """Where a write's price, expiry and terms are read before a person is asked (`x-approval`).

    `entity_argument` is the argument holding the id of the thing that is bought or cancelled
    (a JSON pointer such as ``/offer_id``). With `refresh`, that read operation is executed first
    and its result shown; without, the newest result object that carries the id is shown.
    `total`, `expires_at` and `terms` are JSON pointers into that object (`terms` many, by label).
    """

    entity_argument: str
    refresh: str | None
    total: str
    expires_at: str | None
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReadBackSpec:
    """How to learn whether a write whose answer was lost took place (`x-read-back`).

    `operation` is a read tool. `arguments` maps its arguments (internal ones too) to where they
    come from: ``$idempotency_key`` is the key of the lost write, a JSON pointer (``/offer_id``)
    is read from the arguments of the lost write. `found` is the JSON pointer in the response
    under which the written object stands (present and not null) if the write took place.
    """

    operation: str
    arguments: Mapping[str, str]
    found: str


@dataclass(frozen=True, slots=True)
class ParameterStyle:
    """How a path, query or header value is written (OpenAPI 3.1, section 4.8.12.2).

    `style` "json" is ours: the parameter is described by `content` and carries JSON text.
    """

    style: Literal[
        "form", "simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "deepObject", "json"
    ]
    explode: bool


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One API operation as a tool.

    `parameters` is a closed JSON Schema object (draft 2020-12, every `$ref` resolved,
    ``additionalProperties: false``) over all of path, query, header and body together;
    `locations` and `wire_names` say where each top-level argument goes and under which name; they
    hold internal arguments (``x-internal``) too, which `parameters` leaves out.
    `body_argument` names the one argument that is the whole body where a body is no object.
    `rules` maps each argument leaf to its `ValueRule`, keyed by JSON pointer with ``*`` for list
    indices (``/passengers/*/given_name``). `returns` is the schema of the 2xx response body with
    its `x-` extensions kept, or None. `idempotency_header` is set where the operation takes one.
    An `internal` tool is never offered to a model.
    `styles` holds the arguments that are not written in their location's default style, and
    `media_type` is that of the request body.
    """

    name: str
    description: str
    api: str
    method: str
    path: str
    effect: Effect
    parameters: JsonSchema
    locations: Mapping[str, Location]
    wire_names: Mapping[str, str]
    rules: Mapping[str, ValueRule]
    returns: JsonSchema | None = None
    body_argument: str | None = None
    idempotency_header: str | None = None
    approval: ApprovalSpec | None = None
    read_back: ReadBackSpec | None = None
    relations: tuple[Relation, ...] = ()
    styles: Mapping[str, ParameterStyle] = field(default_factory=dict[str, ParameterStyle])
    media_type: str = "application/json"
    internal: bool = False

    def rule_at(self, pointer: str) -> ValueRule | None:
        """The rule of the leaf at a concrete JSON pointer (``/passengers/0/given_name``)."""
        pattern = "/".join("*" if part.isdigit() else part for part in pointer.split("/"))
        return self.rules.get(pattern) or self.rules.get(pointer)
