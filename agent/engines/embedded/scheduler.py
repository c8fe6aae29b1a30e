"""Runs many decodings on one model: continuous batching with a shared-prefix cache.

One thread owns the model. Each step takes the new tokens of as many decodings as fit into one
forward pass: one or a few tokens of those that decode, and a piece of the prompt of those that
have just come (chunked prefill, Agrawal et al. 2023), so a long prompt holds nobody up for long.

Kernels are chosen by how many tokens a pass has, and they differ in the last bits of their sums.
Where results must not depend on that, prompts are read in pieces of one size that begin at
multiples of it, only whole pieces are shared, and nothing else is in the batch (`piece`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.engines.embedded.blocks import BLOCK, BlockPool
from agent.engines.embedded.decoding import Decoding
from agent.engines.embedded.runtime import MAX_TOKENS, Row
from tools.errors import EngineError, EngineUnavailable

Part = tuple[Decoding, int]
"""A decoding and how many of its pending tokens this step computes."""


class Forward(Protocol):
    """What the scheduler needs of a model; see `runtime.PagedModel`."""

    def start(self, rows: list[Row], sampled: list[int]) -> None:
        """Begin a forward pass."""
        ...

    def wait(self) -> NDArray[np.float32]:
        """Logits of the sampled rows, shape (rows, vocabulary)."""
        ...


class Scheduler:
    """Owns the model's thread. `submit` from any thread; results come as futures."""

    def __init__(
        self, model: Forward, pool: BlockPool, max_running: int, *, piece: int | None = None
    ) -> None:
        """Batch at most `max_running` decodings; more wait their turn.

        With `piece` (in tokens, a multiple of `BLOCK` up to `MAX_TOKENS`) and `max_running` 1,
        whatever a decoding computes is the same, whatever was computed before it.
        """
        self._model = model
        self._pool = pool
        self._max_running = max_running
        self._piece = piece
        self._incoming: SimpleQueue[tuple[Decoding, Future[Decoding]] | None] = SimpleQueue()
        self._futures: dict[Decoding, Future[Decoding]] = {}
        self._waiting: list[Decoding] = []
        self._running: list[Decoding] = []
        self._closed = False
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="embedded-engine", daemon=True)
        self._thread.start()

    def submit(self, decoding: Decoding) -> Future[Decoding]:
        """The same decoding, done; or `EngineError`. Set its `cancelled` to give it up."""
        future: Future[Decoding] = Future()
        future.set_running_or_notify_cancel()  # so that nobody but the scheduler settles it
        with self._gate:
            if self._closed:
                raise EngineUnavailable("the embedded engine is shut down")
            self._incoming.put((decoding, future))
        return future

    def close(self) -> None:
        """Stop the thread; decodings under way fail. Idempotent, blocks for one step at most."""
        with self._gate:
            self._closed = True
            self._incoming.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._receive():
                self._drop_cancelled()
                self._admit()
                self._try_step()
        finally:
            with self._gate:
                self._closed = True
            self._fail_all(EngineUnavailable("the embedded engine is shut down"))

    def _receive(self) -> bool:
        """Take in what was submitted, waiting only when there is nothing to do; False to stop."""
        while not self._incoming.empty() or not self._futures:
            item = self._incoming.get()
            if item is None or self._closed:
                if item is not None:
                    self._futures[item[0]] = item[1]
                return False
            decoding, future = item
            self._futures[decoding] = future
            self._waiting.append(decoding)
        return True

    def _drop_cancelled(self) -> None:
        for decoding in [d for d in self._futures if d.cancelled]:
            self._fail(decoding, EngineError("given up by the caller"))

    def _admit(self) -> None:
        while self._waiting and len(self._running) < self._max_running:
            needed = -(-len(self._waiting[0].tokens) // BLOCK)
            if self._running and needed > self._pool.available:
                return
            self._running.append(self._waiting.pop(0))

    def _try_step(self) -> None:
        parts = self._plan()
        if not parts:
            return
        try:
            self._step(parts)
        except RuntimeError as error:  # what OpenVINO raises
            for decoding, _ in parts:
                self._fail(decoding, EngineError(f"the model failed: {error}"))

    def _plan(self) -> list[Part]:
        """Which tokens to compute now: those who need least first."""
        budget, parts, begun = MAX_TOKENS, list[Part](), set[bytes]()
        for decoding in sorted(self._running, key=lambda d: d.pending):
            if budget == 0 or decoding not in self._running:
                continue  # the second: it was set back just now
            if decoding.computed == 0:
                self._reuse(decoding)
            digests = decoding.block_digests()
            here = decoding.computed // BLOCK
            if here < len(digests):
                # Another decoding computes the very same block now: share it in the next step.
                if digests[here] in begun:
                    continue
                begun.add(digests[here])
            count = min(decoding.pending, self._piece or MAX_TOKENS, budget)
            if self._make_room(decoding, count, parts):
                parts.append((decoding, count))
                budget -= count
        return parts

    def _reuse(self, decoding: Decoding) -> None:
        """Take over cached blocks. The last token is always computed: its logits are needed."""
        self._pool.release(decoding.blocks)
        known = decoding.block_digests()[: (len(decoding.tokens) - 1) // BLOCK]
        decoding.blocks = self._whole_pieces(self._pool.match(known))
        decoding.computed = len(decoding.blocks) * BLOCK
        decoding.published = len(decoding.blocks)
        decoding.cached_tokens = min(decoding.computed, decoding.prompt_tokens)

    def _whole_pieces(self, matched: list[int]) -> list[int]:
        if self._piece is None:
            return matched
        whole = len(matched) - len(matched) % (self._piece // BLOCK)
        self._pool.release(matched[whole:])
        return matched[:whole]

    def _make_room(self, decoding: Decoding, count: int, parts: list[Part]) -> bool:
        missing = -(-(decoding.computed + count) // BLOCK) - len(decoding.blocks)
        if missing <= 0:
            return True
        while (blocks := self._pool.allocate(missing)) is None:
            if not self._set_back_another(decoding, parts):
                if not parts and len(self._running) == 1:
                    self._fail(decoding, EngineError("the act outgrew the engine's cache"))
                return False
        decoding.blocks += blocks
        return True

    def _set_back_another(self, decoding: Decoding, parts: list[Part]) -> bool:
        """Take the blocks of the decoding that came last; it computes again later."""
        planned = {id(other) for other, _ in parts}
        for other in reversed(self._running):
            if other is not decoding and other.blocks and id(other) not in planned:
                self._pool.release(other.blocks)
                other.blocks, other.computed, other.published = [], 0, 0
                self._running.remove(other)
                self._waiting.insert(0, other)
                return True
        return False

    def _step(self, parts: list[Part]) -> None:
        rows = [
            Row(d.tokens[d.computed : d.computed + count], d.computed, d.blocks)
            for d, count in parts
        ]
        sampled = [index for index, (d, count) in enumerate(parts) if count == d.pending]
        self._model.start(rows, sampled)
        for index in sampled:
            parts[index][0].chooser.prepare()
        logits = self._model.wait()
        for decoding, count in parts:
            decoding.computed += count
            if self._piece is None or self._is_next_piece(decoding, count):
                self._publish(decoding)
        for row, index in enumerate(sampled):
            self._continue(parts[index][0], logits[row])

    def _is_next_piece(self, decoding: Decoding, count: int) -> bool:
        """Whether `count` tokens, computed just now, are a whole piece after none but such."""
        return count == self._piece and decoding.computed == decoding.published * BLOCK + count

    def _publish(self, decoding: Decoding) -> None:
        full = decoding.computed // BLOCK
        known = decoding.block_digests()
        for index in range(decoding.published, full):
            self._pool.publish(decoding.blocks[index], known[index])
        decoding.published = full

    def _continue(self, decoding: Decoding, logits: NDArray[np.float32]) -> None:
        try:
            decoding.append_chosen(logits)
        except EngineError as error:
            self._fail(decoding, error)
            return
        if decoding.done:
            self._end(decoding, lambda future: future.set_result(decoding))

    def _fail(self, decoding: Decoding, error: EngineError) -> None:
        self._end(decoding, lambda future: future.set_exception(error))

    def _fail_all(self, error: EngineError) -> None:
        while not self._incoming.empty():
            if (item := self._incoming.get()) is not None:
                self._futures[item[0]] = item[1]
        for decoding in list(self._futures):
            self._fail(decoding, error)

    def _end(self, decoding: Decoding, settle: Callable[[Future[Decoding]], object]) -> None:
        """Give its blocks back and tell whoever waits."""
        self._pool.release(decoding.blocks)
        decoding.blocks = []
        for queue in (self._running, self._waiting):
            if decoding in queue:
                queue.remove(decoding)
        future = self._futures.pop(decoding, None)
        if future is not None and not future.done():
            settle(future)
