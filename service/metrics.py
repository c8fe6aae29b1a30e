"""Prometheus metrics, counted where events become durable: once each, replays never."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    TurnEnded,
)
from agent.store import ConversationSummary
from agent.stores import ConversationStore, Link

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_MOST_CALLS_REMEMBERED = 10_000


class Metrics:
    """The service's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._turns = self._counter("turns", "Turns by how they ended.", "reason")
        self._calls = self._counter(
            "calls", "Executed calls by tool and outcome.", "tool", "status"
        )
        self._rejections = self._counter("rejections", "Faults found by clearance.", "code")
        self._approvals = self._counter("approvals", "Approvals by what became of them.", "event")
        self._tokens = self._counter("model_tokens", "Tokens by kind.", "kind")
        self._model = self._seconds("model_seconds", "Seconds in the engine for each act.")
        self._requests = self._counter("http_requests", "Requests.", "method", "route", "status")
        self._latency = self._seconds("http_request_seconds", "Seconds of an answer.", "route")
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()

    def http(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. `route` is the path's template, so that ids make no new series."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def happened(self, conversation_id: str, event: Event) -> None:
        """Count an event that has just become durable."""
        match event:
            case TurnEnded():
                self._turns.labels(event.reason).inc()
            case ActProposed():
                self._acted(event)
            case CallRejected():
                for rejection in event.rejections:
                    self._rejections.labels(rejection.code).inc()
            case CallCleared():
                self._remember((conversation_id, event.call_id), event.name)
            case CallObserved():
                tool = self._names.get((conversation_id, event.call_id), "unknown")
                self._calls.labels(tool, "executed" if event.ok else "failed").inc()
            case ApprovalRequested():
                self._approvals.labels("requested").inc()
            case ApprovalDecided():
                self._approvals.labels(event.decision).inc()
            case ApprovalVoided():
                self._approvals.labels(event.reason).inc()
            case _:
                return

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _acted(self, act: ActProposed) -> None:
        self._model.observe(act.seconds)
        self._tokens.labels("prompt").inc(act.prompt_tokens)
        self._tokens.labels("cached").inc(act.cached_tokens)
        self._tokens.labels("completion").inc(act.completion_tokens)
        self._tokens.labels("forced").inc(act.forced_tokens)

    def _remember(self, call: tuple[str, str], name: str) -> None:
        self._names[call] = name
        if len(self._names) > _MOST_CALLS_REMEMBERED:
            self._names.popitem(last=False)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"callsign_{name}", text, labels, registry=self.registry)

    def _seconds(self, name: str, text: str, *labels: str) -> Histogram:
        name = f"callsign_{name}"
        return Histogram(name, text, labels, buckets=_SECONDS, registry=self.registry)


class CountedStore:
    """A store that counts what is appended to it, and is otherwise the store inside."""

    def __init__(self, inner: ConversationStore, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics
        self.load = inner.load
        self.summary = inner.summary
        self.assign = inner.assign
        self.owner = inner.owner
        self.link = inner.link
        self.delete = inner.delete
        self.unfinished = inner.unfinished
        self.ping = inner.ping
        self.aclose = inner.aclose

    async def append(self, conversation_id: str, position: int, events: Sequence[Event]) -> None:
        """Append, then count."""
        await self._inner.append(conversation_id, position, events)
        for event in events:
            self._metrics.happened(conversation_id, event)

    async def conversations(
        self, limit: int, cursor: str | None, owner: str | None = None
    ) -> tuple[Sequence[ConversationSummary], str | None]:
        """See `ConversationStore.conversations`."""
        return await self._inner.conversations(limit, cursor, owner)

    async def linked(self, digest: str) -> Sequence[Link]:
        """See `ConversationStore.linked`."""
        return await self._inner.linked(digest)
