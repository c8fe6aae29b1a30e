"""The arguments of an operation: path, query, header and body together, as one closed object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from tools.errors import CookieParameter, SpecError, UnsupportedMediaType
from tools.openapi.document import Json, as_list, as_object, resolve
from tools.openapi.schemas import Schema, Schemas
from tools.spec import Location, ParameterStyle
from tools.words import unique_name, words

_TEMPLATE = re.compile(r"\{([^{}/?#]+)\}")
_RESERVED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_COMBINATORS = ("anyOf", "oneOf", "allOf", "not", "if", "dependentSchemas")
_DEFAULT_STYLES = {
    "path": ParameterStyle("simple", explode=False),
    "query": ParameterStyle("form", explode=True),
    "header": ParameterStyle("simple", explode=False),
}
_STYLES = frozenset(
    {"form", "simple", "label", "matrix", "spaceDelimited", "pipeDelimited", "deepObject"}
)


@dataclass
class Arguments:
    """What `read_arguments` gathers: see the fields of the same names of `tools.spec.ToolSpec`."""

    properties: dict[str, Schema] = field(default_factory=dict[str, Schema])
    required: list[str] = field(default_factory=list[str])
    locations: dict[str, Location] = field(default_factory=dict[str, Location])
    wire_names: dict[str, str] = field(default_factory=dict[str, str])
    styles: dict[str, ParameterStyle] = field(default_factory=dict[str, ParameterStyle])
    body_argument: str | None = None
    idempotency_header: str | None = None
    media_type: str = "application/json"

    @property
    def parameters(self) -> Schema:
        """The closed object schema over all arguments that a model sees."""
        closed: Schema = {"type": "object", "properties": self.properties}
        if self.required:
            closed["required"] = self.required
        return {**closed, "additionalProperties": False}

    def add(
        self, wire_name: str, location: Location, schema: Schema, *, required: bool, internal: bool
    ) -> str:
        """Take one argument in; its name, made unique and valid."""
        name = unique_name(wire_name, self.locations, location)
        self.locations[name] = location
        self.wire_names[name] = wire_name
        if not internal:
            self.properties[name] = for_request(schema)
            if required:
                self.required.append(name)
        return name


def read_arguments(
    document: Json, schemas: Schemas, path: str, item: Json, operation: Json
) -> Arguments:
    """All arguments of an operation, in the order path, query, header, body.

    Raises `SpecError` (its message says why) when the operation cannot be called without
    something that the executor cannot send.
    """
    arguments = Arguments()
    secrets = _secrets(document)
    declared = list(_parameters(document, path, item, operation))
    for location in ("path", "query", "header"):
        for parameter in declared:
            if parameter["in"] == location:
                _add_parameter(arguments, schemas, parameter, location, secrets)
    _add_body(arguments, document, schemas, operation)
    return arguments


def _parameters(document: Json, path: str, item: Json, operation: Json) -> Iterator[Json]:
    """The operation's parameters; those of its path behind them, and undeclared path variables."""
    found: dict[tuple[str, str], Json] = {}
    for holder in (item, operation):
        for node in as_list(holder.get("parameters")):
            parameter = as_object(resolve(document, node))
            place, name = parameter.get("in"), parameter.get("name")
            if not isinstance(place, str) or not isinstance(name, str) or not name:
                raise SpecError("a parameter without name or place")
            found[place, name] = parameter
    variables = list(dict.fromkeys(_TEMPLATE.findall(path)))
    for (place, name), parameter in found.items():
        if place == "cookie" and parameter.get("required") is True:
            raise CookieParameter(f"cookie {name} is required")
        if place != "path" or name in variables:
            yield parameter
    for name in variables:
        if ("path", name) not in found:
            yield {"in": "path", "name": name, "schema": {"type": "string"}}


def _secrets(document: Json) -> frozenset[tuple[str, str]]:
    """Place and name of every API key: the executor holds those, no model sees them."""
    schemes = as_object(as_object(document.get("components")).get("securitySchemes"))
    found = [as_object(resolve(document, node)) for node in schemes.values()]
    return frozenset((str(one.get("in")), str(one.get("name")).lower()) for one in found)


