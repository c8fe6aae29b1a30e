"""The embedded engine: a small LLaMA in this very process, on the CPU."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from agent.engines.base import Completion, Message, Sampling
from agent.engines.embedded.blocks import BLOCK, BlockPool
from agent.engines.embedded.codec import Codec
from agent.engines.embedded.decoding import Chooser, Decoding
from agent.engines.embedded.runtime import FIRST_BLOCK, PagedModel
from agent.engines.embedded.scheduler import Scheduler
from agent.models.files import ModelFiles
from tools.errors import PromptTooLong

_PIECE = 2 * BLOCK
"""Prompts are read 20 % slower than in the largest pieces, but little is ever read again."""


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """`cache_tokens` bounds the memory for keys and values (23 KB a token for the default model).

    `threads` 0 means one for each core. `append_forced` False decodes forced tokens one by one,
    for measuring what appending them is worth.

    With `reproducible`, what is decoded depends on the prompt, the grammar and the sampling alone.
    Else it may also depend, in the last bits of sums, on what is decoded at the same time and on
    what the cache holds. It costs throughput: acts are decoded one after the other.
    """

    cache_tokens: int = 12_288
    max_running: int = 16
    threads: int = 0
    append_forced: bool = True
    reproducible: bool = False


class EmbeddedEngine:
    """`agent.engines.base.Engine` on OpenVINO and llguidance.

    Acts of several conversations are decoded together; prompts that begin alike share their
    cached prefix; tokens that the grammar forces are appended without being decoded.
    """

    def __init__(
        self, files: ModelFiles, model: PagedModel, codec: Codec, options: EmbeddedOptions
    ) -> None:
        """Use `load`."""
        self._files = files
        self._codec = codec
        self._options = options
        self._limit = min(files.context, options.cache_tokens // BLOCK * BLOCK)
        pool = BlockPool(FIRST_BLOCK, options.cache_tokens // BLOCK)
        if options.reproducible:
            self._scheduler = Scheduler(model, pool, 1, piece=_PIECE)
        else:
            self._scheduler = Scheduler(model, pool, options.max_running)

    @classmethod
    async def load(
        cls, files: ModelFiles, options: EmbeddedOptions | None = None
    ) -> EmbeddedEngine:
        """Load a converted model (see `agent.models.ensure`). Raises `ModelError`."""
        return await asyncio.to_thread(cls._load, files, options or EmbeddedOptions())

    @classmethod
    def _load(cls, files: ModelFiles, options: EmbeddedOptions) -> EmbeddedEngine:
        model = PagedModel(files.graph, options.cache_tokens // BLOCK, options.threads)
        codec = Codec(files.tokenizer, model.vocabulary)
        model.warm()
        return cls(files, model, codec, options)

    @property
    def name(self) -> str:
        """``embedded:`` and the model's name."""
        return f"embedded:{self._files.name}"

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """Decode one act; see `agent.engines.base.Engine`.

        Raises `PromptTooLong`, `EngineError` for a grammar that does not compile,
        `EngineUnavailable` after `aclose`.
        """
        started = perf_counter()
        decoding = await asyncio.to_thread(self._prepare, prompt, grammar, sampling)
        if not decoding.done:
            try:
                await asyncio.wrap_future(self._scheduler.submit(decoding))
            except asyncio.CancelledError:
                decoding.cancelled = True
                raise
        return Completion(
            text=self._codec.decode(decoding.act),
            prompt_tokens=decoding.prompt_tokens,
            cached_tokens=decoding.cached_tokens,
            completion_tokens=len(decoding.act),
            forced_tokens=min(decoding.forced_tokens, len(decoding.act)),
            seconds=perf_counter() - started,
        )

    async def beginnings(self, prompt: Sequence[Message], grammar: str) -> dict[str, float]:
        """Log-probabilities of the tokens that could begin an act's name, for calibrating.

        Empty where the grammar leaves no choice. Raises as `propose` does.
        """
        decoding = await asyncio.to_thread(self._prepare, prompt, grammar, Sampling())
        watched = decoding.chooser.watched = dict[int, float]()
        decoding.max_tokens = len(decoding.act) + 1
        if not decoding.done:
            await asyncio.wrap_future(self._scheduler.submit(decoding))
        return {self._codec.decode([token]): value for token, value in watched.items()}

    async def room(self, prompt: Sequence[Message]) -> int:
        """See `agent.engines.base.MeasuresPrompts.room`."""
        return self._limit - len(await asyncio.to_thread(self._codec.encode, prompt))

    async def aclose(self) -> None:
        """Stop the engine's thread and fail what is under way. Idempotent."""
        await asyncio.to_thread(self._scheduler.close)

    def _prepare(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Decoding:
        tokens = self._codec.encode(prompt)
        room = self._limit - len(tokens)
        if room < 1:
            raise PromptTooLong(
                f"the prompt has {len(tokens)} tokens; the embedded engine takes {self._limit}"
            )
        chooser = Chooser(
            self._codec.grammar_tokenizer,
            grammar,
            sampling,
            self._codec.never,
            self._codec.newlines,
            append_forced=self._options.append_forced,
            preference=self._codec.preference(sampling.calibration),
        )
        decoding = Decoding(tokens, len(tokens), chooser, min(sampling.max_tokens, room))
        decoding.append_forced()
        return decoding
