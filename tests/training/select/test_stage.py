"""The select stage over chains made by hand: what is kept, in which order, and why not the rest."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Sequence

from agent.acts import act_text
from agent.events import ActProposed, ApprovalDecided, CallObserved
from training.pipeline.codec import Codec
from training.records import Chain, Dropped, Instruction
from training.scenarios.scenario import Goal, Line, Scenario
from training.scenarios.templates import REGISTER
from training.select.contamination import Contamination, every_suite, of_scenarios
from training.select.stage import SelectStage
from training.select.traits import traits_of

NOW = "2026-11-22T09:00:00+00:00"
Call = tuple[str, dict[str, str]]


def chain(
    row_id: str,
    *lines: str,
    acts: Sequence[Sequence[Call]] = ((("search_flights", {}),),),
    template: str = "flight/plain",
    language: str = "en",
) -> Chain:
    scenario = Scenario(
        row_id, template, ("choice",), language, tuple(map(Line, lines)), Goal(), (), "train"
    )
    events = tuple(ActProposed(act_text(act)) for act in acts)
    return Chain(
        row_id, Instruction(row_id, scenario, ("flights",), style="terse"), events, solved=True
    )


def select(chains: Sequence[Chain], stage: SelectStage | None = None) -> dict[str, str]:
    found = (stage or SelectStage(suites=())).reduce(iter(chains), 1)
    return {one.id: one.reason if isinstance(one, Dropped) else "kept" for one in found}


class TestDuplicates:
    def test_of_many_duplicates_one_stays(self):
        text = "book me a room in Rome for two nights from tomorrow"
        rows = [chain(f"r{number}", text) for number in range(9)]
        assert Counter(select(rows).values()) == {"kept": 1, "exact_duplicate": 8}

    def test_the_same_words_decided_otherwise_are_another_row(self):
        text = "what is the weather in Rome"
        call, none = [("get_weather", {})], [("decline", {"reason": "out_of_scope"})]
        rows = [chain("a", text, acts=[call]), chain("b", text, acts=[none])]
        assert select(rows) == {"a": "kept", "b": "kept"}

    def test_spaces_do_not_make_another_row(self):
        rows = [chain("a", "a  room in Rome "), chain("b", "a room in Rome")]
        assert select(rows) == {"a": "kept", "b": "exact_duplicate"}

    def test_another_value_in_a_long_text_does_not_either(self):
        words = [f"word{number}" for number in range(60)]
        rows = [chain("a", " ".join([*words, "tomorrow"])), chain("b", " ".join([*words, "today"]))]
        assert select(rows) == {"a": "kept", "b": "near_duplicate"}

    def test_another_value_in_a_short_text_does(self):
        rows = [chain("a", "a flight from Rome to Oslo"), chain("b", "a flight from Rome to Bern")]
        assert select(rows) == {"a": "kept", "b": "kept"}


class TestQuota:
    def rows(self) -> Iterator[Chain]:
        for number in range(40):
            yield chain(f"en{number}", f"flight number {number} {number * 7} {number * 11}")
        for number in range(3):
            yield chain(f"tr{number}", f"uçuş {number} {number + 1} {number + 2}", language="tr")

    def test_rows_are_kept_in_their_order_and_the_rare_first_of_all(self):
        stage = SelectStage(size=10, suites=())
        found = list(stage.reduce(self.rows(), 1))
        kept = [one.id for one in found if isinstance(one, Chain)]
        assert len(kept) == 10
        assert kept[-3:] == ["tr0", "tr1", "tr2"]
        assert kept[:-3] == sorted(kept[:-3], key=lambda one: int(one[2:]))
        assert {one.reason for one in found if isinstance(one, Dropped)} == {"over_quota"}
        assert len(found) == 43

    def test_chains_come_back_as_they_were(self):
        rows = [chain("a", "a flight from Rome to Oslo", acts=[[("search", {"to": "ç\n"})]])]
        codec = Codec(Chain)
        (found,) = SelectStage(size=1, suites=()).reduce(rows, 1)
        assert isinstance(found, Chain)
        assert codec.encode(found) == codec.encode(rows[0])

    def test_without_a_size_everything_is_kept(self):
        assert set(select(list(self.rows())).values()) == {"kept"}


class TestTraits:
    def test_a_cell_tells_operations_depth_decisions_style_and_language(self):
        acts = [
            [("search_flights", {}), ("search_hotels", {})],
            [("present", {"result": "c1"})],
            [("book_flight", {})],
        ]
        one = chain("a", "x", acts=acts, language="de")
        events = (
            *one.events,
            ApprovalDecided("a1", "approve", NOW),
            CallObserved("c3", ok=False, status=503, result={}),
        )
        cell = traits_of(Chain(one.id, one.instruction, events, solved=True))
        assert cell.operations == ("book_flight", "search_flights", "search_hotels")
        assert cell.depth == 4
        assert cell.decisions == ("approve", "call", "mend", "present", "several calls")
        assert (cell.style, cell.language) == ("terse", "de")


class TestContamination:
    def test_templates_of_the_test_split_are_refused(self):
        name = next(one.name for one in REGISTER.values() if one.split == "test")
        leak = Contamination(()).leak(chain("a", "hello", template=name))
        assert leak is not None
        assert leak.reason == "contaminated/template"

    def test_seven_words_in_a_row_may_be_shared_and_eight_may_not(self):
        asked = chain("held", "one two three four five six seven eight nine").instruction.scenario
        found = Contamination((of_scenarios("held", [asked]),))
        line = "so {} it is and that is what was said about it"
        others = ["one two three four five six seven", "one two three four five six seven eight"]
        free, shared = (
            chain("a", line.format(one), template="flight/other") for one in others
        )  # fmt: skip
        own = Contamination((of_scenarios("held", []),))
        assert own.leak(shared) is None
        assert _reason(found, free) is None
        assert _reason(found, shared) == "contaminated/shared_run"

    def test_greetings_and_thanks_are_nobodys(self):
        asked = chain("held", "Thanks a lot!").instruction.scenario
        found = Contamination((of_scenarios("held", [asked]),))
        assert _reason(found, chain("a", "Thanks a lot!", template="flight/other")) is None

    def test_the_benchmarks_recognise_themselves(self):
        suites = every_suite()
        assert {"booking", "development", "openapi"} <= {suite.name for suite in suites}
        found = Contamination(suites)
        for suite in suites:
            for task, lines in list(suite.questions.items())[::10]:
                said = [line for line in lines if len(line.split()) >= 8]
                if said:
                    assert _reason(found, chain(task, *said, template="flight/other")), task


def _reason(found: Contamination, row: Chain) -> str | None:
    leak = found.leak(row)
    return leak.reason if leak else None


class TestSettings:
    def test_they_tell_the_benchmarks_that_were_kept_apart(self):
        settings = SelectStage(size=5).settings
        assert settings["size"] == 5
        assert {"booking", "development", "openapi"} <= settings["suites"].keys()

    def test_another_benchmark_makes_other_settings(self):
        first, second = (chain(row, f"a room in {row}").instruction.scenario for row in "ab")
        one, other = (
            SelectStage(suites=(of_scenarios("held", [scenario]),)) for scenario in (first, second)
        )
        assert one.settings != other.settings

    def test_it_pickles(self):
        stage = SelectStage(size=3)
        assert pickle.loads(pickle.dumps(stage)) == stage
