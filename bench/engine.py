"""The embedded engine against a bare loop over the same OpenVINO graph.

``python -m bench.engine``. Every row is a ratio of two measurements that took turns in the same
process; medians with quartiles, because a shared machine drifts.
"""

# OpenVINO's operation factories are only partly typed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import openvino as ov
import openvino.opset15 as op
from rich.console import Console
from rich.table import Table

from agent import models
from agent.engines.base import Message, Sampling
from agent.engines.embedded import EmbeddedEngine, EmbeddedOptions
from agent.engines.embedded.runtime import settings
from training.benchmark.machine import machine

PREFILL, DECODE = 600, 64
_WORDS = "Flights, hotels, cities, dates, prices, rooms, seats, terms and guests are named here. "
_OPEN = r"start: /[a-z ]{4000}/"
_ACT = r"""
start: "{\"name\":\"search_flights\",\"arguments\":{" places date people "}}"
places: "\"origin\":\"" CODE "\",\"destination\":\"" CODE
date: "\",\"departure_date\":\"" DATE
people: "\",\"adults\":" /[1-9]/ ",\"cabin_class\":\"" CABIN "\""
CODE: "BER" | "IST" | "LON" | "PAR"
DATE: "2027-03-03" | "2027-03-04"
CABIN: "economy" | "premium_economy" | "business" | "first"
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """Repeated measurements of one thing."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        if len(self.values) < 2:
            return f"{self.median:,.3g}"
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return f"{self.median:,.4g}  [dim]({low:,.4g}-{high:,.4g})[/dim]"


class RawLoop:
    """The floor: the stateful graph, one sequence, greedy, nothing else."""

    def __init__(self, graph: Path) -> None:
        """Compile the graph with the engine's own settings, for logits of the last token only."""
        core = ov.Core()
        model = core.read_model(str(graph))
        head = model.output(0).get_node().input_value(0).get_node()
        last = op.gather(head.input_value(0), op.constant([-1]), op.constant(1))
        head.input(0).replace_source_output(last.output(0))
        compiled = core.compile_model(model, "CPU", settings(core, 0))
        self._request = compiled.create_infer_request()
        self._past = 0

    def prefill(self, ids: Sequence[int]) -> float:
        """Tokens a second for a prompt of `ids`."""
        self._request.reset_state()
        self._past = 0
        started = perf_counter()
        self._step(ids)
        return len(ids) / (perf_counter() - started)

    def decode(self, count: int) -> float:
        """Tokens a second for `count` tokens after the last prompt."""
        token, started = 300, perf_counter()
        for _ in range(count):
            token = self._step([token])
        return count / (perf_counter() - started)

    def _step(self, ids: Sequence[int]) -> int:
        self._request.infer({
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, self._past + len(ids)), np.int64),
            "position_ids": np.arange(self._past, self._past + len(ids))[None],
            "beam_idx": np.zeros(1, np.int32),
        }, share_inputs=True)  # fmt: skip
        self._past += len(ids)
        return int(np.argmax(self._request.get_output_tensor(0).data[0, -1]))


