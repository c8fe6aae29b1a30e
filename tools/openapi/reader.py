"""OpenAPI operations as tools. One bad operation costs that operation, never the document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast
from urllib.parse import urljoin

import httpx
import jsonschema_rs

from tools.errors import (
    CookieParameter,
    InvalidSchema,
    SpecError,
    UnresolvableReference,
    UnsupportedMediaType,
)
from tools.openapi.arguments import pick_media_type, read_arguments
from tools.openapi.document import Json, Source, as_list, as_object, fetch, load, resolve
from tools.openapi.extensions import approval_of, effect_of, read_back_of, relations_of
from tools.openapi.inference import name_ids, value_rules
from tools.openapi.schemas import Schema, Schemas
from tools.spec import JsonSchema, ToolSpec
from tools.words import id_stem, noun, unique_name, words

SkipReason = Literal[
    "deprecated", "malformed", "unresolvable_reference", "unsupported_media_type",
    "cookie_parameter", "invalid_schema",
]  # fmt: skip

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_ACTIONS = frozenset({"search", "find", "list", "query", "confirm", "batch", "lookup"})


@dataclass(frozen=True, slots=True)
class SkippedOperation:
    """An operation that did not become a tool. `detail` is for people, `reason` for counting."""

    method: str
    path: str
    reason: SkipReason
    detail: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one document gave. `base_urls` are its servers, absolute where its own URL is known."""

    tools: tuple[ToolSpec, ...]
    skipped: tuple[SkippedOperation, ...]
    title: str
    base_urls: tuple[str, ...]

    @property
    def reasons(self) -> Counter[str]:
        """How many operations were skipped for each reason."""
        return Counter(skip.reason for skip in self.skipped)


def read_openapi(
    source: Source, *, api: str, url: str = "", include_deprecated: bool = False
) -> Reading:
    """The tools of an OpenAPI 3.0 or 3.1 document.

    `source` is the document as an object, as JSON or YAML text, or the path of a file; `api` is
    the name under which the executor knows the service; `url` is where the document was read.
    Raises `SpecError` when the document as a whole is none; OSError from a file.
    """
    document = load(source)
    version = str(document.get("openapi", ""))
    if not version.startswith(("3.0", "3.1")):
        stated = version or f"Swagger {document.get('swagger', 'or other')}"
        raise SpecError(f"OpenAPI 3.0 or 3.1 is needed, this is {stated}")
    reader = _Reader(document, api, include_deprecated=include_deprecated)
    tools, skipped = reader.read()
    return Reading(tools, skipped, _title(document), tuple(base_urls(document, url)))


async def fetch_openapi(
    url: str, *, api: str, client: httpx.AsyncClient, include_deprecated: bool = False
) -> Reading:
    """The tools of the document behind a URL. Raises `SpecError`."""
    document = await fetch(url, client)
    return read_openapi(document, api=api, url=url, include_deprecated=include_deprecated)


