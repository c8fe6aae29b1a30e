"""Finding a base model: the default one, a GGUF file, a transformers folder, or the hub's."""

from __future__ import annotations

from pathlib import Path

from agent.models.checkpoint import Checkpoint
from agent.models.download import fetch
from agent.models.files import Progress, quietly
from agent.models.folder import ModelFolder, is_model_folder
from agent.models.gguf_file import GgufFile
from agent.models.hub import fetch_from_hub, is_hub_name
from tools.errors import ModelError


def find(base: Path | None = None, progress: Progress = quietly) -> Path:
    """The base on disk: a GGUF file, or a folder as transformers saves it.

    None is the default model, ``organisation/name`` one of the hub; both are fetched unless they
    are there. Raises `ModelError`.
    """
    if base is None:
        return fetch(progress)
    if base.exists():
        return base
    if is_hub_name(str(base)):
        return fetch_from_hub(str(base), progress)
    raise ModelError(
        f"there is no model file or folder {base}; name one, leave it out for the default model "
        "(callsign model fetch gets it), or name one of the hub as organisation/name"
    )


def open_checkpoint(path: Path) -> Checkpoint:
    """Open a GGUF file or a folder of transformers. Raises `ModelError`."""
    if not path.is_dir():
        return GgufFile(path)
    if is_model_folder(path):
        return ModelFolder(path)
    if (path / "adapter_config.json").is_file():
        raise ModelError(f"{path} is an adapter, no base: name it with --adapter {path}")
    raise ModelError(f"{path} holds no model: config.json is missing")
