"""Recorded traffic (HAR 1.2): the calls of an API in it, without anybody's secrets.

http://www.softwareishard.com/blog/har-12-spec/ describes the format, which browsers and proxies
write. Of headers nothing is kept but the media type, so no cookie and no authorization is.
"""

from __future__ import annotations

import base64
import binascii
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import orjson

from agent.json_values import is_object
from tools.errors import DataError
from tools.openapi.document import Json, as_list, as_object
from training.collect.matching import Template, below, best, servers_of, templates
from training.collect.portions import Recorded
from training.collect.secrets import is_secret, looks_secret, scrubbed
from training.records import Dropped

MOST_OF_ONE = 5
"""Different calls of one operation that are kept."""

_LONGEST_BODY = 32_000
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Entry:
    """A call of a recording: where it went, and what is kept of it."""

    id: str
    host: str
    call: Recorded


@dataclass(frozen=True, slots=True)
class _Url:
    host: str
    path: str
    query: str


class Traffic:
    """The calls of some recordings, given to the documents that describe them."""

    def __init__(self, files: Sequence[Path], servers: Sequence[str] = ()) -> None:
        """`servers` are URLs that any API may be at.

        Raises `DataError` for a file that is no HAR.
        """
        self._servers = servers
        self._waiting: list[Entry] = []
        self._dropped: list[Dropped] = []
        for file in files:
            for one in entries(file):
                if isinstance(one, Entry):
                    self._waiting.append(one)
                else:
                    self._dropped.append(one)

    def matched(self, document: Json) -> list[tuple[str, Recorded]]:
        """The calls of a document's operations, each with the path that it is of.

        A call is of an operation by method, path template and server; it belongs to the first
        document that has one. Of equal calls, and of more than `MOST_OF_ONE` of an operation,
        the first are kept; of those with a secret in their path, none.
        """
        if not self._waiting:
            return []
        known, servers = templates(document), servers_of(document, self._servers)
        kept: list[tuple[str, Recorded]] = []
        seen: set[tuple[str, ...]] = set()
        counts: Counter[str] = Counter()
        left: list[Entry] = []
        for entry in self._waiting:
            path = below(entry.host, entry.call.path, servers)
            template = None if path is None else best(known, entry.call.method, path)
            if path is None or template is None:
                left.append(entry)
                continue
            call = replace(entry.call, path=path)
            asked = f"{call.method} {template.path}"
            if _holds_secret(template, path):
                self._dropped.append(Dropped(entry.id, "traffic_secret", asked))
                continue
            key = (call.method, call.path, call.query, call.sent)
            if counts[asked] >= MOST_OF_ONE or key in seen:
                self._dropped.append(Dropped(entry.id, "traffic_repeated", asked))
                continue
            counts[asked] += 1
            seen.add(key)
            kept.append((template.path, call))
        self._waiting = left
        return kept

    def unused(self) -> Iterator[Dropped]:
        """The calls that were given to no document, each with the reason."""
        yield from self._dropped
        for entry in self._waiting:
            path = "/…" if _looks_secret(entry.call.path) else entry.call.path
            said = f"{entry.call.method} {entry.host}{path}"
            yield Dropped(entry.id, "traffic_unmatched", said)


def entries(file: Path) -> Iterator[Entry | Dropped]:
    """The calls of a recording that succeeded, without secrets; why the others are left out.

    Raises `DataError` when the file is no HAR.
    """
    try:
        read: Any = orjson.loads(file.read_bytes().removeprefix(BOM_UTF8))
        listed = read["log"]["entries"]
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError(
            f"--har {file}: no recording in HAR form ({type(error).__name__}: {error}). Browsers "
            "write one: developer tools, network, 'Save all as HAR'"
        ) from error
    for number, one in enumerate(as_list(listed)):
        name = f"{file.name}#{number}"
        request, response = (as_object(as_object(one).get(it)) for it in ("request", "response"))
        status = response.get("status")
        url = _url(request.get("url"))
        if url is None or not isinstance(status, int):
            yield Dropped(name, "traffic_malformed")
        elif not 200 <= status < 300:
            yield Dropped(name, "traffic_failed", str(status))
        else:
            yield _entry(name, url, request, response)


def _url(text: Any) -> _Url | None:
    """The parts of a URL; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    return _Url(f"{host}:{port}" if port else host, parts.path, parts.query)


def _entry(name: str, url: _Url, request: Json, response: Json) -> Entry:
    sent = as_object(request.get("postData"))
    media_type = str(sent.get("mimeType", "")).partition(";")[0].strip().lower()
    call = Recorded(
        method=str(request.get("method", "")).upper(),
        path=url.path,
        query=urlencode(_plain(parse_qsl(url.query, keep_blank_values=True))),
        sent=_sent(sent, media_type),
        media_type=media_type,
        status=response["status"],
        body=_body(as_object(response.get("content"))),
    )
    return Entry(name, url.host, call)


def _holds_secret(template: Template, path: str) -> bool:
    """Whether a variable in a path is called like a secret, or any segment looks like one."""
    return _looks_secret(path) or any(map(is_secret, template.variables))


def _looks_secret(path: str) -> bool:
    return any(looks_secret(unquote(segment)) for segment in path.split("/"))


def _plain(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, text in pairs if not is_secret(name) and not looks_secret(text)]


def _sent(data: Json, media_type: str) -> str:
    """The body of a request as its text; "" where it is neither JSON nor a form."""
    text = data.get("text")
    if media_type == _FORM:
        listed = [as_object(one) for one in as_list(data.get("params"))]
        pairs = [(str(one.get("name")), str(one.get("value", ""))) for one in listed]
        if not pairs and isinstance(text, str):
            pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode(_plain(pairs))
    value = _json(text if isinstance(text, str) else "")
    return "" if value is None else orjson.dumps(scrubbed(value)).decode()


def _body(content: Json) -> Any:
    """The JSON of an answer without secrets; None where it is none, or long."""
    text = content.get("text")
    if not isinstance(text, str) or len(text) > _LONGEST_BODY:
        return None
    if content.get("encoding") == "base64":
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
    value = _json(text)
    return scrubbed(value) if is_object(value) or isinstance(value, list) else None


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
