"""Errors on the wire: RFC 9457 problem details, each saying how to mend the request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.errors import (
    ApprovalConflict,
    ApprovalNotFound,
    CallsignError,
    ConcurrentTurn,
    ConversationNotFound,
    EngineError,
    EngineUnavailable,
    PromptTooLong,
    SandboxNotFound,
    StoreUnavailable,
)

MEDIA_TYPE = "application/problem+json"
_LOG = structlog.get_logger("callsign.service")


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: its machine-readable `code` and what is always true of it."""

    code: str
    status: int
    title: str
    retryable: bool = False


_TYPES = (
    ProblemType("bad_request", 400, "The request cannot be read"),
    ProblemType("unauthorized", 401, "A valid key is needed"),
    ProblemType("not_found", 404, "Not found"),
    ProblemType("forbidden_host", 421, "The service does not answer to this name"),
    ProblemType("sandbox_not_found", 404, "There is no such sandbox"),
    ProblemType("method_not_allowed", 405, "The path does not take this method"),
    ProblemType("turn_in_progress", 409, "Another turn is running", retryable=True),
    ProblemType("approval_conflict", 409, "The approval can no longer be decided so"),
    ProblemType("payload_too_large", 413, "The request body is too large"),
    ProblemType("validation_failed", 422, "The request is not valid"),
    ProblemType("rate_limited", 429, "Too many requests", retryable=True),
    ProblemType("internal_error", 500, "The service failed"),
    ProblemType("engine_failed", 502, "The model answered with nothing usable", retryable=True),
    ProblemType("unavailable", 503, "An API is not available", retryable=True),
    ProblemType("not_ready", 503, "The service is not ready", retryable=True),
    ProblemType("engine_unavailable", 503, "The model is not available", retryable=True),
    ProblemType("store_unavailable", 503, "The database is not available", retryable=True),
)
PROBLEM_TYPES: Mapping[str, ProblemType] = {kind.code: kind for kind in _TYPES}


class FieldError(TypedDict):
    """One fault of a request: a JSON pointer to the value and what was expected of it."""

    pointer: str
    message: str


class Problem(CallsignError):
    """An answer that says no. `code` is one of `PROBLEM_TYPES`; `detail` says how to mend it."""

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
        "validation_failed",
        f"{pointer}: {message}",
        errors=[FieldError(pointer=pointer, message=message)],
    )


@dataclass(frozen=True, slots=True)
class _Telling:
    """How an error of the agent is told: `detail` may show the error's own text as ``{error}``."""

    error: type[CallsignError]
    code: str
    detail: str
    retry_after: int = 0


# The first row that an error is an instance of tells it: branches stand above their roots.
_TELLINGS = (
    _Telling(
        ConversationNotFound,
        "not_found",
        "There is no such conversation; POST /v1/conversations starts one.",
    ),
    _Telling(SandboxNotFound, "sandbox_not_found", "{error}."),
    _Telling(
        ApprovalNotFound,
        "not_found",
        "This conversation never asked for that approval; take its id from a turn.",
    ),
    _Telling(ApprovalConflict, "approval_conflict", "{error}."),
    _Telling(
        ConcurrentTurn,
        "turn_in_progress",
        "This conversation is busy with another turn; wait for it and send again.",
        1,
    ),
    _Telling(
        EngineUnavailable,
        "engine_unavailable",
        "The model cannot be reached. Try again, or see /readyz.",
        5,
    ),
    _Telling(
        PromptTooLong,
        "payload_too_large",
        "This message and what was said before do not fit the model. Say it in fewer words, or "
        "start a new conversation.",
    ),
    _Telling(EngineError, "engine_failed", "The model failed. Send the message again."),
    _Telling(
        StoreUnavailable,
        "store_unavailable",
        "The database does not answer. Try again, or see /readyz.",
        5,
    ),
    _Telling(CallsignError, "unavailable", "{error}. Try again, or see /readyz.", 5),
)


def problem_of(error: Exception) -> Problem:
    """What to tell a client about any error; the unforeseen tells nothing of the inside."""
    if isinstance(error, Problem):
        return error
    for telling in _TELLINGS:
        if isinstance(error, telling.error):
            headers = {"Retry-After": str(telling.retry_after)} if telling.retry_after else None
            return Problem(telling.code, telling.detail.format(error=error), headers=headers)
    detail = "The service failed. Read the conversation to see what was done."
    return Problem("internal_error", detail)


