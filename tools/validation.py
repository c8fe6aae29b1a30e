"""Whether a response body is what its tool's document promises."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from tools.spec import JsonSchema, ToolSpec

_MOST_COMPILED = 1024


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a body breaks its schema, at a JSON pointer into the body."""

    pointer: str
    message: str


class _Validators:
    """Compiled schemas, the most recently used ones; a schema is known by its identity."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[JsonSchema, jsonschema_rs.Draft202012Validator]]
        self._kept = OrderedDict()

    def of(self, schema: JsonSchema) -> jsonschema_rs.Draft202012Validator:
        found = self._kept.get(id(schema))
        if found is None:
            # The schema is kept beside its validator, so its identity is not given out again.
            found = (schema, jsonschema_rs.Draft202012Validator(dict(schema)))
            self._kept[id(schema)] = found
            if len(self._kept) > _MOST_COMPILED:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(id(schema))
        return found[1]


_validators = _Validators()


def violations(tool: ToolSpec, body: Any) -> tuple[Violation, ...]:
    """Every way in which a 2xx body breaks `tool.returns`; none where nothing is promised.

    `body` is a JSON value.
    """
    if tool.returns is None:
        return ()
    validator = _validators.of(tool.returns)
    return tuple(
        Violation(_pointer(error.instance_path), error.message)
        for error in validator.iter_errors(body)
    )


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
