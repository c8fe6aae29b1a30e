"""`/docs`: the OpenAPI document as a page, made here: it needs no script and no other server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent
_TEMPLATE = Environment(
    loader=FileSystemLoader(_HERE),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
).get_template("page.html")

router = APIRouter(include_in_schema=False)


class _Operation(NamedTuple):
    tag: str
    method: str
    path: str
    spec: Mapping[str, Any]


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The OpenAPI document as a page."""
    return HTMLResponse(render(request.app.openapi()))


@router.get("/docs/style.css")
async def style() -> FileResponse:
    """How that page looks."""
    return FileResponse(_HERE / "style.css", media_type="text/css")


def render(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI 3.1 document."""
    groups = [(tag, list(members)) for tag, members in groupby(_operations(document), _tag)]
    schemas = document.get("components", {}).get("schemas", {})
    return _TEMPLATE.render(info=document["info"], groups=groups, schemas=schemas)


def _operations(document: Mapping[str, Any]) -> Iterator[_Operation]:
    """All operations in the document's order, those without a tag under "other"."""
    for path, item in document["paths"].items():
        for method, spec in item.items():
            yield _Operation(spec.get("tags", ["other"])[0], method.upper(), path, spec)


def _tag(operation: _Operation) -> str:
    return operation.tag
