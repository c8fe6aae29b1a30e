"""Statistics agree with scipy and statsmodels, and with what can be worked out by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from training.benchmark.statistics import (
    Estimate,
    difference,
    holm,
    mean,
    pass_hat,
    poisson,
    share,
    sign_flip,
    wilson,
)

TASKS = st.lists(
    st.integers(0, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=12,
)


def interval(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def width(estimate: Estimate) -> float:
    low, high = interval(estimate)
    return high - low


class TestWilson:
    @pytest.mark.parametrize(
        ("count", "total", "expected"),
        [
            (33, 45, (0.5896116224686505, 0.8403509647893348)),
            (0, 812, (0.0, 0.004708584957483025)),
            (1, 20, (0.008881448800795402, 0.2361311934467421)),
        ],
    )
    def test_gives_what_statsmodels_gives(self, count, total, expected):
        assert wilson(count, total) == pytest.approx(expected)

    @given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_gives_what_scipy_gives(self, share_of):
        count, total = share_of
        theirs = stats.binomtest(count, total).proportion_ci(0.95, method="wilson")
        assert wilson(count, total) == pytest.approx((theirs.low, theirs.high), abs=1e-9)

    def test_a_zero_is_bounded_by_a_little_more_than_the_rule_of_three(self):
        low, high = wilson(0, 1000)
        assert low == 0
        assert 3 / 1000 < high < 4 / 1000

    @pytest.mark.parametrize(("count", "total"), [(3, 2), (-1, 2), (0, 0)])
    def test_refuses_what_is_no_share(self, count, total):
        with pytest.raises(ValueError, match="is no share"):
            wilson(count, total)


class TestPoisson:
    @pytest.mark.parametrize(
        ("count", "total", "expected"),
        [
            (0, 45, (0.0, 0.0853657515709806)),
            (7, 30, (0.11302879470729091, 0.4816864993158467)),
            (100, 40, (2.0556800108531967, 3.0403564596641566)),
        ],
    )
    def test_gives_what_statsmodels_gives(self, count, total, expected):
        assert poisson(count, total) == pytest.approx(expected)

    def test_refuses_what_is_no_rate(self):
        with pytest.raises(ValueError, match="is no rate"):
            poisson(1, 0)


class TestShare:
    def test_adds_tasks_up(self):
        estimate = share([1, 0, 2], [4, 2, 4])
        assert (estimate.count, estimate.total, estimate.value) == (3, 10, 0.3)

    def test_nothing_counted_is_no_share_at_all(self):
        assert share([0, 0], [0, 0]) == Estimate(0, 0, None, None, None, None)
        assert share([], []) == Estimate(0, 0)

    def test_one_observation_for_each_task_is_wilson(self):
        estimate = share([1] * 33 + [0] * 12, [1] * 45)
        assert estimate.method == "wilson"
        assert interval(estimate) == wilson(33, 45)

    def test_none_found_is_wilson_over_all_observations(self):
        estimate = share([0, 0, 0], [300, 400, 112])
        assert estimate.method == "wilson"
        assert interval(estimate) == wilson(0, 812)

    @pytest.mark.parametrize("counts", [[10] * 20, [5] * 20])
    def test_the_same_in_every_task_still_has_an_interval(self, counts):
        assert interval(share(counts, [10] * 20)) == wilson(sum(counts), 200)

    def test_calls_of_one_task_that_fail_together_count_like_one(self):
        estimate = share([10] * 8 + [0] * 32, [10] * 40)
        assert estimate.method == "bootstrap"
        assert interval(estimate) == pytest.approx(wilson(8, 40), abs=0.03)
        low, high = wilson(80, 400)
        assert width(estimate) > 2 * (high - low)

    def test_one_fault_is_never_bounded_lower_than_none(self):
        none, one, two = (share([n] + [0] * 99, [8] * 100) for n in (0, 1, 2))
        bounds = [interval(estimate)[1] for estimate in (none, one, two)]
        assert all(lower < higher for lower, higher in pairwise(bounds))

    def test_holds_the_truth_in_95_of_100_clustered_samples(self):
        rng = np.random.default_rng(7)
        held = 0
        for _ in range(400):
            chances = rng.beta(0.4, 1.6, size=80)
            totals = rng.integers(1, 9, size=80)
            low, high = interval(share(rng.binomial(totals, chances).astype(float), totals))
            held += low <= 0.2 <= high
        assert 0.93 <= held / 400 <= 0.99

    @given(TASKS)
    def test_is_within_its_interval_and_that_within_0_and_1(self, tasks):
        estimate = share([c for c, _ in tasks], [n for _, n in tasks])
        assume(estimate.total)
        low, high = interval(estimate)
        assert 0 <= low <= estimate.value <= high <= 1
        assert low < high

    @given(TASKS, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_tasks(self, tasks, random):
        shuffled = random.sample(tasks, len(tasks))
        first, second = (share([c for c, _ in t], [n for _, n in t]) for t in (tasks, shuffled))
        assert first == second


class TestMean:
    def test_may_be_larger_than_one(self):
        estimate = mean([3, 5, 4, 0], [1, 1, 1, 1])
        low, high = interval(estimate)
        assert estimate.value == 3
        assert low < 3 < high

    def test_none_found_is_bounded_as_a_rate(self):
        estimate = mean([0] * 45, [1] * 45)
        assert estimate.method == "poisson"
        assert interval(estimate) == poisson(0, 45)


class TestPassHat:
    def test_is_the_mean_over_tasks_of_the_chance_that_k_attempts_all_succeed(self):
        successes, trials = [4, 2, 0], [4, 4, 4]
        values = [pass_hat(successes, trials, k).value for k in (1, 2, 3, 4)]
        assert values == pytest.approx([6 / 12, (1 + 1 / 6) / 3, 1 / 3, 1 / 3])

    def test_leaves_tasks_out_that_were_tried_less_often(self):
        estimate = pass_hat([2, 1], [2, 1], 2)
        assert (estimate.value, estimate.total) == (1, 1)
        assert pass_hat([1], [1], 2) == Estimate(0, 0)

    def test_of_one_attempt_each_is_the_share_solved(self):
        solved = [1, 0, 1, 1, 0, 0, 1]
        assert pass_hat(solved, [1] * 7, 1) == share(solved, [1] * 7)

    @given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
    def test_falls_with_k_and_stays_within_its_interval(self, successes):
        estimates = [pass_hat(successes, [5] * len(successes), k) for k in range(1, 6)]
        values = [estimate.value for estimate in estimates]
        assert all(a >= b for a, b in pairwise(values))
        for estimate in estimates:
            low, high = interval(estimate)
            assert 0 <= low <= estimate.value + 1e-9
            assert estimate.value - 1e-9 <= high <= 1


class TestDifference:
    def test_is_the_mean_of_the_differences(self):
        first, second = [1, 1, 1, 0, 1, 1, 0, 1], [0, 1, 0, 0, 1, 0, 1, 1]
        estimate = difference(first, second)
        low, high = interval(estimate)
        assert (estimate.value, estimate.method) == (0.25, "bootstrap")
        assert low < 0.25 < high

    def test_is_as_wide_as_the_normal_interval_where_tasks_are_many(self):
        rng = np.random.default_rng(3)
        first, second = rng.binomial(1, 0.7, 500), rng.binomial(1, 0.5, 500)
        reach = 1.96 * np.std(first - second) / math.sqrt(500)
        centre = float(np.mean(first - second))
        assert interval(difference(first, second)) == pytest.approx(
            (centre - reach, centre + reach), abs=0.006
        )

    @pytest.mark.parametrize(("differing", "tasks"), [(4, 20), (3, 9), (3, 12)])
    def test_of_few_tasks_it_excludes_nothing_that_the_exact_test_allows(self, differing, tasks):
        first = [1] * differing + [0] * (tasks - differing)
        found = difference(first, [0] * tasks)
        assert sign_flip(first) > 0.05
        assert interval(found)[0] <= 0

    @pytest.mark.parametrize("tasks", [1, 45])
    def test_no_difference_seen_is_not_none_proved(self, tasks):
        estimate = difference([1] * tasks, [1] * tasks)
        bound = 1.959964 / (tasks + 2)
        assert (estimate.value, estimate.method) == (0, "agresti-min")
        assert interval(estimate) == pytest.approx((-bound, bound))

    def test_thirds_that_cancel_out_leave_no_sign(self):
        estimate = difference([1 / 3, 2 / 3, 1.0] * 3, [2 / 3, 1 / 3, 1.0] * 3)
        assert estimate.value == pytest.approx(0, abs=1e-15)

    def test_without_tasks_there_is_none(self):
        assert difference([], []) == Estimate(0, 0)


class TestSignFlip:
    @pytest.mark.parametrize(("more", "fewer", "p"), [(9, 2, 0.0654296875), (1, 7, 0.0703125)])
    def test_of_single_attempts_is_mcnemars_exact_test(self, more, fewer, p):
        assert sign_flip([1] * more + [-1] * fewer + [0] * 30) == pytest.approx(p)

    @given(st.integers(0, 300), st.integers(0, 300))
    def test_of_single_attempts_is_the_binomial_test_of_those_that_differ(self, more, fewer):
        assume(more + fewer)
        expected = stats.binomtest(more, more + fewer).pvalue
        assert sign_flip([1] * more + [-1] * fewer) == pytest.approx(expected, abs=1e-12)

    @settings(max_examples=25)
    @given(st.lists(st.integers(-4, 4), min_size=2, max_size=9))
    def test_is_the_permutation_test_with_every_pattern_tried(self, differences):
        theirs = stats.permutation_test(
            (np.array(differences), np.zeros(len(differences))),
            lambda a, b, axis: np.abs((a - b).sum(axis=axis)),
            permutation_type="samples",
            alternative="greater",
            n_resamples=math.inf,
            vectorized=True,
        )
        assert sign_flip(differences) == pytest.approx(theirs.pvalue)

    def test_nothing_that_differs_is_no_evidence(self):
        assert sign_flip([0, 0, 0]) == 1
        assert sign_flip([]) == 1

    def test_stays_exact_over_thousands_of_tasks(self):
        expected = stats.binomtest(1300, 2351).pvalue
        assert sign_flip([1] * 1300 + [-1] * 1051) == pytest.approx(expected)


class TestHolm:
    @pytest.mark.parametrize(
        ("p_values", "adjusted"),
        [
            ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
            ([0.5, 0.001, 0.02, 0.02, 0.9], [1.0, 0.005, 0.08, 0.08, 1.0]),
            ([], []),
        ],
    )
    def test_gives_what_statsmodels_gives(self, p_values, adjusted):
        assert holm(p_values) == pytest.approx(adjusted)

    @given(st.lists(st.floats(0, 1), max_size=12))
    def test_lies_between_the_raw_values_and_bonferronis(self, p_values):
        for raw, adjusted in zip(p_values, holm(p_values), strict=True):
            assert raw <= adjusted <= min(1.0, raw * len(p_values)) + 1e-12
