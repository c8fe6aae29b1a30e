"""What an operation does to which resource, read from its method and path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from agent.json_values import is_object
from agent.observation import objects, row_schema, schema_of
from tools.spec import JsonSchema, ToolSpec
from tools.words import noun
from training.simulate.samples import properties

Deed = Literal["list", "read", "create", "update", "delete", "act"]

_VARIABLE = re.compile(r"\{([^{}/?#]+)\}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a tool does.

    `resource` is the kind of thing that it answers with, `owners` the kind of thing that each path
    variable names, `item` the variable that names the thing itself ("" where none does). `id_name`
    is the property of a row that holds its id, "" where rows have none. `shown` are the rows of
    the response's examples.
    """

    deed: Deed
    resource: str
    owners: Mapping[str, str]
    item: str
    id_name: str
    row: JsonSchema
    shown: tuple[Mapping[str, Any], ...]


@lru_cache(maxsize=4096)
def _kinds(path: str) -> tuple[tuple[str, str], ...]:
    """Path variables, each with the noun of the literal before it."""
    held = ""
    found: list[tuple[str, str]] = []
    for segment in path.partition("#")[0].partition("?")[0].strip("/").split("/"):
        variables = _VARIABLE.findall(segment)
        found += [(name, held or noun(name)) for name in variables]
        if not variables:
            held = noun(segment)
    return tuple(found)


def plan_of(tool: ToolSpec) -> Plan:
    """What a tool does, as far as REST conventions tell.

    ``POST /books`` makes a book, ``PATCH /books/{id}`` changes it, ``POST /books/{id}/lend`` acts
    on it; reading is a list where the response is one.
    """
    owners = dict(_kinds(tool.path))
    segments = tool.path.partition("#")[0].partition("?")[0].strip("/").split("/")
    at_item = bool(_VARIABLE.findall(segments[-1]))
    last = next(reversed(owners), "")
    held = owners[last] if at_item else noun(segments[-1])
    returns = tool.returns or {}
    row = row_schema(returns)
    deed: Deed
    match tool.method:
        case "GET" | "HEAD":
            deed = "read" if at_item or not is_list(tool.returns or {}) else "list"
        case "DELETE" if at_item:
            deed = "delete"
        case "PUT" | "PATCH" if at_item:
            deed = "update"
        case "POST" if not at_item and tool.effect == "write":
            deed = "act" if owners and _is_verb(segments[-1], tool, owners[last]) else "create"
        case _ if tool.effect == "read":
            deed = "list" if is_list(tool.returns or {}) else "read"
        case _:
            deed = "act" if owners else "create"
    if deed == "act":
        held = owners[last]
    return Plan(
        deed,
        held,
        owners,
        last if at_item or deed == "act" else "",
        _id_name(row, held),
        row,
        tuple(one for example in returns.get("examples", ()) for one in objects(example)),
    )


def is_list(schema: JsonSchema) -> bool:
    """Whether a response shows several things: a list, or ``data`` that is one."""
    data = schema_of(schema_of(schema.get("properties", {})).get("data", schema))
    return data.get("type") == "array" or is_object(data.get("items"))


def _is_verb(segment: str, tool: ToolSpec, owner: str) -> bool:
    """Whether ``lend`` in ``/books/{id}/lend`` acts on the book: then a book is what it answers."""
    plural = segment.endswith("s") and not segment.endswith("ss")
    if not plural:
        return True
    rows = properties(row_schema(tool.returns or {}))
    return any(part.get("x-entity") == owner for part in rows.values())


def _id_name(row: JsonSchema, resource: str) -> str:
    known = properties(row)
    stated = [name for name, part in known.items() if part.get("x-entity") == resource]
    if stated:
        return "id" if "id" in stated else stated[0]
    return next((name for name in ("id", f"{resource}_id", f"{resource}Id") if name in known), "")
