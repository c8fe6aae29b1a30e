"""What an HTTP response means for a call."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import httpx
import orjson

from tools.nesting import DEEPEST, is_too_deep
from tools.outcome import Failure, Outcome, Success, Unknown
from tools.spec import Effect

_EXCERPT = 2_000
_RETRYABLE = frozenset({408, 425, 429, 502, 503, 504})
_CODES = {
    400: "validation_failed", 401: "unauthorized", 403: "forbidden", 404: "not_found",
    409: "conflict", 410: "not_found", 422: "validation_failed", 429: "rate_limited",
    502: "unavailable", 503: "unavailable", 504: "unavailable",
}  # fmt: skip
_UNDECIDED = frozenset({500, 502, 503, 504, *range(520, 531), 598, 599})
"""Said of a write by something between us and the API (503: Envoy after a reset; 520 to 530:
Cloudflare; 598, 599: other proxies), or by an API that broke half-way."""


class UnreadableBody(ValueError):
    """A body that claims to be JSON and is not, or nests deeper than any data does."""


def outcome_of(effect: Effect, response: httpx.Response, content: bytes) -> Outcome:
    """The outcome of a call that was answered.

    A write answered 500, 502, 503, 504 or as only proxies answer is `Unknown` unless the API itself
    speaks (a body with a `code`): such an answer does not say whether the write took place. So is a
    write whose 2xx body cannot be read.
    """
    status = response.status_code
    try:
        body = _parsed(response.headers.get("content-type", ""), content)
    except UnreadableBody as error:
        if 200 <= status < 300:
            return no_answer(effect, "malformed_response", str(error), status=status)
        body = content.decode(errors="replace")
    if 200 <= status < 300:
        return Success(status, body)
    stated: Mapping[str, Any] = cast("Any", body) if isinstance(body, dict) else {}
    code = stated.get("code")
    if effect == "write" and status in _UNDECIDED and not isinstance(code, str):
        return Unknown(f"answered {status}")
    return _failure(status, stated, body)


def no_answer(effect: Effect, code: str, detail: str, *, status: int = 0) -> Outcome:
    """The outcome when no usable answer came to a request that may have arrived."""
    if effect == "write":
        return Unknown(f"{code}: {detail}")
    return Failure(
        status, code, status == 0, made_up_problem(status, code, detail, retryable=status == 0)
    )


def not_sent(code: str, detail: str, *, retryable: bool) -> Failure:
    """The outcome, for writes too, when nothing left this machine."""
    return Failure(0, code, retryable, made_up_problem(0, code, detail, retryable=retryable))


def made_up_problem(status: int, code: str, detail: str, *, retryable: bool) -> dict[str, Any]:
    """An RFC 9457 object for what no API described."""
    known = status in HTTPStatus._value2member_map_
    title = HTTPStatus(status).phrase if known else code.replace("_", " ").capitalize()
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "retryable": retryable,
    }


def _failure(status: int, stated: Mapping[str, Any], body: Any) -> Failure:
    said = stated.get("retryable")
    retryable = said if isinstance(said, bool) else status in _RETRYABLE
    named = stated.get("code")
    code = named if isinstance(named, str) and named else _CODES.get(status, f"http_{status}")
    if "title" in stated and "status" in stated:
        return Failure(status, code, retryable, {**stated, "code": code, "retryable": retryable})
    text = body if isinstance(body, str) else orjson.dumps(body).decode() if body else ""
    problem = made_up_problem(status, code, text[:_EXCERPT], retryable=retryable)
    return Failure(status, code, retryable, problem)


def _parsed(content_type: str, content: bytes) -> Any:
    """JSON as a value, other text as a string, nothing as None."""
    if not content:
        return None
    media_type = content_type.partition(";")[0].strip().lower()
    stated = media_type.endswith(("/json", "+json"))
    if stated or content[:1] in b'{["':
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            if stated:
                raise UnreadableBody(f"a body that is no JSON: {error}") from error
        else:
            if is_too_deep(value):
                raise UnreadableBody(f"a body nested deeper than {DEEPEST} levels")
            return value
    return content.decode(errors="replace")