class Bench:
    """One engine, one raw loop, and prompts that no cache has seen."""

    def __init__(self, engine: EmbeddedEngine, stepwise: EmbeddedEngine, raw: RawLoop) -> None:
        """`stepwise` is the engine that decodes forced tokens one by one."""
        self.engine, self.stepwise, self.raw = engine, stepwise, raw
        self._fresh = 0

    def prompt(self, words: int = PREFILL - 20) -> list[Message]:
        """A prompt of about that many tokens, new from its first word."""
        self._fresh += 1
        text = f"Number {self._fresh}. " + _WORDS * (words // 19)
        return [Message("system", text), Message("user", "Berlin to Istanbul, 3 March 2027")]

    async def prefill(self) -> tuple[float, float]:
        """Prompt tokens a second: raw, engine."""
        done = await self.engine.propose(self.prompt(), _OPEN, Sampling(max_tokens=1))
        ids = np.random.default_rng(self._fresh).integers(300, 40_000, done.prompt_tokens)
        return self.raw.prefill([int(i) for i in ids]), done.prompt_tokens / done.seconds

    async def decode(self) -> tuple[float, float]:
        """Tokens a second after a prompt: raw, engine under a grammar that leaves all open."""
        raw, prompt = self.raw.decode(DECODE), self.prompt()
        seconds: list[float] = []
        for tokens in (1, 1, 1 + DECODE):  # the first fills the cache
            done = await self.engine.propose(prompt, _OPEN, Sampling(max_tokens=tokens))
            seconds.append(done.seconds)
        return raw, DECODE / (seconds[2] - seconds[1])

    async def acts(self) -> tuple[float, float]:
        """Acts a second after a cached prompt: forced tokens one by one, appended."""
        prompt = self.prompt()
        rates: list[float] = []
        for engine in (self.stepwise, self.engine):
            await engine.propose(prompt, _ACT, Sampling())
            done = await engine.propose(prompt, _ACT, Sampling())
            rates.append(1 / done.seconds)
        return rates[0], rates[1]

    async def second_turn(self) -> tuple[float, float]:
        """Milliseconds to the first token: a new prompt, and the next turn of a known one."""
        prompt = self.prompt()
        cold = await self.engine.propose(prompt, _OPEN, Sampling(max_tokens=1))
        act = await self.engine.propose(prompt, _ACT, Sampling())
        later = [*prompt, Message("assistant", act.text), Message("tool", '{"data":[]}'),
                 Message("user", "And a day later?")]  # fmt: skip
        warm = await self.engine.propose(later, _OPEN, Sampling(max_tokens=1))
        return cold.seconds * 1e3, warm.seconds * 1e3

    async def at_once(self, count: int) -> tuple[float, float]:
        """Acts a second of `count` conversations sharing a system prompt: in turn, at once."""
        system = self.prompt()[0]
        prompts = [[system, Message("user", f"{n} adults to Paris")] for n in range(1, count + 1)]
        await self.engine.propose(prompts[0], _ACT, Sampling())
        started = perf_counter()
        for prompt in prompts:
            await self.engine.propose([*prompt, Message("user", "first")], _ACT, Sampling())
        middle = perf_counter()
        again = [[*prompt, Message("user", "later")] for prompt in prompts]
        await asyncio.gather(*(self.engine.propose(p, _ACT, Sampling()) for p in again))
        return count / (middle - started), count / (perf_counter() - middle)


Measure = Callable[[], Awaitable[tuple[float, float]]]


async def repeat(measure: Measure, rounds: int) -> tuple[Figure, Figure, Figure]:
    """Both figures and their ratio, round by round, after one round for warmth."""
    await measure()
    pairs = [await measure() for _ in range(rounds)]
    before, after = zip(*pairs, strict=True)
    return Figure(before), Figure(after), Figure(tuple(b / a for a, b in pairs))


async def run(rounds: int, only: Sequence[str], console: Console) -> None:
    """Measure what `only` names (nothing: everything) and print the table."""
    files = models.ensure()
    started = perf_counter()
    engine = await EmbeddedEngine.load(files)
    load = perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stepwise = await EmbeddedEngine.load(files, EmbeddedOptions(append_forced=False))
    bench = Bench(engine, stepwise, RawLoop(files.graph))
    rows: list[tuple[str, str, str, Measure, str]] = [
        ("prefill, tok/s", "raw loop", "engine", bench.prefill, ">= 0.9"),
        ("decode, tok/s", "raw loop", "engine", bench.decode, ">= 0.9"),
        ("acts/s, one conversation", "one by one", "forced appended", bench.acts, ">= 2.5"),
        ("first token, ms", "new prompt", "second turn", bench.second_turn, ""),
    ]
    rows += [
        (f"acts/s, {n} conversations", "in turn", "at once", partial(bench.at_once, n), "")
        for n in (1, 4, 8)
    ]
    table = Table("what", "against", "", "measured", "", "ratio", "aim")
    for name, left, right, measure, aim in rows:
        if only and not any(word in name for word in only):
            continue
        before, after, ratio = await repeat(measure, rounds)
        table.add_row(name, left, str(before), right, str(after), str(ratio), aim)
    console.print(f"{machine()}; {engine.name}; {rounds} rounds, median (quartiles)")
    console.print(table)
    console.print(f"loaded in {load:.1f} s; {memory:.0f} MiB resident after loading, "
                  f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at the "
                  "end with two engines and the raw loop")  # fmt: skip
    await engine.aclose()
    await stepwise.aclose()


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description="The embedded engine against a raw loop.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", nargs="*", default=[], help="words of the rows to measure")
    chosen = parser.parse_args()
    asyncio.run(run(chosen.rounds, chosen.only, Console(width=140)))


if __name__ == "__main__":
    main()
