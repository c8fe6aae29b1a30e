"""The first step of collecting: which documents there are, and in which portions they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tools.errors import DataError, SpecError
from tools.openapi.document import Json, load
from training.collect.har import Traffic
from training.collect.identity import Newest, operations
from training.collect.portions import Portion, file_id, named, portions
from training.collect.shelf import LARGEST, Place, Shelf
from training.records import Dropped

_READ = ("3.0", "3.1")


@dataclass(frozen=True, slots=True)
class CollectDocuments:
    """Lists what `specs` hold, cut into portions (`training.pipeline.stage.Source`).

    Every document is read once, one at a time; of all of them only a number for each operation is
    remembered, by which the newest version of an operation is told. `hars` are recordings (HAR
    1.2), whose calls go to the operations that they are of; `servers` are URLs that they may be of
    beside the documents' own. Dropped are documents that are none, operations of Swagger 2.0
    and OpenAPI 3.2, and recorded calls that belong nowhere.
    """

    specs: tuple[Path, ...]
    hars: tuple[Path, ...] = ()
    servers: tuple[str, ...] = ()
    name: str = "collect-documents"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Source.settings`."""
        recorded = {"har": Shelf(self.hars).digests(), "servers": self.servers}
        return {
            "version": 2,
            "specs": Shelf(self.specs).digests(),
            **(recorded if self.hars else {}),
        }

    async def records(self, seed: int) -> AsyncIterator[Portion | Dropped]:
        """See `Source.records`. Raises `DataError` where no document is one of OpenAPI 3."""
        listing = _Listing(Shelf(self.specs), Traffic(self.hars, self.servers))
        for dropped in listing.fill():
            yield dropped
        if not listing.entries:
            raise DataError(_none_found(self.specs, listing.reasons))
        for record in listing.portions():
            yield record
        for dropped in listing.traffic.unused():
            yield dropped


@dataclass(slots=True)
class _Listing:
    """What is known of all documents once each was looked at."""

    shelf: Shelf
    traffic: Traffic
    newest: Newest = field(default_factory=Newest)
    entries: list[tuple[int, list[Portion]]] = field(
        default_factory=list[tuple[int, list[Portion]]]
    )
    reasons: Counter[str] = field(default_factory=Counter[str])
    _packages: dict[int, str] = field(default_factory=dict[int, str])
    _apis: set[str] = field(default_factory=set[str])

    def fill(self) -> Iterator[Dropped]:
        """Look at every document. What comes back are those that cannot be used."""
        for place, data in self.shelf.places():
            document = _parsed(place, data)
            refused = [document] if isinstance(document, Dropped) else [*_refused(place, document)]
            for one in refused:
                self.reasons[one.reason] += 1
                yield one
            if not refused and not isinstance(document, Dropped):
                self._take(place, document)

    def portions(self) -> Iterator[Portion]:
        """Every portion of every document, in their order."""
        for number, held in self.entries:
            superseded = [*self.newest.superseded(number)]
            for portion in held:
                last = portion.first + portion.count
                gone = [said for place, said in superseded if portion.first <= place < last]
                yield replace(portion, superseded=tuple(gone))

    def _take(self, place: Place, document: Json) -> None:
        if place.spec not in self._packages:
            self._packages[place.spec] = self.shelf.package(place.spec)
        package = self._packages[place.spec]
        api, provider = named(document, place.name, package)
        api = self._unique(api)
        whole = Portion(
            file_id(api), place.spec, place.name, api, provider, first=0, count=0, package=package
        )
        number = self.newest.add(provider, document, place.name)
        recorded = self.traffic.matched(document)
        self.entries.append((number, [*portions(document, whole, recorded)]))

    def _unique(self, api: str) -> str:
        """The name, or the name with a number where another document has it."""
        number, wanted = 2, api
        while file_id(api) in self._apis:
            api, number = f"{wanted}/{number}", number + 1
        self._apis.add(file_id(api))
        return api


def _parsed(place: Place, data: bytes) -> Json | Dropped:
    if place.size > LARGEST:
        return Dropped(place.name, "document_too_large", f"{place.size} bytes, most are {LARGEST}")
    try:
        return load(data)
    except SpecError as error:
        return Dropped(place.name, "unreadable_document", str(error)[:200])


def _refused(place: Place, document: Json) -> Iterator[Dropped]:
    """Why a document cannot be read, once for each operation where it is an API's; none if it can.

    Conversion of Swagger 2.0 is left to its own tools (``npx swagger2openapi``).
    """
    stated = document.get("openapi", document.get("swagger"))
    if stated is None or not isinstance(document.get("paths", {}), Mapping):
        yield Dropped(place.name, "no_openapi")
    elif "swagger" in document and "openapi" not in document:
        yield from _each(place, document, "swagger_2")
    elif not str(stated).startswith(_READ):
        yield from _each(place, document, "unsupported_version")
    elif not document.get("paths"):
        yield Dropped(place.name, "no_operation")


def _each(place: Place, document: Json, reason: str) -> Iterator[Dropped]:
    detail = str(document.get("openapi", document.get("swagger")))
    found = [f"{place.name} {method} {path}" for method, path in operations(document)]
    for one in found or [place.name]:
        yield Dropped(one, reason, detail)


def _none_found(specs: Sequence[Path], reasons: Mapping[str, int]) -> str:
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    said = f"--specs {' '.join(map(str, specs))}: no OpenAPI 3.0 or 3.1 document there"
    said += f" ({told})" if told else " (no .json, .yaml or .yml file)"
    if "swagger_2" in reasons:
        said += "; Swagger 2.0 becomes OpenAPI 3 with: npx swagger2openapi old.json -o new.json"
    return said
