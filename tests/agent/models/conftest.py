from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.models import tiny


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny.write(tmp_path / "tiny.gguf")


@pytest.fixture(autouse=True)
def own_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Models of tests go to a folder of their own, but the real one is downloaded once only.

    Nor has the tiny model a shipped adapter.
    """
    if request.node.get_closest_marker("model") is None:
        monkeypatch.setattr("agent.models.shipping.FOLDER", tmp_path / "unshipped")
        monkeypatch.setenv("CALLSIGN_HOME", str(tmp_path / "home"))
