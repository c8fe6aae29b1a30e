"""The `callsign` program. Its commands are the entry points of group ``callsign.commands``."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

from tools.errors import CallsignError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNUSABLE = (
    FileExistsError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError
)  # fmt: skip
"""What a path may be that somebody named."""
_HELP = "An API-calling agent you can trust with a booking."


def main() -> None:
    """Run the command that the arguments name; an error of ours ends it with one plain line."""
    try:
        build(sys.argv[1:])()
    except CallsignError as error:
        typer.secho(f"callsign: {error}", fg="red", err=True)
        raise SystemExit(1) from error
    except OSError as error:
        if not (told := _told(error)):
            raise
        typer.secho(f"callsign: {told}", fg="red", err=True)
        raise SystemExit(1) from error


def _told(error: OSError) -> str:
    """What a person can do about it; "" where that is not known."""
    if error.errno in _NO_ROOM:
        where = f" for {error.filename}" if error.filename else ""
        return f"the disk is full: there is no room{where}; free some and try again"
    if isinstance(error, _UNUSABLE) and error.filename:
        return f"{error.filename} cannot be used ({error.strerror}); name another place"
    return ""


def build(arguments: list[str]) -> typer.Typer:
    """The program with the one command that is asked for, or with all of them for its help.

    What a command imports may be large (a model's runtime) or not installed (an extra), which
    must not slow or break the others.
    """
    app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    found = {point.name: point for point in entry_points(group="callsign.commands")}
    wanted = next((argument for argument in arguments if not argument.startswith("-")), "")
    for name in [wanted] if wanted in found else sorted(found):
        _add(app, name, found[name])
    return app


def _add(app: typer.Typer, name: str, point: EntryPoint) -> None:
    try:
        command: Any = point.load()
    except ImportError as error:
        app.command(name, help=f"Not available here: {error}")(_unavailable(name, error))
        return
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


def _unavailable(name: str, error: ImportError) -> Callable[[], None]:
    def command() -> None:
        raise CallsignError(f"{name} needs a package that is not installed: {error}")

    return command
