"""OpenTelemetry spans where its package is installed; nothing at all where it is not."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec


@contextmanager
def span(name: str, **attributes: str) -> Generator[None]:
    """A span around a block. Where it goes is the installed SDK's business (``OTEL_*``)."""
    if find_spec("opentelemetry") is None:
        yield
        return
    from opentelemetry import trace  # noqa: PLC0415 - an optional package

    with trace.get_tracer("callsign").start_as_current_span(name, attributes=attributes):
        yield
