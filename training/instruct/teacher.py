"""Questions by a teacher: the lines of rehearsed conversations, worded anew by a bigger model."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import orjson
import yaml

from agent.engines.base import Message
from training.annotate.ground import Place
from training.annotate.mistakes import Rates
from training.annotate.planner import Planner
from training.annotate.practice import PracticeApis
from training.annotate.search import Budget
from training.annotate.stage import Opener, annotate
from training.annotate.strategies import React
from training.instruct.rewording import faults
from training.instruct.wishes import Wish, wishes
from training.records import Chain, Dropped, Instruction
from training.simulate import SimulatedApis
from training.teacher import Question, Teacher, Unanswered, open_teacher
from training.teacher.settings import TeacherSettings, teacher_settings
from training.teacher.teacher import Json
from training.worlds import NOW

Task = Literal["ask", "paraphrase"]

_FILE = Path(__file__).with_name("teacher.yaml")
_NOW = datetime.fromisoformat(NOW)
_FAULTLESS = Rates(repeat=0, value=0, tool=0, close=0)
_HOW = React(), Budget(model_calls=40, api_calls=80, depth=40)
_SHOWN_FAULTS = 5


@dataclass(frozen=True, slots=True)
class TeacherInstruct:
    """Words instructions anew (`training.pipeline.stage.Stage`).

    "ask": questions from what is wanted and the values alone, by a drawn persona, in a drawn style
    and the row's language. "paraphrase": the same, with the words of the bank to go by. What comes
    back keeps scenario, goal and gold acts; each makes one instruction of origin "teacher" or one
    `Dropped`. It is kept only if every value can be read from it and the gold acts, played by the
    agent itself, are all cleared and reach the goal.

    `url` and `model` stand above the environment's (`TeacherSettings`). The key is read from the
    environment where the stage is opened, and stands in no record and no manifest.
    """

    url: str | None = None
    model: str | None = None
    task: Task = "ask"
    openers: tuple[Opener, ...] = (PracticeApis(), SimulatedApis())
    name: str = "instruct-teacher"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Stage.settings`."""
        teacher = self._teacher
        return {
            "version": 1,
            "task": self.task,
            "model": teacher.model,
            "tries": teacher.tries,
            "prompts": sha256(_FILE.read_bytes()).hexdigest()[:16],
            "places": [repr(opener) for opener in self.openers],
        }

    @property
    def _teacher(self) -> TeacherSettings:
        return teacher_settings(url=self.url, model=self.model)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[TeacherInstructor]:
        """Open the places and the teacher; close them at the end."""
        settings = self._teacher
        async with AsyncExitStack() as stack:
            places = [await stack.enter_async_context(one.open()) for one in self.openers]
            teacher = await stack.enter_async_context(open_teacher(settings))
            yield TeacherInstructor(places, teacher, self.task)


class TeacherInstructor:
    """The stage, opened (`training.pipeline.stage.Worker`)."""

    def __init__(self, places: Sequence[Place], teacher: Teacher, task: Task) -> None:
        self._places = places
        self._teacher = teacher
        self._task: Task = task

    async def work(self, row: Instruction, rng: random.Random) -> Sequence[Instruction | Dropped]:
        """The instruction in other words, or why there is none."""
        return [await self.reword(row, rng, self._task)]

    async def paraphrase(self, row: Instruction, rng: random.Random) -> Instruction | Dropped:
        """The instruction in other words that keep all its values."""
        return await self.reword(row, rng, "paraphrase")

    async def reword(
        self, row: Instruction, rng: random.Random, task: Task
    ) -> Instruction | Dropped:
        """As `TeacherInstruct` says. Raises `tools.errors.TeacherError`."""
        row_id = f"{row.id}-{task}"
        place = next((one for one in self._places if one.serves(row)), None)
        if place is None:
            return Dropped(row_id, "no_place", ", ".join(row.apis))
        try:
            original = await rehearse(row, place)
        except ValueError as error:
            return Dropped(row_id, "setup", str(error))
        if not original.solved:
            return Dropped(row_id, "not_rehearsed", "; ".join(original.unsolved))
        wanted = wishes(original, place.catalog(row))
        style = rng.choice([*_prompts()["styles"]])
        asked = _question(wanted, row.scenario.language, style, task, rng)

        async def check(found: Json) -> str:
            return await _fault(_worded(row, found["lines"], row_id, style), row, wanted, place)

        answer = await self._teacher.ask(asked, check)
        if isinstance(answer, Unanswered):
            return Dropped(row_id, answer.reason, answer.detail)
        return _worded(row, answer["lines"], row_id, style)


async def rehearse(instruction: Instruction, place: Place) -> Chain:
    """Play the gold acts of an instruction through the agent, clearance included.

    Raises ValueError when its setup cannot be made.
    """
    return await annotate(instruction, place, Planner(_FAULTLESS), _HOW, 0)


async def _fault(
    worded: Instruction, row: Instruction, wanted: Sequence[Wish], place: Place
) -> str:
    said = [line.text for line in worded.scenario.lines]
    tools = list(place.catalog(row))
    found = list(faults(said, wanted, row.scenario.lines, tools, _NOW))
    if found:
        return "; ".join(found[:_SHOWN_FAULTS])
    chain = await rehearse(worded, place)
    return "" if chain.solved else f"understood as said, it leads to: {'; '.join(chain.unsolved)}"


def _worded(row: Instruction, said: Sequence[str], row_id: str, style: str) -> Instruction:
    """The row with other lines. Lines too few or too many are left for the check to find."""
    old = row.scenario.lines
    lines = tuple(
        replace(old[min(place, len(old) - 1)], text=text.strip()) for place, text in enumerate(said)
    )
    scenario = replace(row.scenario, id=row_id, lines=lines)
    return replace(row, id=row_id, scenario=scenario, origin="teacher", style=style)


def _question(
    wanted: Sequence[Wish], language: str, style: str, task: Task, rng: random.Random
) -> Question:
    prompts = _prompts()
    system = prompts["system"].format(
        persona=rng.choice(prompts["personas"]),
        language=prompts["languages"][language],
        style=prompts["styles"][style],
    )
    # A line that refers to what was shown, or that wants nothing, cannot be told without its words.
    told = [
        wish.told(wording=task == "paraphrase" or place > 0 or not wish.wants)
        for place, wish in enumerate(wanted)
    ]
    content = f"{prompts['tasks'][task]}\n{orjson.dumps(told).decode()}"
    return Question(
        (Message("system", system), Message("user", content)),
        _schema(len(wanted)),
        name="lines",
        seed=rng.getrandbits(31),
    )


def _schema(lines: int) -> Mapping[str, Any]:
    # Servers differ in whether they take minItems; the number of lines is checked here.
    listed = {"type": "array", "items": {"type": "string"}, "description": f"{lines} lines"}
    return {
        "type": "object",
        "properties": {"lines": listed},
        "required": ["lines"],
        "additionalProperties": False,
    }


@cache
def _prompts() -> Mapping[str, Any]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))
