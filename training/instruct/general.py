"""Instructions over any collected API: single calls, chains, several at once, asking, declining."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from tools.spec import ToolSpec
from training.benchmark.openapi.pool import alike, shares_subject
from training.collect.arguments import Example, Slot, sample
from training.instruct.backwards import (
    STYLES,
    Talk,
    Voice,
    recoverable,
    speaks,
    tell,
    tell_at_once,
    tell_declined,
    tell_late,
    tell_out_of_scope,
)
from training.instruct.chains import Execute, Link, Step, Walker, executing, links, rehearsal
from training.instruct.hiding import hide
from training.instruct.kits import Kit
from training.live import LiveApis, LiveExecutor
from training.records import Dropped, Instruction
from training.scenarios.scenario import Scenario, Split
from training.worlds import NOW

Kind = Literal["single", "chain", "parallel", "missing_value", "declined", "irrelevance"]

_SHARES: Mapping[Kind, float] = {
    "single": 0.22, "chain": 0.33, "parallel": 0.12, "missing_value": 0.18, "declined": 0.07,
    "irrelevance": 0.08,
}  # fmt: skip
_LANGUAGES: Mapping[str, float] = {"en": 0.46, "de": 0.16, "tr": 0.2, "es": 0.18}
_MASKED = 0.25
_LENGTHS = (2, 2, 3, 4)
_FEWEST, _LEAST, _MOST = 2, 3, 7
_TRIES, _DRAWS = 4, 3
_VALIDATION = 0.05
_NOW = datetime.fromisoformat(NOW)


@dataclass(frozen=True, slots=True)
class GeneralInstructions:
    """Makes the instructions of a kit (`training.pipeline.stage.Stage`), as many as its `tasks`.

    Every call of theirs was executed, on the running API where the kit is `live`, else in a
    simulated world of the scenario's seed; and every value can be recovered from what was said or
    shown. A try that comes to nothing is made again a few times with other draws, and counted under
    its last reason when none did.
    """

    live: LiveApis | None = None
    name: str = "instruct-general"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Stage.settings`."""
        bank = sha256(repr((_SHARES, _LANGUAGES, _MASKED)).encode()).hexdigest()[:16]
        return {"version": 4, "shares": bank, "live": repr(self.live)}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Instructor]:
        """Nothing to start: worlds are simulated, and running APIs run."""
        if self.live is None:
            yield Instructor(None)
            return
        async with self.live.client() as client:
            yield Instructor(executing(LiveExecutor(self.live, client)))


class Instructor:
    """The stage, opened (`training.pipeline.stage.Worker`). `live` calls running APIs."""

    def __init__(self, live: Execute | None) -> None:
        self._live = live

    async def work(self, row: Kit, rng: random.Random) -> Sequence[Instruction | Dropped]:
        """All instructions of a kit, and the tries that came to nothing."""
        made: list[Instruction | Dropped] = []
        usable: list[ToolSpec] = []
        for tool in row.tools:
            reason = _unusable(tool, rng)
            if reason:
                made.append(Dropped(f"{row.id}-{tool.name}", reason, tool.name))
            else:
                usable.append(tool)
        row = replace(row, tools=tuple(usable))
        known = links(usable)
        texts: set[str] = set()
        for number in range(row.tasks if usable else 0):
            row_id = f"{row.id}-{number:03}"
            one: Instruction | Dropped = Dropped(row_id, "no_try")
            for _ in range(_TRIES):
                draws = random.Random(rng.getrandbits(64))
                one = await _Draft(row, known, row_id, draws, self._live).make()
                if isinstance(one, Instruction):
                    break
            if isinstance(one, Instruction):
                text = "\n".join(line.text for line in one.scenario.lines)
                if text in texts:
                    one = Dropped(row_id, "said_before", text)
                texts.add(text)
            made.append(one)
        return made


