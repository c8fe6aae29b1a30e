"""A proposer that knows the way and errs at given rates: the default build needs no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from agent.acts import act_text
from agent.engines.base import Completion
from agent.state import State
from training.annotate.mistakes import Calls, Mistake, Rates, closing, wrong_tool, wrong_value
from training.annotate.proposing import Deed, GaveUp, Situation
from training.scenarios.placeholders import resolved

_Path = tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class _Progress:
    """How many gold acts a path has behind it, and whether it left their way."""

    done: int = 0
    strayed: bool = False


@dataclass(slots=True)
class Planner:
    """Proposes the next gold act of a scenario, or a seeded mistake in its place.

    On a path where something else was carried out, it gives up with probability `notice` each time
    it is asked, as a model does that sees that it went wrong; else it plays on. Where it is `exact`
    only the gold acts make a good end, even if others reached the goal as well: a wrong goodbye
    after a right booking is none to learn. One planner serves one search.
    """

    rates: Rates = field(default_factory=Rates)
    notice: float = 1.0
    exact: bool = True
    _progress: dict[_Path, _Progress] = field(default_factory=dict[_Path, _Progress])
    _gold: dict[_Path, str] = field(default_factory=dict[_Path, str])

    async def propose(self, situation: Situation) -> Completion | GaveUp:
        """See `training.annotate.proposing.Proposer.propose`."""
        rng = Random(situation.draw)
        progress = self._reached(situation)
        if progress.strayed and rng.random() < self.notice:
            return GaveUp()
        right = self._next(situation, progress)
        if right is None:
            return GaveUp()
        self._gold[situation.path] = act_text(right)
        return Completion(self._mistaken(situation, right, rng) or act_text(right))

    def content(self, situation: Situation) -> bool:
        """See `training.annotate.proposing.Proposer.content`."""
        return not (self.exact and self._reached(situation).strayed)

    def _reached(self, situation: Situation) -> _Progress:
        """The progress of a path, from that of the path that it goes on from."""
        path = situation.path
        if not path:
            return _Progress()
        if path not in self._progress:
            before, deed = self._progress.get(path[:-1], _Progress()), path[-1]
            right = deed.act == self._gold.get(path[:-1])
            writes = any(
                tool.effect == "write" and f'"{tool.name}"' in deed.act
                for tool in situation.offer.acts
            )
            told = deed.left and writes
            if right and (deed.carried_out or (told and situation.scenario.faults is not None)):
                now = _Progress(before.done + 1, before.strayed)
            elif deed.carried_out or (told and not right):
                now = _Progress(before.done, strayed=True)
            else:
                now = before
            self._progress[path] = now
        return self._progress[path]

    def _next(self, situation: Situation, progress: _Progress) -> Calls | None:
        gold = situation.scenario.gold
        if progress.done >= len(gold):
            return None
        results = _results(situation.state)
        try:
            return [(c.name, resolved(c.arguments, results)) for c in gold[progress.done]]
        except LookupError:
            return None

    def _mistaken(self, situation: Situation, right: Calls, rng: Random) -> str | None:
        rates, draw = self.rates, rng.random()
        if draw < rates.repeat:
            before = [one.act for one in situation.tried] or [d.act for d in situation.path[-1:]]
            return rng.choice(before) if before else None
        draw -= rates.repeat
        shares: Sequence[tuple[float, Mistake]] = (
            (rates.value, wrong_value),
            (rates.tool, wrong_tool),
            (rates.close, closing),
        )
        for share, mistake in shares:
            if draw < share:
                return mistake(right, situation.offer, _heard(situation.state), rng)
            draw -= share
        return None


def _results(state: State) -> list[str]:
    """The observations of calls that succeeded, oldest first."""
    done = {call.id for call in state.calls.values() if call.status == "executed"}
    return [
        message.content
        for message in state.prompt
        if message.role == "tool" and message.content.partition(" ")[0] in done
    ]


def _heard(state: State) -> list[str]:
    """What users said and calls brought, oldest first."""
    return [one.content for one in state.prompt if one.role in {"user", "tool"}]
