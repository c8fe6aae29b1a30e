"""The collect stage: portions of documents in; out the operations that are tools, with examples."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from tools.errors import UnresolvableReference
from tools.openapi import read_openapi
from tools.openapi.document import Json, as_object, resolve
from tools.spec import ToolSpec
from tools.words import unique_name
from training.collect.examples import examples_of, shown
from training.collect.identity import METHODS
from training.collect.matching import best, templates
from training.collect.portions import Portion, Recorded, cut_out
from training.collect.results import slim_result
from training.collect.shelf import Shelf
from training.records import Collected, Dropped

LARGEST_PARAMETERS = 32_000
"""Bytes of a tool's parameters, as JSON: eight thousand tokens; no prompt could hold more."""

_LONG_RESULT, _LONGEST_RESULT = 4_000, 32_000


@dataclass(frozen=True, slots=True)
class CollectOperations:
    """Makes tools of the operations of each portion (`training.pipeline.stage.Stage`).

    Every operation is kept or dropped with a reason: those of `tools.openapi.SkipReason`, and
    ``duplicate`` (a newer document has it), ``undescribed`` (nothing says what it does) and
    ``too_large``. ``traffic_unusable`` tells of recorded calls of a kept one that became no
    example of their own: outside its schema, or the same arguments again. `specs` are where the
    portions are from; every worker reads them itself.
    """

    specs: tuple[Path, ...]
    name: str = "collect"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Stage.settings`; what the specs hold is already in the digest of the portions."""
        return {"version": 2, "largest_parameters": LARGEST_PARAMETERS}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Collector]:
        """Nothing is read before it is asked for."""
        yield Collector(Shelf(self.specs))


class Collector:
    """The stage, opened (`training.pipeline.stage.Worker`)."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def work(self, row: Portion, rng: random.Random) -> Sequence[Collected | Dropped]:
        """Every operation of a portion."""
        document = self._shelf.document(row.spec, row.name)
        return [*_Portion(document, row, rng).operations()]


@dataclass(slots=True)
class _Portion:
    document: Json
    portion: Portion
    rng: random.Random

    def operations(self) -> Iterator[Collected | Dropped]:
        cut, paths = cut_out(self.document, self.portion)
        yield from self._set_aside(paths.seen)
        reading = read_openapi(cut, api=self.portion.api)
        for skipped in reading.skipped:
            yield self._dropped(skipped.method, skipped.path, skipped.reason, skipped.detail)
        names = {tool.name for tool in reading.tools}
        calls = _by_operation(cut, self.portion.recorded)
        for tool in reading.tools:
            own = tool
            if tool.name in self.portion.taken:
                own = replace(tool, name=unique_name(tool.name, names.union(self.portion.taken)))
                names.add(own.name)
            yield from self._operation(cut, own, calls.get((tool.method, tool.path), ()))

    def _set_aside(self, paths: dict[str, Any]) -> Iterator[Dropped]:
        """Take out of a portion what is not to be read."""
        for said in self.portion.superseded:
            method, _, path = said.partition(" ")
            paths[path] = {k: v for k, v in paths[path].items() if k != method.lower()}
            yield self._dropped(method, path, "duplicate")
        for path in [path for path in paths if not path.startswith("/")]:
            item = as_object(paths.pop(path))
            for method in (one for one in METHODS if one in item):
                yield self._dropped(method.upper(), path, "malformed", "a path without its slash")

    def _operation(
        self, cut: Json, tool: ToolSpec, recorded: Sequence[Recorded]
    ) -> Iterator[Collected | Dropped]:
        if not tool.description:
            yield self._dropped(tool.method, tool.path, "undescribed")
            return
        size = len(orjson.dumps(tool.parameters))
        if size > LARGEST_PARAMETERS:
            yield self._dropped(tool.method, tool.path, "too_large", f"{size} bytes of parameters")
            return
        examples = examples_of(cut, _operation(cut, tool), tool, recorded, self.rng)
        used = sum(one.origin == "recorded" for one in examples)
        if used < len(recorded):
            unused = f"{len(recorded) - used} of {len(recorded)} recorded calls"
            yield self._dropped(tool.method, tool.path, "traffic_unusable", unused)
        portion = self.portion
        yield Collected(
            id=f"{portion.id}:{tool.name}",
            api=portion.api,
            provider=portion.provider,
            document=portion.name,
            licence=licence_of(cut),
            tool=replace(shown(tool, examples), returns=_result(tool)),
            examples=examples,
            package=portion.package,
        )

    def _dropped(self, method: str, path: str, reason: str, detail: str = "") -> Dropped:
        return Dropped(f"{self.portion.id}:{method} {path}", reason, detail)


def licence_of(document: Json) -> str:
    """What a document states as the licence: its SPDX identifier, else its name, else ""."""
    stated = as_object(as_object(document.get("info")).get("license"))
    found = stated.get("identifier") or stated.get("name")
    return found if isinstance(found, str) else ""


def _operation(document: Json, tool: ToolSpec) -> Json:
    """The operation of a tool, with the parameters of its path."""
    try:
        item = as_object(resolve(document, as_object(document.get("paths"))[tool.path]))
    except UnresolvableReference:
        return {}
    operation = as_object(item.get(tool.method.lower()))
    both = [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]
    return {**operation, "parameters": both}


def _by_operation(
    document: Json, recorded: Sequence[Recorded]
) -> Mapping[tuple[str, str], list[Recorded]]:
    found: dict[tuple[str, str], list[Recorded]] = {}
    if not recorded:
        return found
    known = templates(document)
    for call in recorded:
        template = best(known, call.method, call.path)
        if template is not None:
            found.setdefault((call.method, template.path), []).append(call)
    return found


def _result(tool: ToolSpec) -> Mapping[str, Any] | None:
    """The schema of a tool's result, cut where it is long, None where that does not help."""
    if tool.returns is None or len(orjson.dumps(tool.returns)) <= _LONG_RESULT:
        return tool.returns
    cut = slim_result(tool.returns)
    return cut if len(orjson.dumps(cut)) <= _LONGEST_RESULT else None
