"""The select stage: chains in; out those worth keeping, in the order in which they came.

1. what gives a benchmark away goes (`training.select.contamination`)
2. of exact duplicates (the same lines, the same acts) and of near duplicates (nearly the same
   words, the same acts by name) the first stays
3. where a `size` is asked for, a fair share of every cell of operation, depth, class of decision,
   style and language is taken (`training.select.quota`)

Steps 1 and 2 are a stream: only word triples of what is kept are held. Step 3 has to see all of
it: chains wait in a temporary file meanwhile, and only their cells are held.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from training.pipeline.codec import Codec
from training.records import Chain, Dropped
from training.select.contamination import Contamination, Suite, every_suite
from training.select.duplicates import Near
from training.select.quota import chosen
from training.select.text import shingles, words
from training.select.traits import Traits, acts_of, traits_of

_VERSION = 1
_SHINGLE = 3


@dataclass(frozen=True, slots=True)
class SelectStage:
    """Takes a diverse selection (`training.pipeline.stage.Reduction`).

    At most `size` chains are kept, all where it is None. Words are nearly the same from a Jaccard
    similarity of `threshold` of their triples on. `suites` are the benchmarks to keep apart from;
    every one that is installed where None. Reasons: ``contaminated/…``, ``exact_duplicate``,
    ``near_duplicate``, ``over_quota``.
    """

    size: int | None = None
    threshold: float = 0.8
    suites: tuple[Suite, ...] | None = None
    name: str = "select"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Reduction.settings`; a benchmark that changes changes them."""
        return {
            "version": _VERSION,
            "size": self.size,
            "threshold": self.threshold,
            "suites": {suite.name: suite.digest for suite in self._suites},
        }

    def reduce(self, records: Iterable[Chain], seed: int) -> Iterator[Chain | Dropped]:
        """See the module. Ids must be unique."""
        sifted = self._sifted(records)
        yield from sifted if self.size is None else self._spread(sifted, self.size, seed)

    @property
    def _suites(self) -> tuple[Suite, ...]:
        return every_suite() if self.suites is None else self.suites

    def _sifted(self, records: Iterable[Chain]) -> Iterator[Chain | Dropped]:
        contamination = Contamination(self._suites, self.threshold)
        seen: dict[bytes, str] = {}
        near = Near(self.threshold)
        for chain in records:
            leak = contamination.leak(chain)
            if leak is not None:
                yield Dropped(chain.id, leak.reason, leak.detail)
                continue
            twin = seen.setdefault(_canonical(chain), chain.id)
            if twin != chain.id:
                yield Dropped(chain.id, "exact_duplicate", twin)
                continue
            acts = " ".join(call.name for act in acts_of(chain) for call in act)
            twin = near.add(chain.id, shingles(words(_said(chain)), _SHINGLE), acts)
            yield chain if twin is None else Dropped(chain.id, "near_duplicate", twin)

    def _spread(
        self, sifted: Iterable[Chain | Dropped], size: int, seed: int
    ) -> Iterator[Chain | Dropped]:
        codec = Codec(Chain)
        rows: list[tuple[str, Traits, str]] = []
        with tempfile.TemporaryFile() as waiting:
            for record in sifted:
                if isinstance(record, Dropped):
                    yield record
                    continue
                template = record.instruction.scenario.template
                rows.append((record.id, traits_of(record), template))
                waiting.write(codec.encode(record))
            taken = chosen(rows, size, seed, self.name)
            waiting.seek(0)
            for (row_id, cell, _), line in zip(rows, waiting, strict=True):
                if row_id in taken:
                    yield codec.decode(line)
                else:
                    yield Dropped(row_id, "over_quota", repr(cell))


def _said(chain: Chain) -> str:
    return "\n".join(line.text for line in chain.instruction.scenario.lines)


def _canonical(chain: Chain) -> bytes:
    """What makes two chains the same row: the lines, the acts, and the tools on offer."""
    instruction = chain.instruction
    lines = [" ".join(line.text.split()) for line in instruction.scenario.lines]
    acts = [[(call.name, call.arguments) for call in act] for act in acts_of(chain)]
    offered = [*instruction.apis, *instruction.tools, *(tool.name for tool in instruction.specs)]
    text = orjson.dumps([lines, acts, offered], option=orjson.OPT_SORT_KEYS)
    return sha256(text).digest()
