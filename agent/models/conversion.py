"""From GGUF, and perhaps a LoRA adapter, to what the embedded engine loads."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

import openvino as ov

from agent.models.adapter import Adapter
from agent.models.checkpoint import Checkpoint, Floats
from agent.models.download import fetch
from agent.models.files import (
    Manifest,
    ModelFiles,
    Progress,
    digest,
    home,
    quietly,
    read_manifest,
    write_manifest,
)
from agent.models.llama import build
from agent.models.tokenizer import build_tokenizer
from tools.errors import ModelError


def ensure(
    base: Path | None = None, adapter: Path | None = None, progress: Progress = quietly
) -> ModelFiles:
    """The converted model, fetched and converted only as far as it is not there yet.

    `base` is a GGUF file (None: the default model) or a folder that `convert` wrote, `adapter` a
    peft folder. Raises `ModelError`.
    """
    if base is not None and base.is_dir():
        if adapter is not None:
            raise ModelError(f"{base} is converted already; name the GGUF file to add an adapter")
        return ModelFiles.open(base)
    return convert(base or fetch(progress), adapter, progress=progress)


def convert(
    base: Path, adapter: Path | None = None, out: Path | None = None, progress: Progress = quietly
) -> ModelFiles:
    """Convert `base`, with `adapter` merged into it, unless that was done before.

    `out` is the folder to write, by default one of `home`'s. Raises `ModelError`.
    """
    checkpoint_name = base.name.removesuffix(".gguf").lower()
    opened = Adapter(adapter) if adapter else None
    manifest = Manifest(
        name=f"{checkpoint_name}+{adapter.name}" if adapter else checkpoint_name,
        base=digest(base) if base.is_file() else "",
        adapter=digest(opened.weights_file) if opened else None,
        context=0,
    )
    directory = out or home() / _folder(manifest)
    if (found := read_manifest(directory)) and _same_sources(found, manifest):
        return ModelFiles.open(directory)
    checkpoint = Checkpoint(base)
    if opened:
        opened.check(checkpoint)
    directory.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))
    try:
        _write(checkpoint, opened, part, progress)
        context = checkpoint.config.context
        write_manifest(part, Manifest(manifest.name, manifest.base, manifest.adapter, context))
        shutil.rmtree(directory, ignore_errors=True)
        part.replace(directory)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return ModelFiles.open(directory)


def _write(
    checkpoint: Checkpoint, adapter: Adapter | None, directory: Path, progress: Progress
) -> None:
    modules = sum(1 for _ in checkpoint.module_names())
    done = 0

    def weight(name: str) -> Floats:
        nonlocal done
        value = checkpoint.weight(name)
        if name.endswith("_proj"):
            done += 1
            progress("converting", done, modules)
        return adapter.merged(name, value) if adapter else value

    model = build(checkpoint.config, weight, tied_embeddings=checkpoint.tied_embeddings)
    build_tokenizer(checkpoint.vocabulary()).save(str(directory / "tokenizer.json"))
    ov.save_model(model, directory / "model.xml", compress_to_fp16=False)


def _folder(manifest: Manifest) -> str:
    sources = [manifest.base[:8]] + ([manifest.adapter[:8]] if manifest.adapter else [])
    return "-".join([manifest.name, *sources])


def _same_sources(found: Manifest, wanted: Manifest) -> bool:
    return (found.base, found.adapter) == (wanted.base, wanted.adapter)