class _Reader:
    def __init__(self, document: Json, api: str, *, include_deprecated: bool) -> None:
        self._document = document
        self._api = api
        self._include_deprecated = include_deprecated
        self._schemas = Schemas(document)
        self._names: set[str] = set()

    def read(self) -> tuple[tuple[ToolSpec, ...], tuple[SkippedOperation, ...]]:
        tools: list[ToolSpec] = []
        skipped: list[SkippedOperation] = []
        for method, path, item, operation in self._operations(skipped):
            try:
                if operation.get("deprecated") is True and not self._include_deprecated:
                    skipped.append(SkippedOperation(method, path, "deprecated", ""))
                    continue
                tools.append(self._tool(method, path, item, operation))
            except SpecError as error:
                skipped.append(SkippedOperation(method, path, _reason(error), str(error)))
            except (RecursionError, TypeError, ValueError, KeyError, AttributeError) as error:
                # A document can break every rule of the format at once; each check by hand would
                # be a second validator.
                detail = f"{type(error).__name__}: {error}"[:200]
                skipped.append(SkippedOperation(method, path, "malformed", detail))
        return tuple(tools), tuple(skipped)

    def _operations(self, skipped: list[SkippedOperation]) -> Iterator[tuple[str, str, Json, Json]]:
        for path, node in as_object(self._document.get("paths")).items():
            if not path.startswith("/"):
                continue
            try:
                item = as_object(resolve(self._document, node))
            except UnresolvableReference as error:
                skipped.append(SkippedOperation("", path, "unresolvable_reference", str(error)))
                continue
            for method in _METHODS:
                operation = item.get(method)
                if isinstance(operation, Mapping):
                    yield method.upper(), path, item, cast("Json", operation)
                elif operation is not None:
                    skipped.append(SkippedOperation(method.upper(), path, "malformed", ""))

    def _tool(self, method: str, path: str, item: Json, operation: Json) -> ToolSpec:
        arguments = read_arguments(self._document, self._schemas, path, item, operation)
        parameters = arguments.parameters
        _check(parameters)
        resource = _resource(path)
        tool = ToolSpec(
            name=unique_name(operation_name(method, path, operation), self._names),
            description=_description(item, operation),
            api=self._api,
            method=method,
            path=path,
            effect=effect_of(method, operation),
            parameters=parameters,
            locations=arguments.locations,
            wire_names=arguments.wire_names,
            rules=value_rules(parameters, resource, _owners(path, arguments.wire_names)),
            returns=self._returns(operation, resource),
            body_argument=arguments.body_argument,
            idempotency_header=arguments.idempotency_header,
            approval=approval_of(operation),
            read_back=read_back_of(operation),
            relations=relations_of(operation, arguments.properties),
            styles=arguments.styles,
            media_type=arguments.media_type,
            internal=operation.get("x-internal") is True,
        )
        self._names.add(tool.name)
        return tool

    def _returns(self, operation: Json, resource: str) -> JsonSchema | None:
        """The schema of the first 2xx JSON body; None when it cannot be read.

        A result schema only helps, so its faults do not cost the operation.
        """
        try:
            schema = self._returned(operation)
            if schema is not None:
                _check(schema)
        except SpecError:
            return None
        return None if schema is None else name_ids(schema, resource)

    def _returned(self, operation: Json) -> Schema | None:
        responses = as_object(operation.get("responses"))
        named = {str(code): node for code, node in responses.items()}
        for code in sorted(code for code in named if code[:1] == "2") or ["default"]:
            response = as_object(resolve(self._document, named.get(code)))
            content = as_object(response.get("content"))
            media = as_object(content.get(pick_media_type(content) or ""))
            if "schema" in media:
                return self._schemas.expand(media["schema"])
        return None


def _reason(error: SpecError) -> SkipReason:
    if isinstance(error, UnresolvableReference):
        return "unresolvable_reference"
    if isinstance(error, UnsupportedMediaType):
        return "unsupported_media_type"
    if isinstance(error, CookieParameter):
        return "cookie_parameter"
    return "invalid_schema" if isinstance(error, InvalidSchema) else "malformed"


def _check(schema: Schema) -> None:
    try:
        jsonschema_rs.Draft202012Validator(schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise InvalidSchema(str(error).partition("\n")[0][:200]) from error


def operation_name(method: str, path: str, operation: Json) -> str:
    """What a tool is called after: its operationId, else its method and path."""
    stated = operation.get("operationId")
    if isinstance(stated, str) and stated.strip():
        return stated.strip()
    parts = [
        f"by_{part.strip('{}')}" if part.startswith("{") else part
        for part in path.split("/")
        if part
    ]
    return "_".join([method.lower(), *parts])


def _description(item: Json, operation: Json) -> str:
    for holder in (operation, item):
        said = [holder.get(key) for key in ("summary", "description")]
        texts = [" ".join(text.split()) for text in said if isinstance(text, str) and text.strip()]
        if texts:
            return texts[0] if texts[0] in texts[-1][: len(texts[0])] else "\n".join(texts)
    return ""


def _resource(path: str) -> str:
    """The noun of a path: ``/orders/{id}/items`` is about an item, ``/offers/search`` an offer."""
    for part in reversed(path.split("/")):
        if part and not part.startswith("{") and words(part):
            if words(part)[0] in _ACTIONS or id_stem(part) is not None:
                continue
            return noun(part)
    return ""


def _owners(path: str, wire_names: Mapping[str, str]) -> dict[str, str]:
    """What each path argument identifies: in ``/orders/{id}/cancel`` the id is an order's."""
    owners: dict[str, str] = {}
    for before, part in pairwise(path.split("/")):
        if part.startswith("{") and not before.startswith("{"):
            owners[part.strip("{}")] = noun(before)
    return {name: owners[wire] for name, wire in wire_names.items() if wire in owners}


def _title(document: Json) -> str:
    title = as_object(document.get("info")).get("title")
    return title if isinstance(title, str) else ""


def base_urls(document: Json, url: str) -> Iterator[str]:
    """The servers of a document that was read at `url`, without a slash at their end."""
    for server in as_list(document.get("servers")) or [{"url": "/"}]:
        template = as_object(server).get("url")
        if not isinstance(template, str):
            continue
        for name, variable in as_object(as_object(server).get("variables")).items():
            default = str(as_object(variable).get("default", ""))
            template = template.replace(f"{{{name}}}", default)
        yield urljoin(url, template).rstrip("/")
