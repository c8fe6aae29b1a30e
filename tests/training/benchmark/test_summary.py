"""A summary counts what the definitions say, whatever the order in which results come."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.events import ActProposed, CallCleared, CallObserved, Event, UserMessage
from tests.training.benchmark.handmade import attempt, broken, called, replied
from training.benchmark.figures import Comparison, Contender, Outcome, Part, Rate, Row, Spend
from training.benchmark.records import HALLUCINATIONS, Asking, Cost, Result
from training.benchmark.statistics import Estimate
from training.benchmark.summary import decode, encode, summarise
from training.benchmark.tally import CODES


def row(*results: Result) -> Row:
    """The figures of a run with one contender in one suite."""
    (suite,) = summarise(results).suites
    (only,) = suite.rows
    return only


def counts(estimate: Estimate) -> tuple[float, int]:
    return estimate.count, estimate.total


def rate(code: str, *results: Result) -> Rate:
    return next(one for one in row(*results).rates if one.code == code)


class TestCalls:
    def test_every_call_of_every_act_is_one(self):
        only = row(attempt("t1", called((), ()), replied()), attempt("t2", called(())))
        assert only.acts.calls == 3
        assert (only.acts.called, only.acts.abstained, only.acts.malformed) == (2, 1, 0)

    def test_an_act_that_cannot_be_read_is_one_call_too(self):
        only = row(attempt("t1", broken(), called(())))
        assert only.acts.calls == 2
        assert counts(only.faulty_calls) == (1, 2)
        assert counts(rate("malformed", attempt("t1", broken(), called(()))).share) == (1, 2)

    def test_a_malformed_call_is_faulty_but_no_hallucination(self):
        only = row(attempt("t1", broken()))
        assert counts(only.hallucinated_calls) == (0, 1)
        assert counts(only.hallucinated_tasks) == (0, 1)

    @pytest.mark.parametrize("code", [c for c in HALLUCINATIONS if c != "unbacked_claim"])
    def test_made_up_things_are_hallucinations(self, code):
        only = row(attempt("t1", called((code,), ())))
        assert counts(only.hallucinated_calls) == (1, 2)
        assert counts(only.hallucinated_tasks) == (1, 1)

    def test_two_faults_in_one_call_are_one_hallucinated_call(self):
        proposal = called(("ungrounded_value", "ungrounded_value", "unknown_parameter"), ())
        only = row(attempt("t1", proposal))
        assert counts(only.hallucinated_calls) == (1, 2)
        ungrounded = rate("ungrounded_value", attempt("t1", proposal))
        assert (ungrounded.faults, counts(ungrounded.share)) == (2, (1, 2))

    def test_a_fault_counts_although_it_was_mended_later(self):
        only = row(attempt("t1", called(("unknown_tool",)), called(()), solved=True))
        assert counts(only.hallucinated_calls) == (1, 2)

    def test_undecided_arguments_are_a_count_of_their_own(self):
        only = row(attempt("t1", called((), arguments=5, undecided=2), called((), arguments=1)))
        assert counts(only.undecided) == (2, 6)


class TestReplies:
    def test_claims_are_counted_of_replies(self):
        results = attempt("t1", replied("unbacked_claim", "unbacked_claim"), replied(), called(()))
        claims = rate("unbacked_claim", results)
        assert (claims.unit, claims.faults, counts(claims.share)) == ("reply", 2, (1, 2))
        assert counts(row(results).unbacked_replies) == (1, 2)
        assert counts(row(results).faulty_replies) == (0, 2)

    def test_a_claim_is_no_hallucinated_call_but_makes_the_task_one(self):
        only = row(attempt("t1", replied("unbacked_claim"), called(())))
        assert counts(only.hallucinated_calls) == (0, 1)
        assert counts(only.hallucinated_tasks) == (1, 1)

    def test_a_faulty_reply_act_is_no_call_but_makes_the_task_one(self):
        only = row(attempt("t1", replied("invalid_value"), called(())))
        assert counts(only.faulty_calls) == (0, 1)
        assert counts(only.faulty_replies) == (1, 1)
        assert counts(only.hallucinated_tasks) == (1, 1)

    def test_a_claim_beside_calls_is_a_reply_as_well(self):
        only = row(attempt("t1", called(("unbacked_claim",))))
        assert counts(only.hallucinated_calls) == (0, 1)
        assert counts(only.unbacked_replies) == (1, 1)


class TestTasks:
    def test_an_error_is_not_solved(self):
        only = row(attempt("t1"), attempt("t2", error="engine died"))
        assert only.errors == 1
        assert counts(only.solved) == (1, 2)

    def test_rates_list_every_kind_made_up_ones_first(self):
        rates = row(attempt("t1")).rates
        assert [one.code for one in rates] == list(CODES)
        assert [one.code for one in rates if one.hallucination] == list(HALLUCINATIONS)

    def test_per_task_is_of_attempts_with_at_least_one(self):
        results = [
            attempt("t1", called(("foreign_id",), ("foreign_id",))),
            attempt("t2", called(())),
            attempt("t3"),
        ]
        assert counts(rate("foreign_id", *results).tasks) == (1, 3)

    def test_missed_and_surplus_calls_are_means_per_attempt(self):
        only = row(attempt("t1", missed=("a", "b"), surplus=("c",)), attempt("t2", missed=("d",)))
        assert (only.missed.value, only.surplus.value) == (1.5, 0.5)

    def test_asked_and_guessed_are_of_the_decisions_due(self):
        only = row(
            attempt("t1", asking=Asking(due=2, asked=1, guessed=1)),
            attempt("t2", asking=Asking(due=1)),
        )
        assert counts(only.asked) == (1, 3)
        assert counts(only.guessed) == (1, 3)

    def test_pass_hat_looks_at_all_attempts_at_a_task(self):
        tries = {"t1": (True, True, True), "t2": (True, False, False)}
        only = row(
            *(
                attempt(task, trial=n, solved=solved)
                for task, outcomes in tries.items()
                for n, solved in enumerate(outcomes)
            )
        )
        assert [one.value for one in only.pass_hat] == pytest.approx([2 / 3, 1 / 2, 1 / 2])
        assert (only.tasks, only.attempts, counts(only.solved)) == (2, 6, (4, 6))


class TestCosts:
    def test_failures_are_paid_for_by_what_is_solved(self):
        cost = Cost(prompt_tokens=100, completion_tokens=10, seconds=0.5, executed_calls=3)
        costs = row(*(attempt(f"t{n}", solved=n == 0, cost=cost) for n in range(4))).costs
        assert costs.total == Spend(400, 40, 2.0, 12)
        assert costs.per_attempt == Spend(100, 10, 0.5, 3)
        assert costs.per_solved == Spend(400, 40, 2.0, 12)

    def test_nothing_solved_has_no_price(self):
        assert row(attempt(solved=False)).costs.per_solved is None


class TestAudit:
    SAID = UserMessage("Berlin to Lisbon", "2026-11-22T09:00:00+00:00", "en")

    def log(self, *ids: str, status: int = 200) -> tuple[Event, ...]:
        """One act, its calls cleared and answered; then one more act."""
        cleared = [CallCleared(one, "search_flights", {}, "read", {}) for one in ids]
        answered = [CallObserved(one, status == 200, status, {}) for one in ids]
        return (self.SAID, self.SAID, ActProposed("{}"), *cleared, *answered, ActProposed("{}"))

    def audit(self, *proposals: Any, events: tuple[Event, ...]) -> tuple[int, int, int]:
        done = row(attempt("t1", *proposals, events=events, cost=Cost(executed_calls=2))).audit
        return done.executed, done.executed_though_rejected, done.writes_unapproved

    def test_an_answered_call_with_a_fault_ran_although_it_is_rejected(self):
        faulty = called((), ("foreign_id",))
        assert self.audit(faulty, events=self.log("c1", "c2")) == (2, 1, 0)

    @pytest.mark.parametrize("events", [(), (SAID, SAID, ActProposed("{}"))])
    def test_a_refused_call_did_not_run(self, events):
        assert self.audit(called(("foreign_id",)), events=events) == (2, 0, 0)

    def test_a_call_that_was_cleared_and_never_sent_did_not_run(self):
        faulty = called(("foreign_id",))
        assert self.audit(faulty, events=self.log("c1", status=0)) == (2, 0, 0)

    def test_reads_that_the_agent_adds_are_not_the_acts_own(self):
        faulty = called(("foreign_id",))
        assert self.audit(faulty, events=self.log("c1", "c2")) == (2, 1, 0)

    def test_a_write_without_approval_is_counted_as_that(self):
        proposal = called(("unapproved_write",))
        assert self.audit(proposal, events=self.log("c1")) == (2, 0, 1)


class TestOrder:
    def test_baselines_come_first_then_contestants_from_free_to_grounded(self):
        contenders = [
            ("tuned", "free"), ("base", "grounded"), ("gold replay", "grounded"),
            ("base", "schema"), ("base", "free"), ("do nothing", "grounded"),
        ]  # fmt: skip
        results = [attempt(contestant=who, mode=mode) for who, mode in contenders]
        (suite,) = summarise(results).suites
        assert [one.contender for one in suite.rows] == [
            Contender("do nothing", "grounded", baseline=True),
            Contender("gold replay", "grounded", baseline=True),
            Contender("base", "free"),
            Contender("base", "schema"),
            Contender("base", "grounded"),
            Contender("tuned", "free"),
        ]

    def test_the_same_attempt_twice_is_an_error(self):
        with pytest.raises(ValueError, match=r"two results of the same attempt: .*'t1'"):
            summarise([attempt("t1"), attempt("t1", solved=False)])

    def test_results_are_read_once(self):
        summary = summarise(attempt(f"t{n}") for n in range(3))
        assert (summary.results, summary.suites[0].tasks) == (3, 3)

    def test_no_results_are_no_suites(self):
        assert summarise([]).suites == ()

    @settings(max_examples=10)
    @given(st.randoms(use_true_random=False))
    def test_results_in_any_order_give_the_same_figures(self, random):
        shuffled = random.sample(RUN, len(RUN))
        assert encode(summarise(shuffled)) == FIGURES

    def test_json_holds_all_of_it(self):
        summary = summarise(RUN)
        assert decode(encode(summary)) == summary


class TestParts:
    def parts(self) -> tuple[dict[str, Part], list[Part]]:
        results = [
            attempt("t1", called(("invalid_value",)), categories=("price", "multi-turn")),
            attempt("t2", called(()), categories=("price",), language="tr", solved=False),
            attempt("t3", categories=("injection", "multi-turn"), language="tr"),
        ]
        (suite,) = summarise(results).suites
        return {part.name: part for part in suite.categories}, list(suite.languages)

    def test_a_task_counts_in_each_of_its_categories_main_ones_first(self):
        categories, _ = self.parts()
        assert list(categories) == ["injection", "price", "multi-turn"]
        assert [part.tasks for part in categories.values()] == [1, 2, 2]
        assert [part.main for part in categories.values()] == [True, True, False]

    def test_figures_are_of_the_part_alone(self):
        categories, languages = self.parts()
        (price,) = categories["price"].rows
        assert (counts(price.solved), counts(price.hallucinated_calls)) == ((1, 2), (1, 2))
        assert [(part.name, counts(part.rows[0].solved)) for part in languages] == [
            ("en", (1, 1)),
            ("tr", (1, 2)),
        ]


class TestComparisons:
    def compare(self, *results: Result, outcome: Outcome = "solved") -> list[Comparison]:
        (suite,) = summarise(results).suites
        return [one for one in suite.comparisons if one.outcome == outcome]

    def test_rivals_share_a_mode_or_a_name_and_baselines_have_none(self):
        results = [
            attempt(contestant=who, mode=mode)
            for who in ("base", "tuned", "gold replay")
            for mode in ("free", "grounded")
        ]
        pairs = [
            (one.first.contestant, one.first.mode, one.second.contestant, one.second.mode)
            for one in self.compare(*results)
        ]
        assert pairs == [
            ("base", "free", "base", "grounded"),
            ("base", "free", "tuned", "free"),
            ("base", "grounded", "tuned", "grounded"),
            ("tuned", "free", "tuned", "grounded"),
        ]

    def test_only_tasks_that_both_did_are_compared(self):
        (one,) = self.compare(
            *(attempt(f"t{n}", solved=n == 2) for n in range(4)),
            *(attempt(f"t{n}", contestant="tuned") for n in range(1, 12)),
        )
        assert (one.tasks, one.differ, one.higher) == (3, 2, 0)
        assert one.difference.value == pytest.approx(-2 / 3)

    def test_without_a_common_task_there_is_nothing_to_compare(self):
        assert self.compare(attempt("t1"), attempt("t2", contestant="tuned")) == []

    def test_single_attempts_are_tested_as_mcnemar_did(self):
        (one,) = self.compare(
            *(attempt(f"t{n}", solved=n < 2) for n in range(11)),
            *(attempt(f"t{n}", contestant="tuned", solved=n >= 2) for n in range(11)),
        )
        assert (one.test, one.p) == ("mcnemar", pytest.approx(0.0654296875))

    def test_several_attempts_are_one_difference_for_each_task(self):
        (one,) = self.compare(
            *(attempt(f"t{n}", trial=k, solved=False) for n in range(4) for k in range(3)),
            *(attempt(f"t{n}", contestant="tuned", trial=k) for n in range(4) for k in range(3)),
        )
        # Four differences of one size: all alike in 2 of 16 sign patterns.
        assert (one.test, one.differ, one.p) == ("sign-flip", 4, pytest.approx(2 / 16))

    def test_unequal_numbers_of_attempts_are_compared_as_shares(self):
        (one,) = self.compare(
            *(attempt("t1", trial=k, solved=k == 0) for k in range(2)),
            *(attempt("t1", contestant="tuned", trial=k, solved=k < 2) for k in range(4)),
        )
        assert (one.differ, one.difference.value, one.p) == (0, 0, 1)

    def test_half_a_difference_weighs_half(self):
        (one,) = self.compare(
            *(attempt("t1", trial=k, solved=k == 0) for k in range(2)),
            *(attempt(f"t{n}") for n in (2, 3)),
            attempt("t1", contestant="tuned"),
            *(attempt(f"t{n}", contestant="tuned", solved=False) for n in (2, 3)),
        )
        # Of the sums of 1, 1 and 1/2 with any signs, half are at least 1.5 from zero.
        assert (one.difference.value, one.p) == (0.5, 0.5)

    def test_hallucinations_are_a_family_of_their_own(self):
        results = [
            attempt(f"t{n}", called(("unknown_tool",) if mode == "free" else ()), mode=mode)
            for mode in ("free", "schema", "grounded")
            for n in range(8)
        ]
        found = self.compare(*results, outcome="hallucinated")
        assert [one.higher for one in found] == [8, 8, 0]
        assert [one.p for one in found] == pytest.approx([2 / 256, 2 / 256, 1])
        assert [one.p_holm for one in found] == pytest.approx([6 / 256, 6 / 256, 1])
        assert [one.p_holm for one in self.compare(*results)] == [1, 1, 1]


RUN = [
    attempt(
        f"t{n}",
        called(("ungrounded_value",) if (n + trial) % 3 == 0 and mode == "free" else ()),
        replied(),
        contestant=who,
        mode=mode,
        trial=trial,
        solved=(n * 7 + trial + len(who)) % 4 > 0,
        cost=Cost(seconds=0.1 * n + 0.01 * trial),
        categories=("price", "multi-turn") if n % 2 else ("position",),
        language=("en", "tr", "de", "es")[n % 4],
    )
    for who in ("base", "tuned", "do nothing")
    for mode in ("free", "grounded")
    for n in range(6)
    for trial in range(2)
]
FIGURES = encode(summarise(RUN))
