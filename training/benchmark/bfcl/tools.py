"""BFCL's function descriptions as tools, through the same reading and inference as OpenAPI's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.openapi.arguments import for_request
from tools.openapi.inference import value_rules
from tools.openapi.schemas import Schema, Schemas
from tools.spec import ToolSpec

API = "bfcl"


def tool_of(function: Mapping[str, Any]) -> ToolSpec:
    """A function as a tool, under its own name, dots and all.

    Its types are Python's (``dict``, ``float``, ``tuple``, ``any``); what JSON Schema has no name
    for becomes a list where it has items, and anything otherwise. The object of the parameters is
    closed. Where a value may come from is inferred as for an API's document. Nobody runs these
    functions, so none is a write that would wait for approval. Raises `tools.errors.SpecError`.
    """
    stated: Schema = for_request(Schemas({}).expand(function["parameters"]))
    parameters: Schema = {
        "type": "object",
        "properties": stated.get("properties", {}),
        **({"required": stated["required"]} if "required" in stated else {}),
        "additionalProperties": False,
    }
    return ToolSpec(
        name=function["name"],
        description=function.get("description", ""),
        api=API,
        method="",
        path="",
        effect="read",
        parameters=parameters,
        locations=dict.fromkeys(parameters["properties"], "body"),
        wire_names={name: name for name in parameters["properties"]},
        rules=value_rules(parameters, "", {}),
    )
