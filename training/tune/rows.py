"""Reads the rows that a model is to learn from what `callsign data build` exported."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import orjson

from agent.engines.base import Message, Role
from agent.prompt_format import prompt_format
from tools.errors import TrainingError
from training.pipeline.folder import MANIFEST

SETS = ("chains", "mends", "irrelevance", "asks", "declines")
"""The sets for supervised fine-tuning; `preferences` are pairs, for another kind of training."""
_ROLES = frozenset(get_args(Role))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its messages, and whether every act in it is to be learnt or only the last one.

    `chain` is the conversation that it is from: rows of one chain begin alike.
    """

    id: str
    set: str
    chain: str
    template: str
    language: str
    messages: tuple[Message, ...]
    every_act: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    """The rows of one split. `digest` is SHA-256 over the files that they are from."""

    rows: tuple[Row, ...]
    digest: str


def read_dataset(folder: Path, split: str, sets: Sequence[str] = SETS) -> Dataset:
    """The rows of a split, in the order of `sets` and of their files.

    `folder` is what ``--out`` of `callsign data build` named, or its ``export``. Raises
    `TrainingError` where it holds none, or a line that is no row, and where its prompts are written
    otherwise than this version writes them.
    """
    if unknown := sorted(set(sets) - set(SETS)):
        raise TrainingError(f"there is no set {unknown[0]!r}; there are {', '.join(SETS)}")
    home = _home(folder)
    _check_prompts(home.parent / MANIFEST, folder)
    state, rows = sha256(), list[Row]()
    for name in sets:
        path = home / name / f"{split}.jsonl.gz"
        if path.is_file():
            state.update(f"{name} {sha256(path.read_bytes()).hexdigest()}\n".encode())
            rows += _rows(path, name)
    if not rows:
        raise TrainingError(f"{folder} holds no rows of {', '.join(sets)} in its {split} split")
    return Dataset(tuple(rows), state.hexdigest())


def _home(folder: Path) -> Path:
    for home in (folder / "export" / "trl", folder / "trl", folder):
        if any((home / name).is_dir() for name in SETS):
            return home
    raise TrainingError(
        f"{folder} holds no exported dataset; make one: callsign data build --out {folder}"
    )


def _check_prompts(manifest: Path, folder: Path) -> None:
    """Refuse what another version exported. Rows that came without their manifest are believed."""
    if not manifest.is_file():
        return
    try:
        written: Any = orjson.loads(manifest.read_bytes())["plan"]["settings"].get("prompt")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError) as error:
        raise TrainingError(f"{manifest} is no manifest of an export: {error!r}") from error
    if written != prompt_format():
        raise TrainingError(
            f"{folder} holds prompts of another version, that no model reads now; to write them "
            "anew, say the command of that build again, with --stage export"
        )


def _rows(path: Path, name: str) -> Iterator[Row]:
    try:
        with gzip.open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                yield _row(line, name, f"line {number} of {path}")
    except (OSError, EOFError) as error:
        raise TrainingError(f"{path} is damaged: {error}; export it again") from error


def _row(line: bytes, name: str, where: str) -> Row:
    try:
        said: dict[str, Any] = orjson.loads(line)
        whole = "messages" in said
        told = said["messages"] if whole else [*said["prompt"], *said["completion"]]
        messages = tuple(Message(one["role"], one["content"]) for one in told)
        row = Row(said["id"], name, said.get("chain") or said["id"], said.get("template", ""),
                  said.get("language", ""), messages, whole)  # fmt: skip
    except (orjson.JSONDecodeError, LookupError, TypeError) as error:
        raise TrainingError(f"{where} is no row of the dataset: {error!r}") from error
    if not messages or messages[0].role != "system" or messages[-1].role != "assistant":
        raise TrainingError(f"{where} must begin with a system message and end with an act")
    if any(one.role not in _ROLES for one in messages):
        raise TrainingError(f"{where} holds a message of an unknown role")
    return row
