"""Base models from the Hugging Face hub, where there is a network."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from agent.models.files import Progress, home, quietly
from tools.errors import ModelError

_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_WANTED = ["*.json", "*.safetensors", "*.jinja"]
_DONE = ".whole"


def is_hub_name(text: str) -> bool:
    """Whether this could be ``organisation/name``."""
    return bool(_NAME.fullmatch(text)) and not text.endswith(".gguf")


def fetch_from_hub(name: str, progress: Progress = quietly) -> Path:
    """The folder of a hub model, downloaded unless it is there and whole. Raises `ModelError`."""
    # Costs a second to import, which nobody should pay who starts from a model that is here.
    from huggingface_hub import (  # noqa: PLC0415
        snapshot_download,  # pyright: ignore[reportUnknownVariableType]
    )
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    folder = home() / "hub" / name.replace("/", "--")
    if (folder / _DONE).is_file():
        return folder
    progress(f"downloading {name}", 0, 0)
    try:
        snapshot_download(name, local_dir=folder, allow_patterns=_WANTED)
    except (HfHubHTTPError, httpx.HTTPError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{name} is no file or folder here, and the hub did not give it ({reason}): check the "
            "name and the network (a gated model needs HF_TOKEN), or copy the model here and name "
            "its folder"
        ) from error
    (folder / _DONE).touch()
    return folder
