"""Figures are written honestly, and tables read as plain text: never a share without its counts."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.training.benchmark.handmade import attempt, called, replied
from training.benchmark import notation
from training.benchmark.figures import Contender, Summary
from training.benchmark.markdown import render
from training.benchmark.records import Cost
from training.benchmark.statistics import difference, mean, share
from training.benchmark.summary import summarise
from training.benchmark.tables import show

MANIFEST = {"command": "callsign bench run --seed 1", "seed": 1, "machine": {"cores": 2}}


def of(count: int, total: int) -> str:
    return notation.share(share([1] * count + [0] * (total - count), [1] * total))


def run(trials: int = 1) -> Summary:
    """Three models-with-modes on 45 tasks, 33 of them solved, and one baseline."""
    cost = Cost(prompt_tokens=1200, completion_tokens=60, seconds=0.5, executed_calls=3)
    return summarise(
        attempt(
            f"t{n:02}",
            called(("ungrounded_value",) if mode == "free" and n < 7 else (), ()),
            replied(),
            contestant=who,
            mode=mode,
            trial=trial,
            solved=who != "do nothing" and n + trial < 33,
            cost=cost,
            categories=("price|position",) if n % 2 else ("price",),
            language="en" if n < 30 else "tr",
        )
        for who, mode in [
            ("base", "free"),
            ("base", "grounded"),
            ("tuned", "free"),
            ("do nothing", "grounded"),
        ]
        for n in range(45)
        for trial in range(trials)
    )


def cells(page: str, *starts: str) -> list[str]:
    """The figures of the first table row that begins with these names."""
    for line in page.splitlines():
        row = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and row[: len(starts)] == list(starts):
            return row[len(starts) :]
    raise AssertionError(f"no row {starts}")


class TestNotation:
    def test_a_share_has_its_counts_and_its_interval(self):
        assert of(33, 45) == "33/45 73 % [59, 84]"

    def test_none_found_is_said_with_its_bound(self):
        none = share([0] * 4, [203] * 4)
        assert notation.share(none, "calls") == "0 of 812 calls (≤ 0.5 %)"
        assert notation.brief(none) == "0 (≤ 0.5 %)"

    def test_nothing_counted_is_no_zero(self):
        empty = share([0], [0])
        written = [notation.share, notation.brief, notation.counts, notation.average]
        assert {write(empty) for write in written} == {"–"}
        assert notation.points(difference([], [])) == "–"

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0, "0"), (1, "100"), (0.734, "73"), (0.0949, "9.5"), (0.0996, "10"), (0.004, "0.4"),
            (0.00012, "0.012"), (0.9953, "99.5"), (0.99999, "99.9"),
        ],
    )  # fmt: skip
    def test_percents_are_short(self, value, text):
        assert notation.percent(value) == text

    @given(st.floats(1e-6, 1 - 1e-6))
    def test_only_none_is_0_percent_and_only_all_is_100(self, value):
        assert 0 < float(notation.percent(value)) < 100

    @given(st.integers(1, 200_000))
    def test_a_bound_is_never_written_too_low(self, total):
        none = share([0], [total])
        written = notation.share(none).split("≤ ")[1].removesuffix(" %)")
        assert none.high is not None
        assert 100 * none.high <= float(written) + 1e-6
        assert float(written) <= 100 * none.high * 1.5

    def test_a_mean_a_difference_and_a_p_value(self):
        assert notation.average(mean([0] * 45, [1] * 45)) == "0.00 [0.00, 0.09]"
        assert notation.points(difference([1] * 45, [1] * 45)) == "0.0 [-4.2, +4.2]"
        assert notation.p_value(0.0342) == "0.034"
        assert notation.p_value(0.0004) == "< 0.001"

    @pytest.mark.parametrize(
        ("value", "text"), [(0, "0"), (0.456, "0.46"), (12.34, "12.3"), (12345.6, "12,346")]
    )
    def test_amounts(self, value, text):
        assert notation.amount(value) == text

    def test_the_mode_of_a_baseline_is_left_out(self):
        assert notation.name(Contender("base", "free")) == "base free"
        assert notation.name(Contender("do nothing", "grounded", baseline=True)) == "do nothing"


class TestMarkdown:
    def test_the_headline_says_what_was_solved_and_what_was_made_up(self):
        page = render(run(), MANIFEST)
        solved, hallucinated, tasks = cells(page, "base", "free")
        assert solved == "33/45 73 % [59, 84]"
        assert hallucinated.startswith("7/90 7.8 % [")
        assert tasks.startswith("7/45 16 % [")
        assert cells(page, "base", "grounded")[1] == "0 of 90 calls (≤ 4.1 %)"
        assert cells(page, "do nothing", "")[0] == "0 of 45 (≤ 7.9 %)"

    def test_kinds_of_fault_are_told_for_each_contender(self):
        free, grounded, tuned = cells(render(run(), {}), "ungrounded_value")
        assert free.startswith("7/90 7.8 %")
        assert grounded == "0 of 90 (≤ 4.1 %)"
        assert tuned == free
        assert cells(render(run(), {}), "unbacked_claim, of replies")[0] == "0 of 45 (≤ 7.9 %)"

    def test_parts_name_baselines_and_contenders(self):
        page = render(run(), {})
        assert cells(page, "en") == ["30", "0/30", "30/30; 7/60", "30/30; 0/60", "30/30; 7/60"]
        assert cells(page, "tr") == ["15", "0/15", "3/15; 0/30", "3/15; 0/30", "3/15; 0/30"]

    def test_paired_tests_say_how_many_tasks_differ(self):
        row = cells(render(run(), {}), "hallucinated", "base free - base grounded")
        assert (row[0], row[2:]) == ("7/45 (7+)", ["mcnemar", "0.016", "0.031"])

    def test_cost_is_of_solved_tasks_and_nothing_solved_has_none(self):
        page = render(run(), {}).split("### Cost per solved task")[1]
        assert cells(page, "base", "free") == ["1,636", "81.8", "0.68", "4.09"]
        assert cells(page, "do nothing", "") == ["–"] * 4

    def test_several_attempts_bring_pass_hat(self):
        page = render(run(trials=3), {})
        assert "## booking: 45 tasks, 3 attempts each" in page
        _, twice, thrice, *_ = cells(page, "base", "free")
        assert twice.startswith("70 % [")
        assert thrice.startswith("69 % [")

    def test_the_audit_and_the_way_it_was_made_close_the_page(self):
        lines = render(run(), MANIFEST).splitlines()
        assert (
            "Audit: 540 calls executed, 0 although clearance rejects them; "
            "0 writes without approval." in lines
        )
        assert "- command: callsign bench run --seed 1" in lines
        assert lines[-2:] == ["- machine:", "  - cores: 2"]

    def test_every_sitting_of_a_run_is_told(self):
        manifest = {"modes": ["free", "grounded"], "sittings": [{"seed": 1}, {"seed": 1}]}
        assert render(run(), manifest).splitlines()[-6:] == [
            '- modes: ["free","grounded"]',
            "- sittings:",
            "  - 1:",
            "    - seed: 1",
            "  - 2:",
            "    - seed: 1",
        ]

    def test_a_run_that_was_stopped_says_so_first(self):
        head = "**Not finished: 180 of 1,350 attempts.**"
        assert head in render(run(), {"attempts": 1350}).splitlines()[:6]
        assert "Not finished" not in render(run(), {"attempts": 180})

    def test_columns_are_aligned_in_the_source(self):
        blocks = render(run(), {}).split("\n\n")
        tables = [block.strip().splitlines() for block in blocks if block.startswith("|")]
        assert len(tables) == 8
        for table in tables:
            assert len({len(line) for line in table}) == 1

    def test_a_name_opens_no_cell_and_no_line(self):
        page = render(run(), {"note": "two\nlines"})
        assert cells(page, r"price\|position")[0] == "22"
        assert "- note: two lines" in page

    def test_the_same_results_give_the_same_page(self):
        assert render(run(), MANIFEST) == render(run(), MANIFEST)


class TestConsole:
    def test_a_run_ends_with_headline_costs_and_audit(self):
        out = io.StringIO()
        show(run(), Console(file=out, width=140))
        page = out.getvalue()
        assert "booking: 45 tasks" in page
        assert "33/45 73 % [59, 84]" in page
        assert "Cost per solved task" in page
        assert "0 writes without approval" in page

    def test_names_are_no_markup(self):
        out = io.StringIO()
        show(summarise([attempt(contestant="[red]base[/red]")]), Console(file=out, width=140))
        assert "[red]base[/red]" in out.getvalue()
