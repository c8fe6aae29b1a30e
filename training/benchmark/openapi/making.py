"""One task, made the reverse way: a sampled call first, then the question that wants it."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from agent.acts import ASKS, act_text
from tools.spec import JsonSchema
from tools.words import words
from training.benchmark.openapi.masking import Masked, Masker
from training.benchmark.openapi.pool import alike, shares_subject
from training.benchmark.openapi.rows import Expectation, Offered, Row
from training.benchmark.single import reply
from training.collect.arguments import Example, Slot, sample
from training.collect.questions import Named, Style, ask
from training.collect.surface import listed, say, term
from training.collect.wording import intent_of, reads, said_as

Kind = Literal["call", "irrelevance", "missing value", "outside enum"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_LEAST, _MOST = 4, 8
_MOST_NEAR = 3
_BARE_SHARE = 0.2
_DRAWS = 200
_WORD = re.compile(r"[A-Za-z][A-Za-z_ -]{2,20}")
_AND = {"en": "and", "de": "und", "tr": "ve", "es": "y"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a task is to test, and how its question is put."""

    kind: Kind
    masked: bool
    language: str
    style: Style


@dataclass(frozen=True, slots=True)
class Draft:
    """A row, the values that its question names, and the names that it must not use."""

    row: Row
    said: tuple[Slot, ...]
    forbidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the question says and what should be decided about it."""

    said: tuple[Slot, ...]
    expected: Expectation
    asked: Slot | None = None


class Maker:
    """Makes drafts from a pool of tools, at one time `now`."""

    def __init__(self, pool: Sequence[Offered], now: datetime) -> None:
        self._now = now
        self._by_document: defaultdict[str, list[Offered]] = defaultdict(list)
        self._by_provider: defaultdict[str, list[Offered]] = defaultdict(list)
        self._terms: defaultdict[str, set[str]] = defaultdict(set)
        for one in pool:
            self._by_document[one.source.document].append(one)
            self._by_provider[one.source.provider].append(one)
            for name, schema in one.tool.parameters["properties"].items():
                self._terms[_last(name)].update(filter(_WORD.fullmatch, _enum(schema)))
        self._providers = sorted(self._by_provider)

    def draft(self, number: int, plan: Plan, right: Offered, rng: random.Random) -> Draft | str:
        """A task whose wish is a call of `right`, or why it gives none."""
        intent = intent_of(right.tool)
        if intent is None:
            return "no plain intent"
        example = sample(right.tool, rng, self._now.date())
        if not isinstance(example, Example):
            return example
        if not example.slots and not (reads(intent) and rng.random() < _BARE_SHARE):
            return "names no value"
        wish = self._wish(plan.kind, example, rng)
        if isinstance(wish, str):
            return wish
        offered = self._offered(plan, right, rng)
        if isinstance(offered, str):
            return offered
        tools, masked = offered
        named = [_named(slot, plan.language, rng) for slot in wish.said]
        row = Row(
            id=f"{plan.kind.replace(' ', '-')}-{number:03}",
            template=f"{plan.kind}, {plan.style}, {len(wish.said)} values",
            categories=(plan.kind, "masked names" if plan.masked else "own names", plan.style),
            language=plan.language,
            question=ask(said_as(intent, rng), named, plan.language, plan.style, rng),
            now=self._now.isoformat(),
            expected=wish.expected,
            gold=_gold(wish, right, example, masked),
            about=_argument(wish.asked, masked) if wish.asked and wish.expected == "ask" else "",
            tools=tuple(tools),
        )
        forbidden = (right.tool.name, *right.tool.parameters["properties"])
        return Draft(row, wish.said, forbidden)

    def _wish(self, kind: Kind, example: Example, rng: random.Random) -> _Wish | str:
        slots = example.slots
        match kind:
            case "call" | "irrelevance":
                return _Wish(slots, "call" if kind == "call" else "abstain")
            case "missing value":
                required = [slot for slot in slots if _must_be_said(slot)]
                if not required:
                    return "no value that could be missing"
                missing = rng.choice(required)
                said = tuple(slot for slot in slots if slot is not missing)
                return _Wish(said, "ask", missing)
            case "outside enum":
                bound = [slot for slot in slots if _enum(slot.schema)]
                wrong = self._outside(bound[0], rng) if bound else None
                if wrong is None:
                    return "no enumeration to leave"
                outside = replace(bound[0], values=(wrong,))
                said = tuple(outside if slot is bound[0] else slot for slot in slots)
                return _Wish(said, "abstain", bound[0])

    def _outside(self, slot: Slot, rng: random.Random) -> str | None:
        """A term that arguments of this name have elsewhere, but not here."""
        here = {word for value in _enum(slot.schema) for word in (value.lower(), term(value))}
        known = sorted(self._terms[_last(slot.name)])
        others = [v for v in known if v.lower() not in here and term(v) not in here]
        return rng.choice(others) if others else None

    def _offered(
        self, plan: Plan, right: Offered, rng: random.Random
    ) -> tuple[list[Offered], Masked | None] | str:
        """Tools in random order, the right one masked where masking is planned."""
        masker = Masker() if plan.masked else None
        wanted = rng.randint(_LEAST, _MOST)
        chosen: list[Offered] = []
        shown: Masked | None = None
        if plan.kind != "irrelevance":
            if masker is not None:
                shown = masker.mask(right.tool)
                if shown is None:
                    return "names cannot be masked"
            chosen.append(replace(right, tool=shown.tool) if shown else right)
        names = {right.tool.name}
        for other in self._others(plan.kind, right, rng):
            if len(chosen) == wanted:
                break
            if other.tool.name in names:
                continue
            names.add(other.tool.name)
            hidden = masker.mask(other.tool) if masker else None
            if masker is None or hidden is not None:
                chosen.append(replace(other, tool=hidden.tool) if hidden else other)
        if len(chosen) < wanted:
            return "too few other tools"
        rng.shuffle(chosen)
        return chosen, shown

    def _others(self, kind: Kind, right: Offered, rng: random.Random) -> Iterator[Offered]:
        """Near tools of the same description first, then tools of other providers."""
        if kind != "irrelevance":
            near = [
                one
                for one in self._by_document[right.source.document]
                if one is not right and not alike(one.tool, right.tool)
            ]
            rng.shuffle(near)
            near.sort(key=lambda one: not shares_subject(one.tool, right.tool))
            yield from near[: rng.randint(1, _MOST_NEAR)]
        for _ in range(_DRAWS):
            provider = rng.choice(self._providers)
            other = rng.choice(self._by_provider[provider])
            if provider == right.source.provider or alike(other.tool, right.tool):
                continue
            if kind == "irrelevance" and shares_subject(right.tool, other.tool):
                continue
            yield other


def _gold(wish: _Wish, right: Offered, example: Example, masked: Masked | None) -> tuple[str, ...]:
    if wish.expected == "call":
        arguments = masked.arguments(example.arguments) if masked else example.arguments
        return (act_text([((masked.tool if masked else right.tool).name, arguments)]),)
    question = reply(ASKS, about=[_argument(wish.asked, masked)]) if wish.asked else ""
    if wish.expected == "ask":
        return (question,)
    if question:
        return (question, reply("decline", reason="not_possible"))
    return (reply("decline", reason="out_of_scope"),)


def _argument(slot: Slot, masked: Masked | None) -> str:
    return masked.names[slot.pointer] if masked else slot.name


def _must_be_said(slot: Slot) -> bool:
    return slot.required and "user" in slot.rule.sources and "default" not in slot.schema


def _named(slot: Slot, language: str, rng: random.Random) -> Named:
    said = [say(value, slot.rule, language, rng) for value in slot.values]
    return Named(slot.label, listed(said, _AND[language]), not isinstance(slot.values[0], bool))


def _last(name: str) -> str:
    """The word that says what an argument is: ``sortOrder`` is an order."""
    return next(reversed(words(name)), "")


def _enum(schema: JsonSchema) -> list[str]:
    """The texts that an argument's schema allows, where it lists them."""
    return [value for value in schema.get("enum", ()) if isinstance(value, str)]
