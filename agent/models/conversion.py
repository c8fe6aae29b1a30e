"""From a checkpoint, and perhaps a LoRA adapter, to what the embedded engine loads."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import openvino as ov

from agent.models.adapter import Adapter
from agent.models.base import find, open_checkpoint
from agent.models.checkpoint import Checkpoint, identity, module_names
from agent.models.files import (
    GRAPH,
    Manifest,
    ModelFiles,
    Progress,
    alone_in,
    digest,
    home,
    is_converted,
    quietly,
    read_manifest,
    write_manifest,
)
from agent.models.folder import ModelFolder, is_model_folder
from agent.models.llama import build
from agent.models.provenance import Provenance, check_prompt
from agent.models.source import check_free, checked_tokenizer
from agent.models.tensors import Floats
from tools.errors import ModelError


def ensure(
    base: Path | None = None, adapter: Path | None = None, progress: Progress = quietly
) -> ModelFiles:
    """The converted model, fetched and converted only as far as it is not there yet.

    `base` is anything that `agent.models.base.find` takes (None: the default model), or a folder
    that `convert` wrote; `adapter` is a peft folder. Raises `ModelError`.
    """
    if base is not None and base.is_dir() and not is_model_folder(base):
        return _converted(base, adapter)
    return convert(find(base, progress), adapter, progress=progress)


def convert(
    base: Path, adapter: Path | None = None, out: Path | None = None, progress: Progress = quietly
) -> ModelFiles:
    """Convert `base`, with `adapter` merged into it, unless that was done before.

    `out` is the folder to write, by default one of `home`'s; what was converted there before is
    replaced, anything else is kept. Raises `ModelError`, also for what was converted before, where
    base, adapter and prompt format do not belong together.
    """
    opened = Adapter(adapter) if adapter else None
    quick = digest(base) if base.is_file() else None
    checkpoint = open_checkpoint(base) if quick is None else None
    manifest = Manifest(
        name=_name(base, opened),
        base=quick or (checkpoint.digest() if checkpoint else ""),
        adapter=opened.weights_digest if opened else None,
        context=0,
        scale=opened.scale if opened else None,
    )
    if out and not is_converted(out):
        check_free(out)
    directory = out or home() / _folder(manifest)
    if _is_done(directory, manifest, opened):
        return ModelFiles.open(directory)
    checkpoint = checkpoint or open_checkpoint(base)
    context, prompt = _examine(checkpoint, opened)
    made = replace(manifest, context=context, prompt=prompt, origin=identity(checkpoint))
    directory.parent.mkdir(parents=True, exist_ok=True)
    with alone_in(directory.parent):
        # Another process may have converted it while this one waited.
        if not _is_done(directory, manifest, opened):
            _write_whole(checkpoint, opened, directory, made, progress)
    return ModelFiles.open(directory)


def _is_done(directory: Path, manifest: Manifest, adapter: Adapter | None) -> bool:
    known = read_manifest(directory)
    return bool(known and _same_sources(known, manifest) and _still_fits(known, adapter, directory))


def _converted(directory: Path, adapter: Path | None) -> ModelFiles:
    manifest = read_manifest(directory)
    if manifest is None:
        open_checkpoint(directory)
        return ModelFiles.open(directory)
    if adapter is not None:
        raise ModelError(
            f"{directory} is converted already; name the model that it was made from to add an "
            "adapter"
        )
    _check_prompt(manifest, directory)
    return ModelFiles.open(directory)


def _examine(checkpoint: Checkpoint, adapter: Adapter | None) -> tuple[int, str]:
    """The context in tokens and the prompt format, once everything is found to fit."""
    if isinstance(checkpoint, ModelFolder) and checkpoint.scaled_rope:
        raise ModelError(
            f"{checkpoint.path} scales its rotary embeddings, which the embedded engine does not; "
            "serve it with callsign model serve instead"
        )
    if checkpoint.provenance:
        check_prompt(checkpoint.provenance, checkpoint.path)
    if adapter:
        adapter.check(checkpoint)
        return checkpoint.config.context, adapter.provenance.prompt
    return checkpoint.config.context, checkpoint.provenance.prompt if checkpoint.provenance else ""


def _still_fits(known: Manifest, adapter: Adapter | None, directory: Path) -> bool:
    """Whether what was converted need not be examined again; prompts may have changed since."""
    if adapter is None:
        _check_prompt(known, directory)
        return True
    said = adapter.provenance
    # One that was signed anew is converted anew, or it would be refused for what it was.
    return (said.base, said.prompt) == (known.origin, known.prompt)


def _check_prompt(manifest: Manifest, directory: Path) -> None:
    check_prompt(Provenance(manifest.base, manifest.name, manifest.prompt), directory)


def _write_whole(
    checkpoint: Checkpoint, adapter: Adapter | None, directory: Path, manifest: Manifest,
    progress: Progress,
) -> None:  # fmt: skip
    part = Path(mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))
    try:
        _write(checkpoint, adapter, part, progress)
        write_manifest(part, manifest)
        shutil.rmtree(directory, ignore_errors=True)
        part.replace(directory)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(
    checkpoint: Checkpoint, adapter: Adapter | None, directory: Path, progress: Progress
) -> None:
    modules = sum(1 for _ in module_names(checkpoint.config))
    done = 0

    def weight(name: str) -> Floats:
        nonlocal done
        value = checkpoint.weight(name)
        if name.endswith("_proj"):
            done += 1
            progress("converting", done, modules)
        return adapter.merged(name, value) if adapter else value

    model = build(checkpoint.config, weight, tied_embeddings=checkpoint.tied_embeddings)
    checked_tokenizer(checkpoint).save(str(directory / "tokenizer.json"))
    ov.save_model(model, directory / GRAPH, compress_to_fp16=False)


def _name(base: Path, adapter: Adapter | None) -> str:
    name = base.resolve().name.removesuffix(".gguf").lower()
    return f"{name}+{adapter.name}" if adapter else name


def _folder(manifest: Manifest) -> str:
    sources = [manifest.base[:8]] + ([manifest.adapter[:8]] if manifest.adapter else [])
    return "-".join([manifest.name, *sources])


def _same_sources(found: Manifest, wanted: Manifest) -> bool:
    return (found.base, found.adapter, found.scale) == (wanted.base, wanted.adapter, wanted.scale)
