"""Documents behind URLs, brought to disk before anything reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tools.errors import DataError
from training.pipeline.folder import write_whole

SPECS = "specs"
"""The folder of a build that fetched documents stand in."""

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_OUTSIDE = re.compile(r"[^A-Za-z0-9.]+")
_SUFFIXES = (".tgz", ".json", ".yaml")
_GZIP = b"\x1f\x8b"


async def fetched(specs: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """The paths of all specs; what a URL names is fetched into `folder` first.

    A URL that does not answer is read from the copy that an earlier build left. Raises
    `DataError` when there is none, for what is no URL, and for credentials in one, which is
    written down.
    """
    for one in filter(_is_url, specs):
        _check(one)
    if not any(map(_is_url, specs)):
        return tuple(map(Path, specs))
    async with httpx.AsyncClient(follow_redirects=True, timeout=_TIMEOUT) as client:
        return tuple(
            [await _fetched(one, folder, client) if _is_url(one) else Path(one) for one in specs]
        )


async def _fetched(url: str, folder: Path, client: httpx.AsyncClient) -> Path:
    try:
        response = await client.get(url)
        response.raise_for_status()
    except httpx.HTTPError as error:
        for copy in _copies(url, folder):
            return copy
        raise DataError(f"--specs {url} cannot be fetched: {error}") from error
    return _put(url, folder, response.content)


def _check(url: str) -> None:
    try:
        httpx.URL(url)
        parts = urlsplit(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise DataError(f"--specs: this is no URL ({error})") from error
    if parts.username is not None:
        raise DataError("--specs: no credentials in a URL; download it, and name the file")


def _copies(url: str, folder: Path) -> list[Path]:
    files = [_own(url, folder) / f"{_name(url)}{suffix}" for suffix in _SUFFIXES]
    return [one for one in files if one.exists()]


def _put(url: str, folder: Path, content: bytes) -> Path:
    path = _own(url, folder) / f"{_name(url)}{_suffix(content)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    for old in _copies(url, folder):
        if old != path:
            old.unlink()
    return path


def _own(url: str, folder: Path) -> Path:
    """The folder of a URL's copy. Names of other URLs may be the same, and name what is in them."""
    return folder / sha256(url.encode()).hexdigest()[:12]


def _is_url(spec: str) -> bool:
    return spec.startswith(("http://", "https://"))


def _name(url: str) -> str:
    """A file's name for a URL; its query is not in it."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix(".tgz")
    for suffix in (".json", ".yaml", ".yml", ".gz", ".tar"):
        path = path.removesuffix(suffix)
    return _OUTSIDE.sub("-", f"{parts.netloc}{path}").strip("-.")


def _suffix(content: bytes) -> str:
    if content.startswith(_GZIP):
        return ".tgz"
    return ".json" if content.lstrip()[:1] == b"{" else ".yaml"
