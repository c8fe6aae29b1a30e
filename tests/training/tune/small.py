"""A tiny random LLaMA with a real tokenizer, and a dataset of a few conversations."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson

from tests.agent.models import tiny

SYSTEM = "the rules and the tools of this API, on a line or two\nfind(query: str) - Find"


def base(folder: Path) -> Path:
    return tiny.write(folder / "tiny.gguf")


def act(name: str, **arguments: Any) -> dict[str, str]:
    return said("assistant", orjson.dumps({"name": name, "arguments": arguments}).decode())


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def chain(number: int, system: str = SYSTEM) -> list[dict[str, str]]:
    return [
        said("system", system),
        said("user", f"the {number} things, please\n(Sun 2026-11-22 09:00; the={number})"),
        act("find", query=f"the {number}"),
        said("tool", f"c1 find: {number} results\nthe_{number} the thing"),
        act("present", result="c1"),
        said("user", "thanks"),
        act("finish", topic="thanks"),
    ]


def mend(number: int, system: str = SYSTEM) -> list[dict[str, str]]:
    return [
        *chain(number, system)[:2],
        act("find", colour="red"),
        said("tool", "c1 find: not cleared\nunknown_parameter /colour"),
        act("find", query=f"the {number}"),
    ]


def dataset(folder: Path, chains: int = 6, systems: int = 1) -> Path:
    """As `callsign data build` exports it: chains, and of every second one a mend and an ask."""
    rows: dict[str, list[dict[str, Any]]] = {"chains": [], "mends": [], "asks": []}
    for number in range(chains):
        system = SYSTEM + f" {number % systems}" * bool(number % systems)
        name, told = f"t/{number}", chain(number, system)
        about = {"chain": name, "template": "t", "language": "en"}
        rows["chains"].append({"messages": told, "id": name, **about})
        if number % 2 == 0:
            mended = mend(number, system)
            rows["mends"].append(
                {"prompt": mended[:-1], "completion": mended[-1:], "id": f"{name}.m", **about}
            )
            rows["asks"].append(
                {"prompt": told[:4], "completion": told[4:5], "id": f"{name}.a", **about}
            )
    for kind, lines in rows.items():
        write(folder, kind, lines)
    return folder


def write(folder: Path, kind: str, lines: list[dict[str, Any]]) -> None:
    path = folder / "export" / "trl" / kind / "train.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"".join(orjson.dumps(one) + b"\n" for one in lines)))
