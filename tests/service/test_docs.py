"""`/docs`: a page that needs nobody else, and lists everything."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from service.docs import render


class Page(HTMLParser):
    """What a page loads, links to, and can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: set[str] = set()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.ids |= {given.get("id", "")} - {""}
        if tag == "link":
            self.loads.add(given["href"])
        if tag == "a":
            self.links.add(given["href"])
        assert "style" not in given, "an inline style is stopped by the policy"


@pytest.fixture
async def text(client: httpx.AsyncClient) -> str:
    response = await client.get("/docs")
    assert response.status_code == 200
    return response.text


async def test_lists_every_operation_and_schema(client: httpx.AsyncClient, text: str) -> None:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    page = Page(text)
    operations = [one for item in document["paths"].values() for one in item.values()]
    assert {one["operationId"] for one in operations} | set(document["components"]["schemas"]) <= (
        page.ids
    )
    assert all(f"<code>{path}</code>" in text for path in document["paths"])


async def test_needs_no_script_and_no_other_server(client: httpx.AsyncClient, text: str) -> None:
    page = Page(text)
    assert "script" not in page.tags
    for target in page.loads | {link for link in page.links if not link.startswith("#")}:
        assert urljoin("http://test/docs", target).startswith("http://test/")
        assert (await client.get(target)).status_code == 200, target


async def test_links_lead_somewhere(text: str) -> None:
    page = Page(text)
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids


def test_shows_what_a_document_says_as_text() -> None:
    evil = "<script>alert(1)</script>"
    document = {
        "info": {"title": evil, "version": "1"},
        "paths": {"/a": {"get": {"operationId": "a", "summary": evil, "responses": {}}}},
    }
    page = render(document)
    assert evil not in page
    assert len(re.findall(re.escape(evil), unescape(page))) == 3
