"""A place to search on, and conversations to search for."""

from __future__ import annotations

import pytest

from training.annotate.practice import PracticePlace
from training.scenarios.scenario import DEVELOPMENT, Scenario, read_scenarios
from training.worlds import World


@pytest.fixture(scope="session")
def scenarios() -> dict[str, Scenario]:
    return {one.id: one for one in read_scenarios(DEVELOPMENT)}


@pytest.fixture
def practice(earth: World) -> PracticePlace:
    return PracticePlace(earth)
