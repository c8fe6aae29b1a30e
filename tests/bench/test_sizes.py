from __future__ import annotations

from pathlib import Path

import pytest

from bench.sizes import Played, cells, expected, points, table


def played(size: int, seed: int, solved: float, made_up: float = 0.0) -> Played:
    within = (solved - 0.1, solved + 0.1)
    return Played(size, seed, "grounded", solved, within, made_up, (0.01, 0.2), 40, 80)


def test_small_sizes_have_several_seeds_and_large_ones_one(tmp_path: Path) -> None:
    found = cells([960, 60, 480], seeds=3, few=480, out=tmp_path)
    assert [(one.size, one.seed) for one in found] == [
        (60, 0), (60, 1), (60, 2), (480, 0), (480, 1), (480, 2), (960, 0),
    ]  # fmt: skip
    assert len({one.folder for one in found}) == len(found)


def test_one_more_run_is_expected_where_student_says() -> None:
    # t(0.975, 2) = 4.302653, sd = 0.02, sqrt(1 + 1/3) = 1.154701.
    low, high = expected([0.48, 0.50, 0.52])
    assert low == pytest.approx(0.5 - 4.302653 * 0.02 * 1.154701, abs=1e-6)
    assert high == pytest.approx(0.5 + 4.302653 * 0.02 * 1.154701, abs=1e-6)
    assert expected([0.0, 1.0]) == (0.0, 1.0)
    assert expected([0.3, 0.3, 0.3]) == (0.3, 0.3)


def test_a_size_with_one_seed_has_the_interval_of_its_tasks() -> None:
    (one,) = points([played(960, 0, 0.6, 0.05)])
    assert (one.solved, one.solved_within) == (0.6, (0.5, 0.7))
    assert (one.hallucinated, one.hallucinated_within) == (0.05, (0.01, 0.2))


def test_the_table_tells_every_size_once() -> None:
    found = points([played(120, 0, 0.5), played(60, 0, 0.2), played(60, 1, 0.4)])
    assert [(one.size, one.seeds) for one in found] == [(60, 2), (120, 1)]
    lines = table(found).splitlines()
    assert lines[2].startswith("| 60 | grounded | 2 | 30 % |")
    assert lines[3].startswith("| 120 | grounded | 1 | 50 % | 40 to 60 % |")
