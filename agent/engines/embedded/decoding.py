"""One act on its way: its tokens, its grammar, its place in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from llguidance import LLMatcher, LLTokenizer
from numpy.typing import NDArray

from agent.engines.base import Sampling
from agent.engines.embedded.blocks import digests
from agent.engines.embedded.codec import Newlines
from tools.errors import EngineError, EngineRefused

Bits = NDArray[np.int32]


class Chooser:
    """Picks tokens under a grammar, and says which ones the grammar leaves no choice about."""

    def __init__(
        self, tokenizer: LLTokenizer, grammar: str | None, sampling: Sampling,
        never: NDArray[np.int64], newlines: Newlines, *, append_forced: bool,
        preference: NDArray[np.float32] | None = None,
    ) -> None:  # fmt: skip
        """Compile `grammar` (Lark). Raises `EngineError` with the reason if it does not compile.

        `never` are tokens that free decoding may not pick either. It ends at an empty line, which
        no act holds: see `newlines`. `preference`, shape
        (vocabulary,), is added to the logits of the first decision under a grammar: which act.
        """
        self._matcher = _matcher(tokenizer, grammar) if grammar is not None else None
        self._append_forced = append_forced
        self._temperature = sampling.temperature
        self._random = np.random.default_rng(sampling.seed)
        self._never = never
        self._newlines = newlines
        self._line_ended = False
        self._preference = preference
        self._undecided = True
        self.watched: dict[int, float] | None = None
        self._end = tokenizer.eos_token
        self._bits = np.zeros((tokenizer.vocab_size + 31) // 32, np.int32)
        self.done = False

    def forced(self) -> list[int]:
        """Take the tokens that the grammar forces now, if any."""
        if self._matcher is None or not self._append_forced or self.done:
            return []
        tokens = self._matcher.compute_ff_tokens()
        if tokens and not self._matcher.consume_tokens(tokens):
            raise EngineRefused(f"the grammar refused its own tokens: {self._matcher.get_error()}")
        self._look_at_matcher()
        return [token for token in tokens if token != self._end]

    def prepare(self) -> None:
        """Work out which tokens may come next. May run while the model computes."""
        if self._matcher is not None:
            self._matcher.unsafe_compute_mask_ptr(self._bits.ctypes.data, self._bits.nbytes)

    def choose(self, logits: NDArray[np.float32]) -> list[int]:
        """The next token from logits of shape (vocabulary,), or nothing at the end.

        Overwrites `logits`.
        """
        if self._matcher is None:
            logits[self._never] = -np.inf
        else:
            allowed = np.unpackbits(self._bits.view(np.uint8), count=logits.size, bitorder="little")
            np.copyto(logits, -np.inf, where=allowed == 0)
            if self._undecided:
                self._undecided = False
                self._first_decision(logits)
        token = self._pick(logits)
        if self._matcher is None:
            self.done = token == self._end or self._leaves_line_empty(token)
        elif not self._matcher.consume_token(token):
            raise EngineRefused(f"the grammar has no way on: {self._matcher.get_error()}")
        else:
            self._look_at_matcher()
        return [] if token == self._end else [token]

    def _leaves_line_empty(self, token: int) -> bool:
        empty = token in self._newlines.blank or (
            self._line_ended and token in self._newlines.first
        )
        self._line_ended = token in self._newlines.last
        return empty

    def _first_decision(self, logits: NDArray[np.float32]) -> None:
        """Which act it is: record how likely each beginning is, then correct the preference."""
        if self.watched is not None:
            open_ = np.flatnonzero(np.isfinite(logits))
            shifted = logits[open_] - logits[open_].max()
            shifted -= np.log(np.exp(shifted).sum())
            self.watched.update(zip(open_.tolist(), shifted.tolist(), strict=True))
        if self._preference is not None:
            logits += self._preference[: logits.size]

    def _pick(self, logits: NDArray[np.float32]) -> int:
        if self._temperature > 0:
            # Gumbel-max: argmax of logits plus Gumbel noise is a draw from their softmax.
            noise = self._random.gumbel(size=logits.size)
            return int(np.argmax(logits / self._temperature + noise))
        return int(np.argmax(logits))

    def _look_at_matcher(self) -> None:
        if self._matcher is not None and self._matcher.is_stopped():
            if self._matcher.is_error():
                raise EngineRefused(f"the grammar failed: {self._matcher.get_error()}")
            self.done = True


@dataclass(slots=True, eq=False)
class Decoding:
    """A prompt and what has been decoded after it.

    `tokens` is the prompt and the act so far, `computed` how many of them the cache holds, in
    `blocks`. Only the scheduler's thread touches it, apart from `cancelled`, which anyone may set.
    """

    tokens: list[int]
    prompt_tokens: int
    chooser: Chooser
    max_tokens: int
    cached_tokens: int = 0
    forced_tokens: int = 0
    computed: int = 0
    blocks: list[int] = field(default_factory=list[int])
    published: int = 0
    cancelled: bool = False
    started: float = field(default_factory=perf_counter)
    _digests: list[bytes] = field(default_factory=list[bytes])

    @property
    def act(self) -> Sequence[int]:
        """The tokens decoded so far."""
        return self.tokens[self.prompt_tokens : self.prompt_tokens + self.max_tokens]

    @property
    def pending(self) -> int:
        """Tokens that the model has yet to see."""
        return len(self.tokens) - self.computed

    @property
    def done(self) -> bool:
        """Whether nothing more is to be decoded."""
        return self.chooser.done or len(self.act) >= self.max_tokens

    def block_digests(self) -> list[bytes]:
        """One digest for each full block of `tokens`."""
        digests(self.tokens, self._digests)
        return self._digests

    def append_forced(self) -> None:
        """Append what the grammar forces after the last token."""
        forced = self.chooser.forced()
        self.tokens += forced
        self.forced_tokens += len(forced)

    def append_chosen(self, logits: NDArray[np.float32]) -> None:
        """Append the next token, from logits of shape (vocabulary,), and what that forces."""
        self.tokens += self.chooser.choose(logits)
        self.append_forced()


def _matcher(tokenizer: LLTokenizer, grammar: str) -> LLMatcher:
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar), log_level=0)
    if matcher.is_error():
        raise EngineError(f"the grammar does not compile: {matcher.get_error()}")
    return matcher