@dataclass(frozen=True, slots=True)
class _Made:
    """What an instruction is made of."""

    kind: Kind
    voice: Voice
    talk: Talk
    tools: tuple[ToolSpec, ...]
    seed: int
    masked: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Draft:
    """One try at one instruction."""

    kit: Kit
    links: Sequence[Link]
    id: str
    rng: random.Random
    live: Execute | None

    async def make(self) -> Instruction | Dropped:
        kinds: list[Kind] = [*_SHARES]
        (kind,) = self.rng.choices(kinds, [*_SHARES.values()])
        (language,) = self.rng.choices([*_LANGUAGES], [*_LANGUAGES.values()])
        voice = Voice(language, self.rng.choice(STYLES), self.rng)
        seed = self.rng.getrandbits(31)
        async with self._world(seed) as execute:
            walker = Walker(self.kit.tools, self.links, self.rng, _NOW.date(), execute)
            steps = await self._steps(kind, walker)
        talk = steps if isinstance(steps, str) else self._talk(kind, steps, voice)
        if isinstance(talk, str) or isinstance(steps, str):
            return Dropped(self.id, str(talk), kind)
        if kind == "irrelevance":
            tools = self._foreign(steps[0].tool)
        else:
            tools = self._offered([step.tool for step in steps])
        return self._checked(_Made(kind, voice, talk, tools, seed))

    @asynccontextmanager
    async def _world(self, seed: int) -> AsyncGenerator[Execute]:
        if self.kit.live and self.live is not None:
            yield self.live
            return
        async with rehearsal(self.kit.tools, seed) as execute:
            yield execute

    def _checked(self, made: _Made) -> Instruction | Dropped:
        """The instruction, if its call can be told from what is said; often under neutral names."""
        if len(made.tools) < _FEWEST:
            return Dropped(self.id, "too_few_tools", made.kind)
        if not speaks(made.talk, made.voice.language):
            return Dropped(self.id, "mixed_language", made.talk.lines[0].text)
        reason = recoverable(made.talk, made.tools, _NOW)
        if not reason and made.kind != "chain" and self.rng.random() < _MASKED:
            hidden = hide(made.talk, made.tools)
            if hidden is not None and len(hidden.tools) >= _FEWEST:
                made = replace(made, talk=hidden.talk, tools=hidden.tools, masked=hidden.names)
                reason = recoverable(made.talk, made.tools, _NOW)
        if reason:
            return Dropped(self.id, reason, " / ".join(line.text for line in made.talk.lines))
        return self._instruction(made)

    async def _steps(self, kind: Kind, walker: Walker) -> tuple[Step, ...] | str:
        """What is called, executed: one chain, or two chains of one call."""
        steps = await walker.walk(self.rng.choice(_LENGTHS) if kind == "chain" else 1)
        if kind != "parallel" or isinstance(steps, str):
            return steps
        second = await walker.walk(1)
        return second if isinstance(second, str) else (*steps, *second)

    def _talk(self, kind: Kind, steps: tuple[Step, ...], voice: Voice) -> Talk | str:
        """The conversation, or why these calls give none of this kind."""
        first = steps[0]
        match kind:
            case "missing_value":
                required = [slot for slot in first.said if _must_be_said(slot)]
                talk = tell_late(first, self.rng.choice(required), voice) if required else None
            case "declined":
                talk = tell_declined(first, voice) if first.tool.effect == "write" else None
            case "irrelevance":
                talk = tell_out_of_scope(first, voice)
            case "parallel":
                talk = tell_at_once(steps, voice) if _are_two_reads(steps) else None
            case _:
                talk = tell(steps, voice)
        return talk or f"not_{kind}"

    def _offered(self, used: Sequence[ToolSpec]) -> tuple[ToolSpec, ...]:
        """What is used, and others of the same and of other APIs that could not be meant."""
        near = [one for one in self.kit.tools if one not in used]
        far = list(self.kit.others)
        self.rng.shuffle(near)
        self.rng.shuffle(far)
        cut = self.rng.randint(0, len(near))
        wanted = self.rng.randint(max(_LEAST, len(used) + 1), max(_MOST, len(used) + 1))
        chosen = {one.name: one for one in used}
        for other in (*near[:cut], *far, *near[cut:]):
            if len(chosen) >= wanted:
                break
            if other.name not in chosen and not any(alike(other, one) for one in used):
                chosen[other.name] = other
        tools = list(chosen.values())
        self.rng.shuffle(tools)
        return tuple(tools)

    def _foreign(self, right: ToolSpec) -> tuple[ToolSpec, ...]:
        """Tools none of which shares its subject with the one that would be right.

        They are of others, where there are others.
        """
        chosen: dict[str, ToolSpec] = {}
        others = list(self.kit.others or self.kit.tools)
        self.rng.shuffle(others)
        for other in others:
            if not alike(other, right) and not shares_subject(right, other):
                chosen.setdefault(other.name, other)
        return tuple(chosen.values())[: self.rng.randint(_LEAST, _MOST)]

    def _whole(self, made: _Made) -> str:
        """What is not split: a package's provider; of one's own API a kind about an operation."""
        if self.kit.package:
            return self.kit.provider
        first = made.talk.steps[0].tool if made.talk.steps else made.tools[0]
        return f"{self.kit.provider} {first.name} {made.kind} {made.voice.language}"

    def _instruction(self, made: _Made) -> Instruction:
        calls = len(made.talk.steps)
        kind = "single" if made.kind == "chain" and calls == 1 else made.kind
        apis = tuple(dict.fromkeys(tool.api for tool in made.tools))
        scenario = Scenario(
            id=self.id,
            template=f"general-{kind}-{calls}" if kind == "chain" else f"general-{kind}",
            categories=(kind, "masked names" if made.masked else "own names"),
            language=made.voice.language,
            lines=made.talk.lines,
            goal=made.talk.goal,
            gold=made.talk.gold,
            split=split_of(self._whole(made)),
            seed=made.seed,
            decision=made.talk.decision,
        )
        return Instruction(
            id=self.id,
            scenario=scenario,
            apis=apis,
            origin="reverse",
            style=made.voice.style,
            masked=made.masked,
            specs=made.tools,
            licences=self.kit.licences_of(apis),
            live=self.kit.live,
        )


def split_of(whole: str) -> Split:
    """Whole providers are for validation: one in twenty, by the hash of their name."""
    digest = sha256(f"split {whole.lower()}".encode()).digest()
    return "validation" if int.from_bytes(digest[:8], "big") / 2**64 < _VALIDATION else "train"


def _unusable(tool: ToolSpec, rng: random.Random) -> str:
    """Why no call of a tool can be said; "" where one of a few draws can."""
    drawn: Example | str = ""
    for _ in range(_DRAWS):
        drawn = sample(tool, rng, _NOW.date())
        if isinstance(drawn, Example):
            return ""
    return str(drawn)


def _must_be_said(slot: Slot) -> bool:
    required = slot.required and slot.pointer.count("/") == 1
    return required and "user" in slot.rule.sources and "default" not in slot.schema


def _are_two_reads(steps: Sequence[Step]) -> bool:
    """Whether these are two different reads, each with values that set it apart."""
    first, second = steps
    same = first.tool is second.tool and first.arguments == second.arguments
    return not same and all(step.tool.effect == "read" and step.said for step in steps)
