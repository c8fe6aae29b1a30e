"""What a route says about its operation: effect, faults, idempotency, problems it can answer.

It is said once, in the route's OpenAPI extensions; the pipeline and the document both read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tools.mock.core.faults import TRANSPORT_FAULTS, Fault
from tools.mock.core.problems import MEDIA_TYPE, PROBLEM_TYPES, ProblemType

Idempotency = Literal["required", "optional", "none"]
_ALWAYS = ("not_found", "validation_failed", "rate_limited", "unavailable")
_WITH_BODY = ("bad_request", "payload_too_large")
_WITH_KEY = ("idempotency_key_conflict", "idempotency_key_in_flight")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the pipeline treats an operation."""

    operation: str
    faults: frozenset[Fault]
    idempotency: Idempotency

    @classmethod
    def of(cls, operation: str, extensions: Mapping[str, Any] | None) -> Behaviour:
        """Read it from a route's OpenAPI extensions."""
        given = extensions or {}
        faults = frozenset(Fault(name) for name in given.get("x-faults", ()))
        return cls(operation, TRANSPORT_FAULTS | faults, given.get("x-idempotency", "none"))


def operation(
    name: str,
    *,
    effect: Literal["read", "write"],
    summary: str,
    status: int = 200,
    body: bool = False,
    idempotency: Idempotency = "none",
    faults: Sequence[Fault] = (),
    problems: Sequence[str] = (),
    approval: Mapping[str, Any] | None = None,
    read_back: Mapping[str, Any] | None = None,
    relations: Sequence[Mapping[str, str]] = (),
    internal: bool = False,
) -> dict[str, Any]:
    """The keyword arguments of a FastAPI route for one operation of a mock API.

    `problems` are the codes that this operation answers beside those that all do. An `internal`
    operation serves other operations' extensions and is nothing to offer to a model.
    """
    extensions: dict[str, Any] = {"x-effect": effect}
    if idempotency != "none":
        extensions["x-idempotency"] = idempotency
    if faults:
        extensions["x-faults"] = [fault.value for fault in faults]
    if approval is not None:
        extensions["x-approval"] = dict(approval)
    if read_back is not None:
        extensions["x-read-back"] = dict(read_back)
    if relations:
        extensions["x-relations"] = [dict(relation) for relation in relations]
    if internal:
        extensions["x-internal"] = True
    codes = [*_ALWAYS, *problems]
    codes += _WITH_BODY if body else ()
    codes += _WITH_KEY if idempotency != "none" else ()
    codes += ("idempotency_key_missing",) if idempotency == "required" else ()
    return {
        "operation_id": name,
        "summary": summary,
        "status_code": status,
        "responses": problem_responses(codes),
        "openapi_extra": extensions,
    }


def problem_responses(codes: Sequence[str]) -> dict[int | str, dict[str, Any]]:
    """The documented answers for some problem codes, by status, with an example of each."""
    kinds = [PROBLEM_TYPES[code] for code in sorted(set(codes))]
    return {
        status: _documented([kind for kind in kinds if kind.status == status])
        for status in sorted({kind.status for kind in kinds})
    }


def _documented(kinds: Sequence[ProblemType]) -> dict[str, Any]:
    media = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {kind.code: {"value": _example(kind)} for kind in kinds},
    }
    answer: dict[str, Any] = {
        "description": "; or ".join(f"{kind.title} (`{kind.code}`)" for kind in kinds),
        "content": {MEDIA_TYPE: media},
    }
    if any(kind.code == "rate_limited" for kind in kinds):
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
        answer["headers"] = {"Retry-After": seconds}
    return answer


def _example(kind: ProblemType) -> dict[str, Any]:
    return {
        "type": f"urn:callsign:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": f"{kind.title}.",
        "code": kind.code,
        "retryable": kind.retryable,
        "request_id": "req_5f0c1b9a72de",
    }
