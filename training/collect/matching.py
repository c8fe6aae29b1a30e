"""Which operation of a document a request is of: method, server, path template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tools.openapi.document import Json
from tools.openapi.reader import base_urls
from training.collect.identity import operations

_VARIABLE = re.compile(r"\{([^{}/?#]+)\}")


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API answers: host with port ("" for any), and the path before its own paths."""

    host: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Template:
    """A path of a document as a pattern. `literals` counts its characters outside `variables`."""

    path: str
    pattern: re.Pattern[str]
    literals: int
    variables: tuple[str, ...] = ()


def servers_of(document: Json, more: Iterable[str] = ()) -> tuple[Server, ...]:
    """The servers that a document names, and those at `more` URLs; the longest prefix first."""
    found = {_server(url) for url in (*base_urls(document, ""), *more)}
    return tuple(sorted(found, key=lambda one: (-len(one.prefix), one.prefix, one.host)))


def below(host: str, path: str, servers: Iterable[Server]) -> str | None:
    """What of a URL's path stands below the first of the servers that it is of; None for none."""
    for server in servers:
        if server.host not in ("", host.lower()):
            continue
        rest = path.removeprefix(server.prefix)
        if (rest != path or not server.prefix) and rest[:1] in ("", "/"):
            return rest or "/"
    return None


def templates(document: Json) -> Mapping[str, Sequence[Template]]:
    """The paths of a document by method (upper case), the most literal first."""
    found: dict[str, list[Template]] = {}
    for method, path in operations(document):
        found.setdefault(method, []).append(_template(path))
    for held in found.values():
        held.sort(key=lambda one: (-one.literals, one.path))
    return found


def best(known: Mapping[str, Sequence[Template]], method: str, path: str) -> Template | None:
    """The most literal template that a request's path is of."""
    held = known.get(method.upper(), ())
    return next((one for one in held if one.pattern.fullmatch(path)), None)


def _server(url: str) -> Server:
    parts = urlsplit(url)
    return Server(parts.netloc.lower(), parts.path.rstrip("/"))


def _template(path: str) -> Template:
    bare = path.partition("#")[0].partition("?")[0]
    pieces = _VARIABLE.split(bare)
    literals, variables = pieces[::2], tuple(pieces[1::2])
    pattern = "([^/]+?)".join(map(re.escape, literals))
    return Template(path, re.compile(pattern), sum(map(len, literals)), variables)
