"""Errors on the wire: RFC 9457 problem details, a `ProblemType` for each thing that goes wrong."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from tools.errors import CallsignError

MEDIA_TYPE = "application/problem+json"
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: its machine-readable `code` and what is always true of it."""

    code: str
    status: int
    title: str
    retryable: bool = False


_TYPES = (
    ProblemType("bad_request", 400, "The request cannot be read"),
    ProblemType("idempotency_key_missing", 400, "The Idempotency-Key header is missing"),
    ProblemType("not_found", 404, "Not found"),
    ProblemType("method_not_allowed", 405, "The path does not take this method"),
    ProblemType("idempotency_key_conflict", 409, "The key was used for another request"),
    ProblemType("idempotency_key_in_flight", 409, "The first request still runs", retryable=True),
    ProblemType("price_changed", 409, "The price has changed"),
    ProblemType("sold_out", 409, "Sold out"),
    ProblemType("not_cancellable", 409, "It cannot be cancelled"),
    ProblemType("sandbox_exists", 409, "The sandbox exists already"),
    ProblemType("sandbox_protected", 409, "The sandbox cannot be deleted"),
    ProblemType("quota_exceeded", 409, "Too much is kept already"),
    ProblemType("offer_expired", 410, "The offer or quote has expired"),
    ProblemType("payload_too_large", 413, "The request body is too large"),
    ProblemType("validation_failed", 422, "The request is not valid"),
    ProblemType("rate_limited", 429, "Too many requests", retryable=True),
    ProblemType("internal_error", 500, "The service failed"),
    ProblemType("unavailable", 503, "The service is not available", retryable=True),
)
PROBLEM_TYPES: Mapping[str, ProblemType] = {kind.code: kind for kind in _TYPES}


class FieldError(TypedDict):
    """One fault of a request: a JSON pointer to the value and what was expected of it."""

    pointer: str
    message: str


class Problem(CallsignError):
    """An answer that says no. `code` is one of `PROBLEM_TYPES`."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = PROBLEM_TYPES[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def invalid(pointer: str, message: str) -> Problem:
    """The `validation_failed` problem of a single value."""
    return Problem(
        "validation_failed", message, errors=[FieldError(pointer=pointer, message=message)]
    )


def request_id(request: Request) -> str:
    """The caller's ``X-Request-Id`` where it sent a plain one, else an id of our own."""
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(6)}"


def problem_response(request: Request, problem: Problem) -> Response:
    """The problem as an HTTP response."""
    kind = problem.kind
    body: dict[str, Any] = {
        "type": f"urn:callsign:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "code": kind.code,
        "retryable": kind.retryable,
        "request_id": request_id(request),
    }
    if problem.errors:
        body["errors"] = problem.errors
    return JSONResponse(body, kind.status, headers=problem.headers, media_type=MEDIA_TYPE)


def _from_http(error: HTTPException, request: Request) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return Problem("not_found", f"There is nothing at {request.url.path}.", headers=headers)
    if error.status_code == 405:
        allowed = headers.get("Allow", "other methods")
        detail = f"{request.url.path} does not take {request.method}; it takes {allowed}."
        return Problem("method_not_allowed", detail, headers=headers)
    return Problem("bad_request", str(error.detail), headers=headers)


def _pointer(location: Sequence[int | str]) -> str:
    # The first part says body, query or path: to a caller they are all arguments of one operation.
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location[1:]]
    return "".join(f"/{part}" for part in parts)


def _from_validation(error: RequestValidationError) -> Problem:
    errors = [
        FieldError(
            # The location of unreadable JSON is an offset, which is no pointer.
            pointer="" if fault["type"] == "json_invalid" else _pointer(fault["loc"]),
            message=fault["msg"].removeprefix("Value error, "),
        )
        for fault in error.errors()
    ]
    detail = "; ".join(f"{item['pointer'] or '/'}: {item['message']}" for item in errors[:5])
    return Problem("validation_failed", detail, errors=errors)


def install(app: FastAPI) -> None:
    """Make every error answer of `app`, whoever raises it, a problem document."""

    async def on_problem(request: Request, error: Exception) -> Response:
        match error:
            case Problem():
                problem = error
            case RequestValidationError():
                problem = _from_validation(error)
            case HTTPException():
                problem = _from_http(error, request)
            case _:
                problem = Problem("internal_error", "The service failed; nothing was changed.")
        return problem_response(request, problem)

    for kind in (Problem, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, on_problem)
