"""The chat in a terminal: what it shows, over a service that answers as it is told to."""

from __future__ import annotations

from io import StringIO
from typing import Any

import httpx
import pytest
from rich.console import Console

from service.chat import Chat
from service.supervisor import StartError

ASKED = {
    "type": "approval_requested", "approval_id": "a7", "digest": "d", "call_ids": ["c2"],
    "summary": "Shall I book Berlin to Lisbon?", "total": {"amount": "42.00", "currency": "EUR"},
    "terms": {}, "expires_at": "2026-11-22T09:30:00+00:00",
}  # fmt: skip
PROXY = httpx.Response(502, html="<h1>Bad Gateway</h1>")


def chat(*answers: httpx.Response) -> tuple[Chat, StringIO]:
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        return left.pop(0)

    screen = StringIO()
    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://callsign")
    return Chat(client, Console(file=screen, width=200), interactive=False), screen


def log(*events: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"events": [*events]})


def test_an_approval_that_waits_is_shown_before_it_is_asked_for() -> None:
    talk, screen = chat(log({"type": "user_message", "content": "book it"}, ASKED))
    talk.open("default", "c1")
    shown = screen.getvalue()
    assert "Shall I book Berlin to Lisbon?" in shown
    assert "42.00 EUR" in shown
    assert "2026-11-22T09:30" in shown


def test_one_that_was_decided_is_not_shown_again() -> None:
    decided = {"type": "approval_decided", "approval_id": "a7", "decision": "decline"}
    talk, screen = chat(log(ASKED, decided))
    talk.open("default", "c1")
    assert "Shall I" not in screen.getvalue()


def test_what_a_proxy_answers_is_told_in_one_line() -> None:
    talk, _ = chat(PROXY)
    with pytest.raises(StartError, match="502 Bad Gateway"):
        talk.open("default", None)


def test_a_turn_that_a_proxy_cut_off_does_not_end_the_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    talk, screen = chat(httpx.Response(201, json={"id": "c1"}), PROXY)
    talk.open("default", None)
    lines = iter(["hello"])
    monkeypatch.setattr("builtins.input", lambda *_: next(lines, None) or _end())
    talk.loop()
    assert "502 Bad Gateway" in screen.getvalue()


def _end() -> str:
    raise EOFError