def _add_parameter(
    arguments: Arguments,
    schemas: Schemas,
    parameter: Json,
    location: Literal["path", "query", "header"],
    secrets: frozenset[tuple[str, str]],
) -> None:
    wire_name: str = parameter["name"]
    if location == "header" and wire_name.lower() in _RESERVED_HEADERS:
        return
    schema, style = _parameter_schema(schemas, parameter, location)
    key = location == "header" and words(wire_name)[-2:] == ("idempotency", "key")
    internal = (
        key
        or (location, wire_name.lower()) in secrets
        or parameter.get("x-internal") is True
        or schema.get("x-internal") is True
    )
    required = location == "path" or parameter.get("required") is True
    name = arguments.add(wire_name, location, schema, required=required, internal=internal)
    if key:
        arguments.idempotency_header = wire_name
    if style != _DEFAULT_STYLES[location]:
        arguments.styles[name] = style


def _parameter_schema(
    schemas: Schemas, parameter: Json, location: str
) -> tuple[Schema, ParameterStyle]:
    """The schema of a parameter with its description and extensions, and how it is written."""
    content = as_object(parameter.get("content"))
    if content:
        media = as_object(next(iter(content.values())))
        schema = schemas.expand(media.get("schema"))
        style = ParameterStyle("json", explode=False)
    else:
        schema = schemas.expand(parameter.get("schema"))
        style = _style(parameter, location)
    beside = {key: value for key, value in parameter.items() if key.startswith("x-")}
    if isinstance(parameter.get("description"), str):
        beside["description"] = parameter["description"]
    return {**schema, **beside}, style


def _style(parameter: Json, location: str) -> ParameterStyle:
    default = _DEFAULT_STYLES[location]
    style = parameter.get("style")
    known = style if style in _STYLES else default.style
    explode = parameter.get("explode")
    return ParameterStyle(known, explode if isinstance(explode, bool) else known == "form")


def _add_body(arguments: Arguments, document: Json, schemas: Schemas, operation: Json) -> None:
    body = as_object(resolve(document, operation.get("requestBody")))
    content = as_object(body.get("content"))
    if not content:
        return
    media_type = pick_media_type(content)
    if media_type is None:
        if body.get("required") is not True:
            return
        raise UnsupportedMediaType(", ".join(map(str, content)))
    arguments.media_type = "application/json" if "*" in media_type else media_type
    schema = schemas.expand(as_object(content[media_type]).get("schema"))
    if not _is_flat(schema):
        arguments.body_argument = arguments.add(
            "body", "body", schema, required=body.get("required") is True, internal=False
        )
        return
    needed = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        if part.get("readOnly") is not True:
            internal = part.get("x-internal") is True
            arguments.add(name, "body", part, required=name in needed, internal=internal)


def pick_media_type(content: Json) -> str | None:
    """The media type to write or read: JSON first, then forms; None where there is neither."""
    best: tuple[int, str] | None = None
    for media_type in content:
        rank = _rank(media_type.partition(";")[0].strip().lower())
        if rank is not None and (best is None or rank < best[0]):
            best = (rank, media_type)
    return best[1] if best else None


def _rank(media_type: str) -> int | None:
    if media_type == "application/json":
        return 0
    if media_type.endswith(("+json", "/json")):
        return 1
    if media_type in ("*/*", "application/*"):
        return 2
    forms = ("application/x-www-form-urlencoded", "multipart/form-data")
    return 3 + forms.index(media_type) if media_type in forms else None


def _is_flat(schema: Schema) -> bool:
    """Whether a body's properties can stand as arguments of their own without losing a rule."""
    listed = "properties" in schema or schema.get("additionalProperties") is False
    return (
        schema.get("type") == "object" and listed and not any(key in schema for key in _COMBINATORS)
    )


def for_request(schema: Schema) -> Schema:
    """A schema as a caller must meet it.

    Read-only and internal properties are gone, and an object that lists its properties and says
    nothing of others is closed: an argument that nobody described is made up.
    """
    result = dict(schema)
    if isinstance(schema.get("items"), dict):
        result["items"] = for_request(schema["items"])
    properties = schema.get("properties")
    if properties:
        named = cast("dict[str, Schema]", properties)
        hidden = {
            name
            for name, part in named.items()
            if part.get("readOnly") is True or part.get("x-internal") is True
        }
        result["properties"] = {
            name: for_request(part) for name, part in named.items() if name not in hidden
        }
        if hidden and "required" in schema:
            result["required"] = [name for name in schema["required"] if name not in hidden]
        open_ended = ("additionalProperties", "patternProperties", "unevaluatedProperties")
        if not any(key in schema for key in (*open_ended, *_COMBINATORS)):
            result["additionalProperties"] = False
        return result
    for key in ("anyOf", "oneOf"):
        if key in schema:
            result[key] = [for_request(branch) for branch in schema[key]]
    return result
