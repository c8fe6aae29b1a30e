"""What is in a dataset: counts over its rows, for the card and for `callsign data stats`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from training.benchmark.report.traces import read_calls
from training.export.sample import REPLIES, Sample
from training.records import NOT_STATED

_EXAMPLES = 1


def _counter() -> Counter[str]:
    return Counter()


@dataclass(slots=True)
class Census:
    """Counts of rows; of operations and decisions, how many acts of whole conversations are such.

    `depths` counts whole conversations by their acts. `examples` are a few rows of each set.
    """

    rows: int = 0
    splits: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    languages: Counter[str] = field(default_factory=_counter)
    styles: Counter[str] = field(default_factory=_counter)
    templates: Counter[str] = field(default_factory=_counter)
    apis: Counter[str] = field(default_factory=_counter)
    licences: Counter[str] = field(default_factory=_counter)
    operations: Counter[str] = field(default_factory=_counter)
    decisions: Counter[str] = field(default_factory=_counter)
    depths: Counter[int] = field(default_factory=Counter[int])
    simulated: int = 0
    chains: int = 0
    examples: dict[str, list[Sample]] = field(default_factory=dict[str, list[Sample]])

    def add(self, sample: Sample) -> None:
        """Count one row."""
        self.rows += 1
        self.splits[sample.set, sample.split] += 1
        self.languages[sample.language] += 1
        self.styles[sample.style] += 1
        self.templates[sample.template] += 1
        self.apis.update(sample.apis)
        self.licences[sample.licence or NOT_STATED] += 1
        self.simulated += sample.simulated
        shown = self.examples.setdefault(sample.set, [])
        if len(shown) < _EXAMPLES:
            shown.append(sample)
        if sample.set == "chains":
            self.chains += 1
            self.depths[sample.acts] += 1
            self._acts(sample)

    def _acts(self, sample: Sample) -> None:
        for message in sample.messages:
            if message["role"] == "assistant":
                calls = read_calls(message["content"]) or ()
                self.operations.update(name for name, _ in calls if name not in REPLIES)
                self.decisions[decision([name for name, _ in calls])] += 1

    @property
    def sets(self) -> Mapping[str, int]:
        """Rows of each set, in the order in which sets were first met."""
        found: Counter[str] = Counter()
        for (name, _), count in self.splits.items():
            found[name] += count
        return found


def decision(names: list[str]) -> str:
    """What an act with these calls decides: its reply, one call, or several at once."""
    if len(names) == 1:
        return names[0] if names[0] in REPLIES else "one call"
    return "several calls" if names else "no call"


def census(samples: Iterable[Sample]) -> Census:
    """Counts over all rows, read once."""
    found = Census()
    for sample in samples:
        found.add(sample)
    return found
