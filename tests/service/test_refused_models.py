"""A model that cannot be served ends `callsign serve` at its start, with what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.agent.models.faulty import FAULTY
from tests.service.test_cli import free_port, invoke, run
from tools.errors import ModelError


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLSIGN_HOME", str(tmp_path / "home"))


def flags(base: Path, adapter: Path | None) -> list[str]:
    url = f"http://127.0.0.1:{free_port()}"
    return ["serve", "--model", str(base), "--adapter", str(adapter or "none"),
            "--port", "0", "--flights-url", url, "--hotels-url", url]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_it_is_refused_before_anything_is_served(fault: str, tmp_path: Path) -> None:
    base, adapter, pattern = FAULTY[fault](tmp_path)
    ended = invoke(*flags(base, adapter))
    assert isinstance(ended.exception, ModelError)
    assert re.search(pattern, str(ended.exception)), str(ended.exception)
    assert "\n" not in str(ended.exception)


def test_a_person_reads_one_line(tmp_path: Path) -> None:
    base, adapter, pattern = FAULTY["wrong_base"](tmp_path)
    ended = run(tmp_path, *flags(base, adapter))
    assert ended.returncode == 1, ended.stderr
    [line] = ended.stderr.strip().splitlines()
    assert line.startswith("callsign: ")
    assert re.search(pattern, line), line
