"""Documents behind URLs are brought to disk, and read from there when they cannot be had."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
import respx

from tests.training.collect.collecting import described
from tools.errors import DataError
from training.collect.fetching import fetched

URL = "https://docs.example/v1/openapi.json?key=s3cret"


async def test_a_url_becomes_a_file_named_after_it_and_paths_stay(tmp_path: Path):
    with respx.mock() as web:
        web.get(URL).respond(json=described({}))
        found = await fetched(["mine.yaml", URL], tmp_path / "specs")
    assert found[0] == Path("mine.yaml")
    assert found[1].is_relative_to(tmp_path / "specs")
    assert found[1].name == "docs.example-v1-openapi.json"
    assert found[1].read_bytes().startswith(b'{"openapi"')


@pytest.mark.parametrize(
    ("content", "suffix"), [(b"openapi: 3.0.0", ".yaml"), (b"\x1f\x8bxx", ".tgz"), (b"{}", ".json")]
)
async def test_the_content_says_what_it_is(tmp_path: Path, content: bytes, suffix: str):
    with respx.mock() as web:
        web.get("https://docs.example/api").respond(content=content)
        (path,) = await fetched(["https://docs.example/api"], tmp_path)
    assert path.suffix == suffix


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("https://docs.example/api?of=orders", "https://docs.example/api?of=users"),
        ("https://docs.example/api/v1.1", "https://docs.example/api/v1"),
        ("https://docs.example/orders.v1.json", "https://docs.example/orders.json"),
    ],
)
async def test_no_url_gets_or_removes_what_is_of_another(tmp_path: Path, one: str, two: str):
    with respx.mock() as web:
        for url in (one, two):
            web.get(url).respond(content=url.encode())
        found = await fetched([one, two], tmp_path)
    assert [path.read_text() for path in found] == [one, two]


async def test_of_a_url_that_becomes_an_archive_no_older_copy_stays(tmp_path: Path):
    with respx.mock() as web:
        web.get(URL).mock(
            side_effect=[httpx.Response(200, json={}), httpx.Response(200, content=b"\x1f\x8b")]
        )
        (old,) = await fetched([URL], tmp_path)
        (new,) = await fetched([URL], tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


async def test_what_cannot_be_had_is_read_from_the_copy(tmp_path: Path):
    with respx.mock() as web:
        web.get(URL).mock(side_effect=[httpx.Response(200, json={}), httpx.ConnectError("down")])
        first = await fetched([URL], tmp_path)
        assert await fetched([URL], tmp_path) == first


def test_without_a_copy_it_is_an_error(tmp_path: Path):
    with respx.mock() as web:
        web.get(URL).respond(404)
        with pytest.raises(DataError, match="cannot be fetched"):
            asyncio.run(fetched([URL], tmp_path))


@pytest.mark.parametrize("url", ["https://docs.example:abc/x", "https://[docs.example/x"])
async def test_what_is_no_url_says_so(tmp_path: Path, url: str):
    with pytest.raises(DataError, match="no URL"):
        await fetched([url], tmp_path)


async def test_credentials_in_a_url_are_refused_without_repeating_them(tmp_path: Path):
    with pytest.raises(DataError) as raised:
        await fetched(["https://me:s3cret@docs.example/openapi.json"], tmp_path)
    assert "s3cret" not in str(raised.value)
