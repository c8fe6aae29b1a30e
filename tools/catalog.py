"""The tools that an agent has, by name and by what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import orjson

from tools import signature
from tools.errors import ToolNotFound
from tools.retrieval import Bm25, terms
from tools.spec import ToolSpec

_NAME_WEIGHT = 3


class Catalog:
    """An immutable set of tools. Texts of a tool are made once and kept.

    Raises ValueError when two tools have one name: give their APIs a prefix, or leave one out.
    """

    def __init__(self, specs: Iterable[ToolSpec]) -> None:
        self.specs: tuple[ToolSpec, ...] = tuple(specs)
        self._by_name = {tool.name: tool for tool in self.specs}
        if len(self._by_name) != len(self.specs):
            names = [tool.name for tool in self.specs]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"more than one tool is called {', '.join(twice)}")
        self._compact: dict[str, str] = {}
        self._json: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self.specs)

    def __iter__(self) -> Iterator[ToolSpec]:
        return iter(self.specs)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def get(self, name: str) -> ToolSpec:
        """The tool of that name. Raises `tools.errors.ToolNotFound`."""
        try:
            return self._by_name[name]
        except KeyError:
            raise ToolNotFound(f"no tool is called {name!r}") from None

    def compact(self, name: str) -> str:
        """The signature line of a tool (`tools.signature`). Raises `ToolNotFound`."""
        if name not in self._compact:
            self._compact[name] = signature.compact(self.get(name))
        return self._compact[name]

    def json(self, name: str) -> bytes:
        """``{"name", "description", "parameters"}`` of a tool. Raises `ToolNotFound`."""
        if name not in self._json:
            tool = self.get(name)
            shown = {"name": name, "description": tool.description, "parameters": tool.parameters}
            self._json[name] = orjson.dumps(shown)
        return self._json[name]

    def search(self, query: str, k: int) -> tuple[ToolSpec, ...]:
        """At most `k` tools that share words with `query`, best first (BM25)."""
        found = self._index.search(terms(query), k)
        return tuple(self.specs[position] for position, _ in found)

    @cached_property
    def _index(self) -> Bm25:
        return Bm25(_words_of(tool) for tool in self.specs)


def _words_of(tool: ToolSpec) -> list[str]:
    """What a tool is found by: its name first, its texts, its arguments, what users say."""
    found = terms(tool.name) * _NAME_WEIGHT + terms(tool.description) + terms(tool.path)
    for pointer, rule in tool.rules.items():
        found += terms(pointer)
        for said in rule.terms.values():
            found += [term for word in said for term in terms(word)]
    return found
