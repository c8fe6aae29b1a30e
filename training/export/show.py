"""`callsign data show`: one chain as a tree, with the branches that failed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from training.export.page import page
from training.export.reading import Found, find
from training.export.story import Call, Left, Step, story

_PAGES = "pages"
_STYLES = {
    "user": "bold cyan",
    "act": "bold green",
    "result": "dim",
    "refused": "red",
    "approval": "yellow",
    "decided": "cyan",
    "reply": "default",
    "ended": "red",
}


def show_row(folder: Path, row_id: str, console: Console, *, html: bool = False) -> None:
    """Print the chain of a row of a build; with `html` write a page of it instead, and say where.

    Raises `DataError` when there is no such row.
    """
    found = find(folder, row_id)
    if not html:
        console.print(tree(found))
        return
    path = folder / _PAGES / f"{_file_name(found.chain.id)}.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(page(found), encoding="utf-8", newline="\n")
    console.print(f"written: {path}", highlight=False, soft_wrap=True)


def tree(found: Found) -> Tree:
    """The chain as a tree: turns, acts under them, and under each act what came of it."""
    top = Tree(_title(found), guide_style="dim")
    turn = top
    act = top
    for step in story(found.chain):
        if step.kind == "user":
            turn = act = top.add(f"[{_STYLES['user']}]{escape(step.text)}[/]")
            continue
        for left in step.left:
            _add_left(turn, left)
        if step.kind == "act":
            act = turn.add(_calls(step.calls, _STYLES["act"]))
            continue
        _add(turn if step.kind == "ended" else act, step)
    return top


def _add(where: Tree, step: Step) -> None:
    style = _STYLES[step.kind] if step.ok else "red"
    lines = "".join(f"\n[dim]{escape(line)}[/]" for line in step.lines if line)
    where.add(f"[{style}]{escape(step.text)}[/]{lines}")


def _add_left(where: Tree, left: Left) -> None:
    detail = f"\n[dim red]{escape(left.detail)}[/]" if left.detail else ""
    where.add(f"[red]✗ {escape(left.reason)}:[/] {_calls(left.calls, 'red')}{detail}")


def _calls(calls: Sequence[Call], style: str) -> str:
    return "\n".join(
        f"[{style}]{escape(call.name)}[/]{' ' if call.name else ''}{escape(call.arguments)}"
        for call in calls
    )


def _title(found: Found) -> str:
    chain, scenario = found.chain, found.chain.instruction.scenario
    effort = chain.effort
    told = [
        f"[bold]{escape(chain.id)}[/] {escape(scenario.template)} ({scenario.language})",
        f"{'solved' if chain.solved else 'not solved: ' + '; '.join(chain.unsolved)}"
        f"{', simulated' if chain.simulated else ''}; {effort.model_calls} model calls, "
        f"{effort.api_calls} API calls, {effort.failed_calls} failed",
    ]
    if found.fate:
        told.append(f"[red]{escape(found.fate)}[/]")
    told += [f"row {escape(row)} ({kind})" for row, kind in found.rows]
    return "\n".join(told)


def _file_name(chain_id: str) -> str:
    return "".join(one if one.isalnum() or one in "-_." else "_" for one in chain_id)