def problem_body(problem: Problem) -> dict[str, Any]:
    """The problem as a JSON object."""
    kind = problem.kind
    body: dict[str, Any] = {
        "type": f"urn:callsign:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "code": kind.code,
        "retryable": kind.retryable,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    if problem.errors:
        body["errors"] = list(problem.errors)
    return body


def problem_response(problem: Problem, path: str = "") -> Response:
    """The problem as an HTTP response.

    Clients of OpenAI's API look for an `error` member, so its endpoints get one beside the rest.
    """
    body = problem_body(problem)
    if path.startswith(("/v1/chat/", "/v1/models")):
        body["error"] = openai_error(problem)
    return JSONResponse(body, problem.kind.status, headers=problem.headers, media_type=MEDIA_TYPE)


def openai_error(problem: Problem) -> dict[str, Any]:
    """The problem in the shape that OpenAI's API gives its errors."""
    kind = "invalid_request_error" if problem.kind.status < 500 else "server_error"
    pointer = problem.errors[0]["pointer"] if problem.errors else None
    return {"message": problem.detail, "type": kind, "param": pointer, "code": problem.kind.code}


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for these problems, grouped by status."""
    by_status: dict[int | str, list[ProblemType]] = {}
    for code in codes:
        kind = PROBLEM_TYPES[code]
        by_status.setdefault(kind.status, []).append(kind)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": "; ".join(f"{kind.title} (`{kind.code}`)" for kind in kinds),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status, kinds in by_status.items()
    }


PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and how to mend it."},
        "code": {"type": "string", "enum": list(PROBLEM_TYPES)},
        "retryable": {"type": "boolean"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
                "required": ["pointer", "message"],
            },
        },
        "error": {"type": "object", "description": "The same for clients of OpenAI's API."},
    },
    "required": ["type", "title", "status", "detail", "code", "retryable", "request_id"],
}


def install(app: FastAPI) -> None:
    """Make every error answer of `app`, whoever raises it, a problem document."""

    async def on_error(request: Request, error: Exception) -> Response:
        match error:
            case RequestValidationError():
                problem = _from_validation(error, request)
            case HTTPException():
                problem = _from_http(error, request)
            case _:
                problem = problem_of(error)
        if problem.kind.code == "internal_error":
            _LOG.error("request failed", exc_info=error)
        elif problem.kind.status >= 500:
            # Addresses and what a model server said are for the log, not for clients.
            _LOG.warning("request failed", error=str(error))
        return problem_response(problem, request.url.path)

    for kind in (CallsignError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, on_error)


class Unforeseen:
    """ASGI middleware: what nothing foresaw becomes a problem document within all others.

    So it has an id and security headers as every answer has.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the app where it failed before it answered."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            _LOG.exception("request failed")
            await problem_response(problem_of(error), scope["path"])(scope, receive, send)


def _from_http(error: HTTPException, request: Request) -> Problem:
    headers = dict(error.headers or {})
    path = request.url.path
    match error.status_code:
        case 404:
            detail = f"There is nothing at {path}; /docs lists what there is."
            return Problem("not_found", detail, headers=headers)
        case 405:
            headers["Allow"] = allowed = _allowed(request)
            detail = f"{path} does not take {request.method}; use {allowed}."
            return Problem("method_not_allowed", detail, headers=headers)
        case 413:
            return Problem("payload_too_large", str(error.detail), headers=headers)
        case _:
            detail = f"{error.detail}. Send a JSON body in UTF-8."
            return Problem("bad_request", detail, headers=headers)


def _allowed(request: Request) -> str:
    """The methods of every route at this path; the framework names those of the first only."""
    methods: set[str] = set()
    for path, item in request.app.openapi()["paths"].items():
        pattern = "[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", path)))
        if re.fullmatch(pattern, request.url.path):
            methods |= {method.upper() for method in item}
    return ", ".join(sorted(methods)) or "GET"


def _from_validation(error: RequestValidationError, request: Request) -> Problem:
    kind = request.headers.get("content-type", "")
    if "json" not in kind and any(fault["loc"] == ("body",) for fault in error.errors()):
        return invalid("/Content-Type", f"expected application/json, got {kind or 'none'}")
    errors = [
        FieldError(pointer=_pointer(fault), message=fault["msg"].removeprefix("Value error, "))
        for fault in error.errors()
    ]
    detail = "; ".join(f"{item['pointer'] or 'the body'}: {item['message']}" for item in errors[:5])
    return Problem("validation_failed", detail, errors=errors)


def _pointer(fault: Mapping[str, Any]) -> str:
    # The first part says body, query or path: to a caller they are all arguments of one operation.
    # A body that is no JSON has an offset for its location, which is no place in any document.
    location: Sequence[int | str] = () if fault["type"] == "json_invalid" else fault["loc"][1:]
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "".join(f"/{part}" for part in parts)
