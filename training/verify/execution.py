"""The gate of execution: every call was answered with success, as its API promises."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from agent.events import CallObserved
from tools.spec import JsonSchema, ToolSpec
from training.records import Chain
from training.verify.faults import Fault
from training.verify.replay import Bench, Replay

_OWN_FAULT = frozenset({400, 401, 403, 404, 405, 415, 422})
"""What an API answers to a wrong call, as against a world that stands in the way."""


def failed(chain: Chain, bench: Bench, replay: Replay) -> Fault | None:
    """The first call that failed, or whose answer does not keep the schema of its operation.

    Where the scenario disturbs the world on purpose (`Scenario.faults`), a call may fail, but not
    for a fault of its own.
    """
    disturbed = chain.instruction.scenario.faults is not None
    for event in replay.events:
        if not isinstance(event, CallObserved):
            continue
        name = replay.end.calls[event.call_id].name
        if not (event.ok and 200 <= event.status < 300):
            if disturbed and not event.ok and event.status not in _OWN_FAULT:
                continue
            detail = f"{event.call_id} {name}: {event.status} {event.code}"
            return Fault("execution/failing_call", detail)
        fault = _unlike(bench.catalog.get(name), event.result)
        if fault is not None:
            return Fault("execution/response_violates_schema", f"{event.call_id} {name}: {fault}")
    return None


def _unlike(tool: ToolSpec, body: Any) -> str | None:
    """How a body differs from what its tool returns; None where it does not or nothing is said."""
    if tool.returns is None:
        return None
    validator = _of_tool(tool.returns)
    if validator.is_valid(body):
        return None
    error = next(validator.iter_errors(body))
    return f"{'/'.join(map(str, error.instance_path))}: {error.message}"


_known: dict[int, tuple[JsonSchema, jsonschema_rs.Draft202012Validator]] = {}
_MOST_KNOWN = 1024


def _of_tool(schema: JsonSchema) -> jsonschema_rs.Draft202012Validator:
    """The validator of a schema; schemas that one catalog holds are told apart by identity."""
    known = _known.get(id(schema))
    if known is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        # The schema is kept beside it, so that its id is not given away.
        known = _known[id(schema)] = (schema, _compiled(orjson.dumps(schema)))
    return known[1]


@lru_cache(maxsize=4096)
def _compiled(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema), validate_formats=True)
