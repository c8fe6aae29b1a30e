"""Documents cut into portions: what one row of ``collect`` works on."""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from tools.openapi.document import Json, as_list, as_object
from tools.openapi.reader import operation_name
from tools.words import unique_name, words
from training.collect.archive import provider_of
from training.collect.identity import METHODS

MOST = 200
"""Operations of a portion: a document of 20,000 is read a hundredth at a time."""

_GENERIC = frozenset({"openapi", "swagger", "api", "apis", "spec", "specs", "index", "docs", "doc"})
_LOCAL = ("localhost", "127.", "0.0.0.0", "[", "10.", "192.168.")  # noqa: S104 - names to know
_FRONT = re.compile(r"^(?:api|apis|www|rest|gateway)\.")
_SLUG = re.compile(r"[^a-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded call without its secrets: what was sent below the server's path, and the answer.

    `query` and `sent` (the body's text) are as they were on the wire; `body` is the answer's JSON,
    None where it had none or it is too long to keep.
    """

    method: str
    path: str
    query: str = ""
    sent: str = ""
    media_type: str = ""
    status: int = 0
    body: Any = None


@dataclass(frozen=True, slots=True)
class Portion:
    """Some paths of one document, `first` to `first + count` of its list of paths.

    `spec` is the number of the ``--specs`` argument, `name` the document's name within it. `api`
    and `provider` are what its tools are filed under, `package` the npm package that it is from.
    `superseded` are operations (``GET /path``) that a newer document describes, `taken` names of
    tools of earlier portions that would occur here again, `recorded` the traffic.
    """

    id: str
    spec: int
    name: str
    api: str
    provider: str
    first: int
    count: int
    package: str = ""
    superseded: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    recorded: tuple[Recorded, ...] = ()


def portions(
    document: Json, whole: Portion, recorded: Sequence[tuple[str, Recorded]] = ()
) -> Iterator[Portion]:
    """A document in portions of about `MOST` operations; `whole` names what all have in common.

    `recorded` are calls with the path (of the document) that they belong to.
    """
    paths = as_object(document.get("paths"))
    ranges = list(_ranges(paths))
    before: set[str] = set()
    for number, (first, count) in enumerate(ranges):
        held = dict.fromkeys(islice(paths, first, first + count))
        names = {*_names(paths, held)}
        yield replace(
            whole,
            id=f"{whole.id}+{number}" if len(ranges) > 1 else whole.id,
            first=first,
            count=count,
            taken=tuple(sorted(names & before)),
            recorded=tuple(call for path, call in recorded if path in held),
        )
        before |= names


class Window(Mapping[str, Any]):
    """The paths of a document, of which some are seen; references lead to the others as well."""

    def __init__(self, whole: Json, seen: dict[str, Any]) -> None:
        self.seen = seen
        self._whole = whole

    def __getitem__(self, path: str) -> Any:
        return self._whole[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.seen)

    def __len__(self) -> int:
        return len(self.seen)

    def items(self) -> ItemsView[str, Any]:
        """What is seen, as it is seen."""
        return self.seen.items()


def cut_out(document: Json, portion: Portion) -> tuple[Json, Window]:
    """The document with the paths of a portion only, and these."""
    paths = as_object(document.get("paths"))
    seen = dict(islice(paths.items(), portion.first, portion.first + portion.count))
    window = Window(paths, seen)
    return {**document, "paths": window}, window


def named(document: Json, name: str, package: str) -> tuple[str, str]:
    """API and provider of a document.

    Of a package both are told by the document's place in it (``googleapis.com/drive``). Elsewhere
    the provider is what the document says (``x-providerName``), its server's host, or the name of
    its file or API where it says neither.
    """
    stem = name.rpartition(".")[0]
    if package:
        return stem, provider_of(name)
    info = as_object(document.get("info"))
    said = info.get("x-providerName")
    provider = said if isinstance(said, str) and said else _host(document)
    short = stem.rpartition("/")[2]
    title = info.get("title")
    if _GENERIC.issuperset(words(short)) and isinstance(title, str) and _slug(title):
        short = title
    return provider or _slug(short) or "api", provider or _slug(short) or "api"


def file_id(api: str) -> str:
    """An API's name as it stands in the ids of records."""
    return _slug(api.replace("/", "."))


def _ranges(paths: Json) -> Iterator[tuple[int, int]]:
    """First path and number of paths of each portion."""
    first = held = 0
    for number, item in enumerate(paths.values()):
        held += sum(method in as_object(item) for method in METHODS)
        if held >= MOST:
            yield first, number + 1 - first
            first, held = number + 1, 0
    if first < len(paths):
        yield first, len(paths) - first


def _names(paths: Json, held: Iterable[str]) -> Iterator[str]:
    """What the tools of some paths are called, if no other has the name."""
    for path in held:
        item = as_object(paths[path])
        for method in METHODS:
            if method in item:
                wanted = operation_name(method.upper(), path, as_object(item[method]))
                yield unique_name(wanted, ())


def _host(document: Json) -> str:
    """The host of the first server, without a leading ``api.``; "" for a local or stated none."""
    first: Mapping[str, Any] = as_object(next(iter(as_list(document.get("servers"))), None))
    url = first.get("url")
    host = (urlsplit(url).hostname or "") if isinstance(url, str) and "{" not in url else ""
    return "" if "." not in host or host.startswith(_LOCAL) else _FRONT.sub("", host)


def _slug(text: str) -> str:
    return _SLUG.sub("-", text.lower()).strip("-.")
