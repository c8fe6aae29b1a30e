"""The library on a real socket, noting what it is asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import Request, Response
from starlette.middleware.base import RequestResponseEndpoint

from tests.training.library.server import library


@dataclass
class Served:
    """Where it is, the requests that it got (``GET /books``), their headers."""

    url: str
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def served() -> Generator[Served]:
    """The library, listening on a free port of the loopback for as long as the block lasts."""
    app, held = library(), socket.create_server(("127.0.0.1", 0))
    found = Served(f"http://127.0.0.1:{held.getsockname()[1]}")

    @app.middleware("http")
    async def note(request: Request, call_next: RequestResponseEndpoint) -> Response:
        found.requests.append(f"{request.method} {request.url.path}")
        found.headers.append(dict(request.headers))
        return await call_next(request)

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.should_exit = True
        thread.join()
        held.close()
