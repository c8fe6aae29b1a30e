"""Collecting, in this process: documents in, tools and reasons out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.collect.documents import CollectDocuments
from training.collect.portions import Portion
from training.collect.stage import CollectOperations
from training.pipeline import rng_for
from training.records import Collected, Dropped

SEED = 7


async def listed(*specs: Path, hars: Sequence[Path] = ()) -> list[Portion | Dropped]:
    return [one async for one in CollectDocuments(specs, tuple(hars)).records(SEED)]


async def collect(*specs: Path, hars: Sequence[Path] = ()) -> list[Collected | Dropped]:
    """Everything that becomes of some specs."""
    found: list[Collected | Dropped] = []
    async with CollectOperations(specs).open() as worker:
        for one in await listed(*specs, hars=hars):
            if isinstance(one, Portion):
                found += await worker.work(one, rng_for(SEED, "collect", one.id))
            else:
                found.append(one)
    return found


def kept(found: Sequence[Collected | Dropped]) -> dict[str, Collected]:
    return {one.tool.name: one for one in found if isinstance(one, Collected)}


def reasons(found: Sequence[object]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for one in found:
        if isinstance(one, Dropped):
            told.setdefault(one.reason, []).append(one.id)
    return told


def written(path: Path, content: Mapping[str, Any] | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def described(
    paths: Mapping[str, Any], *, title: str = "Shop", version: str = "1", server: str = ""
) -> dict[str, Any]:
    """A document with these paths."""
    document: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version},
        "paths": dict(paths),
    }
    return {**document, "servers": [{"url": server}]} if server else document


def operation(name: str, summary: str = "Get a thing", **more: Any) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": {"description": "OK"}},
        **more,
    }
