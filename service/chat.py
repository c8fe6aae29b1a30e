"""A chat in the terminal, over the service's own HTTP interface."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import httpx
from httpx_sse import connect_sse
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from service.supervisor import StartError

_TIMEOUT = httpx.Timeout(10.0, read=300.0)
_DECISIONS = {"y": "approve", "yes": "approve", "n": "decline", "no": "decline"}


def run(url: str, sandbox: str, conversation: str | None, key: str | None) -> None:
    """Chat until the input ends. Raises `StartError` where the service cannot be reached."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT) as client:
        chat = Chat(client, Console(highlight=False), interactive=sys.stdin.isatty())
        try:
            chat.open(sandbox, conversation)
            chat.loop()
        except httpx.TransportError as error:
            raise StartError(f"{url} does not answer ({error}); is callsign serve up?") from error


class Chat:
    """One conversation on a screen."""

    def __init__(self, client: httpx.Client, console: Console, *, interactive: bool) -> None:
        self._client = client
        self._console = console
        self._interactive = interactive
        self._path = ""
        self._approval: dict[str, Any] | None = None

    def open(self, sandbox: str, conversation: str | None) -> None:
        """Start a conversation, or go on with one and show what was said."""
        if conversation is None:
            created = self._checked(
                self._client.post("/v1/conversations", json={"sandbox": sandbox})
            )
            self._path = f"/v1/conversations/{created['id']}"
            self._console.print(f"[dim]conversation {created['id']}; you are talking to an AI[/]")
            return
        self._path = f"/v1/conversations/{conversation}"
        for event in self._checked(self._client.get(self._path))["events"]:
            self._show_past(event)
        if self._approval:
            self._show_approval(self._approval)

    def loop(self) -> None:
        """Read lines and show turns until the input ends."""
        for line in self._lines():
            decision = _DECISIONS.get(line.lower()) if self._approval else None
            if self._approval and decision:
                approval = self._approval["id"]
                self._turn(f"{self._path}/approvals/{approval}", {"decision": decision})
            else:
                self._turn(f"{self._path}/messages", {"content": line})

    def _lines(self) -> Iterator[str]:
        while True:
            prompt = "approve? [y/n] > " if self._approval else "> "
            try:
                line = self._console.input(
                    f"[bold]{escape(prompt)}[/]" if self._interactive else ""
                )
            except (EOFError, KeyboardInterrupt):
                return
            if line.strip():
                yield line.strip()

    def _turn(self, path: str, body: dict[str, Any]) -> None:
        self._approval = None
        headers = {"Accept": "text/event-stream"}
        with connect_sse(self._client, "POST", path, json=body, headers=headers) as source:
            if source.response.is_error:
                source.response.read()
                self._show_problem(_problem(source.response))
                return
            for event in source.iter_sse():
                if event.data:
                    self._show(event.event, event.json())

    def _show(self, name: str, data: dict[str, Any]) -> None:
        match name:
            case "call":
                self._show_call(data)
            case "observation":
                mark = "[green]✓[/]" if data["status"] == "executed" else "[red]✗[/]"
                self._console.print(f"  {mark} [dim]{escape(data['id'])} {data['status']}[/]")
            case "approval":
                self._approval = data
            case "message":
                self._console.print(escape(data["text"]), style="cyan")
            case "error":
                self._show_problem(data)
            case "done":
                self._approval = data["approval"]
                if self._approval:
                    self._show_approval(self._approval)
            case _:
                return

    def _show_call(self, call: dict[str, Any]) -> None:
        arguments = ", ".join(f"{name}={value!r}" for name, value in _members(call["arguments"]))
        self._console.print(
            f"  [dim]{escape(call['id'])} {escape(call['name'])}({escape(arguments)})[/]"
        )
        for rejection in call["rejections"]:
            text = f"{rejection['pointer']} {rejection['code']}: {rejection['message']}"
            self._console.print(f"    [yellow]not cleared: {escape(text)}[/]")

    def _show_approval(self, approval: dict[str, Any]) -> None:
        table = Table.grid(padding=(0, 2))
        total = approval["total"]
        if total:
            table.add_row("Total", f"{total['amount']} {total['currency']}")
        if approval["expires_at"]:
            table.add_row("Until", approval["expires_at"])
        self._console.print(escape(approval["summary"]), style="cyan")
        self._console.print(Panel(table, title="Waiting for your approval", expand=False))

    def _show_past(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "user_message":
                self._console.print(f"[bold]> {escape(event['content'])}[/]")
            case "replied":
                self._console.print(escape(event["text"]), style="cyan")
            case "approval_requested":
                self._approval = {**event, "id": event["approval_id"]}
            case "approval_decided" | "approval_voided":
                self._approval = None
            case _:
                return

    def _show_problem(self, problem: dict[str, Any]) -> None:
        self._console.print(f"[red]{escape(str(problem.get('detail', problem)))}[/]")

    def _checked(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_error:
            raise StartError(_problem(response)["detail"])
        return response.json()


def _problem(response: httpx.Response) -> dict[str, Any]:
    """An error's problem document, or what else there is to tell: a proxy answers in HTML."""
    try:
        found = response.json()
    except ValueError:
        found = None
    if isinstance(found, dict) and "detail" in found:
        return found  # pyright: ignore[reportUnknownVariableType]
    return {"detail": f"{response.url} answered {response.status_code} {response.reason_phrase}"}


def _members(arguments: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(arguments, dict):
        yield from arguments.items()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    else:
        yield "", arguments
