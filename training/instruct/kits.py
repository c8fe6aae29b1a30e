"""The tools of one API that questions can be about, with tools of others to tell them from."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, cast

from agent.json_values import is_object
from tools.signature import compact
from tools.spec import JsonSchema, ToolSpec
from training.benchmark.openapi.holdout import held_out
from training.benchmark.openapi.pool import LONGEST_SIGNATURE, slim
from training.collect.values import is_plumbing
from training.collect.wording import first_sentence
from training.instruct.intents import intent, plain
from training.pipeline.seeds import rng_for
from training.records import Collected, Dropped

_MOST_PARAMETERS = 12
_LONGEST_DEFAULT = 16
_SHORTEST = 8
_MOST_MEMBERS = 10
_DEEPEST = 3
_REMEMBERED = 400
_OTHERS = 12
_SENT = frozenset({"application/json", "application/x-www-form-urlencoded"})
_SAID = ("type", "format", "enum", "const", "required", "minLength", "maxLength", "minimum",
         "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "minItems", "maxItems",
         "x-entity", "x-kind", "x-unit", "x-brief")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kit:
    """Some related tools of one API, slimmed, and tools of other providers (`others`).

    `licences` are what the documents say of themselves, by API, where they say anything.
    """

    id: str
    api: str
    provider: str
    tools: tuple[ToolSpec, ...]
    others: tuple[ToolSpec, ...] = ()
    licences: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class GatherKits:
    """Puts the operations of each document together (`training.pipeline.stage.Reduction`).

    Operations that a small model cannot be shown or nobody can ask for in plain words are dropped
    with the reason. At most `per_provider` tools of a provider are taken, so that no provider
    fills the dataset, and `size` into one kit. With `hold_out`, providers that the benchmark tests
    on are left out. Streamed: of documents gone by only a few hundred tools are remembered.
    """

    per_provider: int = 150
    size: int = 10
    hold_out: bool = True
    name: str = "instruct-kits"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Reduction.settings`."""
        return {
            "version": 1,
            "per_provider": self.per_provider,
            "size": self.size,
            "hold_out": self.hold_out,
        }

    def reduce(self, records: Iterable[Collected], seed: int) -> Iterator[Kit | Dropped]:
        """Kits in the order of the documents. Records of one document must follow each other."""
        taken: Counter[str] = Counter()
        remembered: deque[Collected] = deque(maxlen=_REMEMBERED)
        for _, group in groupby(records, key=lambda one: (one.provider, one.document)):
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
            remembered.extend(kept[:: len(kept) // 5 + 1])

    def _unfit(self, record: Collected, taken: int) -> str:
        if self.hold_out and held_out(record.provider):
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


def slim_result(schema: JsonSchema, depth: int = 0) -> dict[str, Any]:
    """A result schema that asks for no more than the whole one: fewer members, no texts.

    What stands deeper than three levels becomes anything.
    """
    if depth > _DEEPEST:
        return {}
    cut: dict[str, Any] = {key: schema[key] for key in _SAID if key in schema}
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            cut[key] = [slim_result(one, depth + 1) for one in schema[key]]
    if is_object(schema.get("items")):
        cut["items"] = slim_result(schema["items"], depth + 1)
    named = cast("Mapping[str, JsonSchema]", schema.get("properties", {}))
    if named:
        wanted = sorted(named, key=lambda name: not _matters(name, named[name], schema))
        kept = {*wanted[:_MOST_MEMBERS]}
        cut["properties"] = {
            name: slim_result(one, depth + 1) for name, one in named.items() if name in kept
        }
        cut["required"] = [name for name in schema.get("required", ()) if name in kept]
    if schema.get("examples"):
        cut["examples"] = schema["examples"][:1]
    return cut


def _matters(name: str, schema: JsonSchema, parent: JsonSchema) -> bool:
    return (
        "x-entity" in schema or name in ("data", "id", "name") or name in parent.get("required", ())
    )
