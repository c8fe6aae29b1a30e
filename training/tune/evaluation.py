"""Plays conversations that training does not see, with a model as it stands in the middle of a run.

A process of its own (``python -m training.tune.evaluation``): the embedded engine and PyTorch each
want all cores, and what one of them leaves in memory is not the other's business.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter

from agent import models
from agent.engines.base import Engine, Mode, Sampling
from agent.engines.opening import Embedded, open_engine
from agent.events import ActProposed, Replied, UserMessage
from agent.options import Options
from training.benchmark.records import HALLUCINATIONS, Result
from training.benchmark.runner import attempt_seed
from training.benchmark.suite import Attempt
from training.benchmark.suites.booking import BookingSuite
from training.benchmark.tally import tally
from training.scenarios.generate import suite

MODES: tuple[Mode, ...] = ("grounded", "free")
_SHOWN = 3
_NAME = "validation"


@dataclass(frozen=True, slots=True)
class Score:
    """What came of the tasks in one mode. `hallucinated` of `calls` calls made something up."""

    tasks: int
    solved: int
    errors: int
    calls: int
    hallucinated: int

    @property
    def solved_share(self) -> float:
        """Tasks solved, of all."""
        return self.solved / self.tasks if self.tasks else 0.0

    @property
    def hallucinated_share(self) -> float:
        """Calls that made something up, of all."""
        return self.hallucinated / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class Examination:
    """Scores by mode, and a few conversations to read."""

    scores: Mapping[str, Score]
    samples: tuple[str, ...] = field(default=())

    @property
    def value(self) -> float:
        """What the best model is chosen by: tasks solved less hallucinated calls, in the mean."""
        parts = [one.solved_share - one.hallucinated_share for one in self.scores.values()]
        return sum(parts) / len(parts) if parts else 0.0


EXAMINATION: TypeAdapter[Examination] = TypeAdapter(Examination)


async def examine(base: Path | None, adapter: Path | None, tasks: int, seed: int) -> Examination:
    """Play `tasks` conversations of the validation split in every mode.

    `base` is a GGUF file or a folder of transformers, `adapter` is merged into it. Raises
    `tools.errors.CallsignError`.
    """
    scenarios = await suite("validation", tasks, seed)
    with TemporaryDirectory(prefix="callsign-") as folder:
        source = base or models.fetch()
        files = models.convert(source, adapter, Path(folder, "model"))
        engine = await open_engine(Embedded(files.directory, reproducible=True))
        try:
            results = await _play(BookingSuite(_NAME, scenarios), engine, seed)
        finally:
            await engine.aclose()
    scores = {mode: _score([one for one in results if one.mode == mode]) for mode in MODES}
    return Examination(scores, tuple(_told(one) for one in results[:_SHOWN]))


async def _play(tasks: BookingSuite, engine: Engine, seed: int) -> list[Result]:
    results: list[Result] = []
    async with tasks.open() as table:
        for mode in MODES:
            for task in tasks.tasks:
                drawn = attempt_seed(seed, _NAME, task.id, 0)
                options = Options(mode=mode, sampling=Sampling(0.0, drawn))
                results.append(await table.play(Attempt(task, "tuned", engine, options)))
    return results


def _score(results: Sequence[Result]) -> Score:
    counted = [tally(one) for one in results]
    return Score(
        tasks=len(counted),
        solved=sum(one.solved for one in counted),
        errors=sum(one.failed for one in counted),
        calls=sum(one.acts.calls for one in counted),
        hallucinated=sum(one.hallucinated_calls for one in counted),
    )


def _told(result: Result) -> str:
    """A conversation as Markdown: what was said, decided and answered."""
    faults = [one.code for one in result.faults if one.code in HALLUCINATIONS]
    lines = [f"## {result.task} ({result.mode})", "", f"solved: {result.solved}"]
    lines += [f"hallucinations: {', '.join(faults)}"] * bool(faults) + [""]
    for event in result.events:
        match event:
            case UserMessage(content=said):
                lines += [f"**user** {said}", ""]
            case ActProposed(text=act):
                lines += ["```json", act, "```", ""]
            case Replied(text=said):
                lines += [f"**agent** {said}", ""]
            case _:
                pass
    return "\n".join(lines)


def main() -> None:
    """Play, and write what came of it as JSON."""
    parser = argparse.ArgumentParser(description="Plays validation conversations")
    parser.add_argument("--base", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    said = parser.parse_args()
    found = asyncio.run(examine(said.base, said.adapter, said.tasks, said.seed))
    said.out.write_bytes(EXAMINATION.dump_json(found))


if __name__ == "__main__":
    main()
