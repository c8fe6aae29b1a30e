"""`callsign serve` and `callsign chat`: their flags. What they do is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from agent.engines.base import Mode
from service.settings import EngineName


def serve(
    *,
    engine: Annotated[EngineName | None, typer.Option(help="Where acts are decoded.")] = None,
    engine_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible server of --engine openai, with its /v1.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Embedded: a file, a folder or a hub name; openai: the server's name."),
    ] = None,
    adapter: Annotated[
        str | None,
        typer.Option(
            help="LoRA adapter: a folder, shipped, or none. Default: the shipped one on its base."
        ),
    ] = None,
    script: Annotated[Path | None, typer.Option(help="Acts of --engine scripted, JSON.")] = None,
    mode: Annotated[Mode | None, typer.Option(help="What holds decoding to the evidence.")] = None,
    demonstrations: Annotated[
        bool | None, typer.Option(help="Examples in the prompt, for untrained models.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the service.")] = None,
    flights_url: Annotated[str | None, typer.Option(help="A flights API that runs.")] = None,
    flights_port: Annotated[int | None, typer.Option(help="Port of our own otherwise.")] = None,
    hotels_url: Annotated[str | None, typer.Option(help="A hotels API that runs.")] = None,
    hotels_port: Annotated[int | None, typer.Option(help="Port of our own otherwise.")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="Where conversations are kept: sqlite:///, postgresql://.")
    ] = None,
    log_format: Annotated[Literal["console", "json"] | None, typer.Option()] = None,
) -> None:
    """Serve the agent, with the flights and hotels APIs that it books at.

    Every flag is also an environment variable CALLSIGN_<NAME>, and a line of a .env file.
    """
    flags = dict(locals())
    from service import serving  # noqa: PLC0415 - a chat need not load a model's runtime

    serving.run(flags)


def chat(
    *,
    url: Annotated[str, typer.Option(help="The running service.")] = "http://127.0.0.1:8000",
    sandbox: Annotated[str, typer.Option(help="The world that calls go to.")] = "default",
    conversation: Annotated[
        str | None, typer.Option(help="Go on with this conversation, its history shown first.")
    ] = None,
    key: Annotated[str | None, typer.Option(envvar="CALLSIGN_API_KEY")] = None,
) -> None:
    """Chat with a running service. Reads lines from a pipe as well."""
    from service import chat as terminal  # noqa: PLC0415 - nor the service a terminal

    terminal.run(url.rstrip("/"), sandbox, conversation, key)
