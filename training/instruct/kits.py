"""The tools of one API that questions can be about, with tools of others to tell them from."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from agent.json_values import is_object
from tools.errors import DataError
from tools.signature import compact
from tools.spec import ToolSpec
from training.benchmark.openapi.holdout import held_out
from training.benchmark.openapi.pool import LONGEST_SIGNATURE, slim
from training.collect.results import slim_result
from training.collect.values import is_plumbing
from training.collect.wording import first_sentence
from training.instruct.intents import intent, plain
from training.instruct.sharing import shares
from training.pipeline.codec import Codec
from training.pipeline.seeds import rng_for
from training.records import NOT_STATED, Collected, Dropped

_MOST_PARAMETERS = 12
_LONGEST_DEFAULT = 16
_SHORTEST = 8
_REMEMBERED = 400
_OTHERS = 12
_SENT = frozenset({"application/json", "application/x-www-form-urlencoded"})


@dataclass(frozen=True, slots=True)
class Kit:
    """Some related tools of one API, slimmed, and tools of other providers (`others`).

    `licences` are what the documents say of themselves, by API, where they say anything. `tasks`
    is how many conversations to make of the kit. `package` is the npm package that it is from.
    `live` kits hold only reads that answer on a running API, where they are called.
    """

    id: str
    api: str
    provider: str
    tools: tuple[ToolSpec, ...]
    others: tuple[ToolSpec, ...] = ()
    licences: Mapping[str, str] = field(default_factory=dict[str, str])
    tasks: int = 0
    package: str = ""
    live: bool = False

    def licences_of(self, apis: Iterable[str]) -> tuple[str, ...]:
        """What the documents of some APIs say of themselves, those that say nothing included.

        Empty where none says anything.
        """
        stated = {self.licences.get(api, NOT_STATED) for api in apis}
        return () if stated <= {NOT_STATED} else tuple(sorted(stated))


@dataclass(frozen=True, slots=True)
class GatherKits:
    """Puts the operations of each document together (`training.pipeline.stage.Reduction`).

    Operations that a small model cannot be shown or nobody can ask for in plain words are dropped
    with the reason. At most `per_provider` tools of a provider are taken, so that no provider
    fills the dataset, and `size` into one kit. With `hold_out`, providers of a package that the
    benchmark tests on are left out. `tasks` conversations are shared out over the kits; None for
    `per_tool` of each tool, but `most` in all. Kits that get none are dropped. Reads that are alive
    stand in kits of their own too.

    Streamed: of documents gone by only a few hundred tools are remembered, and kits wait in a
    temporary file until all are known.
    """

    per_provider: int = 150
    size: int = 10
    hold_out: bool = True
    tasks: int | None = None
    per_tool: int = 30
    most: int = 80_000
    name: str = "instruct-kits"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Reduction.settings`."""
        return {
            "version": 3,
            "per_provider": self.per_provider,
            "size": self.size,
            "hold_out": self.hold_out,
            "tasks": self.tasks,
            "per_tool": self.per_tool,
            "most": self.most,
        }

    def reduce(self, records: Iterable[Collected], seed: int) -> Iterator[Kit | Dropped]:
        """Kits in the order of the documents. Records of one document must follow each other.

        Raises `DataError` where no operation fits.
        """
        codec, reasons = Codec(Kit), Counter[str]()
        known: list[tuple[str, str, int]] = []
        with tempfile.TemporaryFile() as waiting:
            for made in self._gathered(records, seed):
                if isinstance(made, Dropped):
                    reasons[made.reason] += 1
                    yield made
                else:
                    known.append((made.id, made.provider, len(made.tools)))
                    waiting.write(codec.encode(made))
            if not known:
                raise DataError(_none_fits(reasons))
            waiting.seek(0)
            for line, tasks in zip(waiting, self._shares(known, seed), strict=True):
                kit = codec.decode(line)
                if tasks:
                    yield replace(kit, tasks=tasks)
                else:
                    for tool in kit.tools:
                        yield Dropped(f"{kit.id} {tool.name}", "over_limit", tool.name)

    def _shares(self, known: Sequence[tuple[str, str, int]], seed: int) -> Sequence[int]:
        every = self.per_tool * sum(size for _, _, size in known)
        return shares(known, min(every, self.most) if self.tasks is None else self.tasks, seed)

    def _gathered(self, records: Iterable[Collected], seed: int) -> Iterator[Kit | Dropped]:
        taken: Counter[str] = Counter()
        remembered: deque[Collected] = deque(maxlen=_REMEMBERED)
        for _, group in groupby(records, key=lambda one: (one.provider, one.api, one.document)):
            kept: list[Collected] = []
            for record in group:
                reason = self._unfit(record, taken[record.provider])
                if reason:
                    yield Dropped(record.id, reason, record.tool.name)
                else:
                    taken[record.provider] += 1
                    kept.append(record)
            for start in range(0, len(kept), self.size):
                yield _kit(kept[start : start + self.size], remembered, seed)
            alive = [one for one in kept if one.alive and one.tool.effect == "read"]
            for start in range(0, len(alive), self.size):
                kit = _kit(alive[start : start + self.size], (), seed)
                yield replace(kit, id=f"{kit.id}+live", live=True)
            remembered.extend(kept[:: len(kept) // 5 + 1])

    def _unfit(self, record: Collected, taken: int) -> str:
        # One's own API may be called as it likes: of it, `select` leaves out what a benchmark asks.
        if self.hold_out and record.package and held_out(record.provider):
            return "held_out"
        return unfit(record.tool) or ("provider_full" if taken >= self.per_provider else "")


def unfit(tool: ToolSpec) -> str:
    """Why nobody can be shown a tool or ask for it; "" where they can."""
    said, shown = first_sentence(plain(tool.description)), tool.parameters.get("properties", {})
    defaults = [one.get("default") for name, one in shown.items() if is_plumbing(name)]
    reasons = {
        "internal": tool.internal,
        "no_plain_description": len(said) < _SHORTEST or not said.isascii(),
        "too_many_parameters": len(shown) > _MOST_PARAMETERS,
        "default_looks_secret": any(
            isinstance(one, str) and len(one) > _LONGEST_DEFAULT for one in defaults
        ),
        "no_plain_request": tool.media_type not in _SENT or "#" in tool.path or "?" in tool.path,
        "no_plain_intent": intent(tool) is None,
        "signature_too_long": len(compact(slim(tool))) > LONGEST_SIGNATURE,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _none_fits(reasons: Mapping[str, int]) -> str:
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return (
        f"no operation of these documents can be asked for in plain words ({told or 'none came'}). "
        "What helps: a summary that begins with a verb ('Find books by author'), and no more than "
        f"{_MOST_PARAMETERS} parameters"
    )


def _kit(part: Sequence[Collected], remembered: Iterable[Collected], seed: int) -> Kit:
    first = part[0]
    pool = [one for one in remembered if one.provider != first.provider]
    rng = rng_for(seed, "instruct-kits", first.id)
    others = rng.sample(pool, min(_OTHERS, len(pool)))
    return Kit(
        first.id,
        first.api,
        first.provider,
        tools=tuple(map(_slimmed, part)),
        others=tuple(map(_slimmed, others)),
        licences={one.tool.api: one.licence for one in (*part, *others) if one.licence},
        package=first.package,
    )


def _slimmed(record: Collected) -> ToolSpec:
    """The tool without what no decision needs, its result's schema cut to what answers show."""
    returns = record.tool.returns
    shown = [one.response for one in record.examples if is_object(one.response)]
    cut = slim_result(returns) if returns else None
    if cut and shown:
        cut = {**cut, "examples": shown[:1]}
    tool = replace(record.tool, description=plain(record.tool.description))
    return replace(slim(tool), returns=cut)
