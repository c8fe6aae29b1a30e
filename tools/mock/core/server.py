"""Runs a mock service under uvicorn, on connections that the pipeline can drop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tools.mock.core.app import Settings
from tools.mock.core.database import IN_MEMORY
from tools.mock.core.pipeline import DROP_EXTENSION


class DroppableProtocol(HttpToolsProtocol):
    """HTTP/1.1 that lets the application cut the connection without an answer."""

    def on_message_begin(self) -> None:
        """Offer the cut to the application, with each new request."""
        super().on_message_begin()
        self.scope["extensions"] = {DROP_EXTENSION: self.transport.abort}  # type: ignore[typeddict-item]


def server_of(app: FastAPI) -> uvicorn.Server:
    """A uvicorn server for `app`; give it the sockets to listen on."""
    return uvicorn.Server(
        uvicorn.Config(app, http=DroppableProtocol, log_level="warning", lifespan="on")
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's delay only where the protocol is named: 40 ms of each answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(512)
    return listening


def url_of(listening: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


def run_command(create: Callable[[Settings], FastAPI], name: str, default_port: int) -> None:
    """The command line of a service; prints its URL and serves until it is stopped."""

    def main(
        *,
        host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port; 0 takes any free one.")] = default_port,
        database_url: Annotated[
            str, typer.Option(help="SQLAlchemy URL of an SQLite file.")
        ] = IN_MEMORY,
        now: Annotated[str, typer.Option(help="RFC 3339; the clock of the default sandbox.")] = "",
        seed: Annotated[int, typer.Option(help="Seed of the default sandbox.")] = 0,
        slow_seconds: Annotated[float, typer.Option(help="What the fault `slow` waits.")] = 3.0,
    ) -> None:
        settings = Settings(
            database_url=database_url,
            now=_instant(now) if now else Settings().now,
            seed=seed,
            slow=partial(asyncio.sleep, slow_seconds),
        )
        listening = bind(host, port)
        typer.echo(f"{name} on {url_of(listening)}")
        server_of(create(settings)).run(sockets=[listening])

    typer.run(main)


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise typer.BadParameter("give the offset too: 2026-06-01T09:00:00Z")
    return value
