"""The suites by name. Each is imported when it is asked for; a file of scenarios is one too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.errors import BenchmarkError
from training.benchmark.suite import Suite

SUITES = ("booking", "development", "bfcl", "openapi")
"""What can be asked for by name."""


def open_suites(names: Sequence[str], bfcl: Path | None = None) -> list[Suite]:
    """The suites of these names, in their order; a name that ends in ``.jsonl`` is a file's.

    `bfcl` is where the leaderboard's files are, if not in an installed `bfcl-eval`. Raises
    `tools.errors.BenchmarkError` for an unknown name, two suites of one name, and missing data.
    """
    suites = [_open(name, bfcl) for name in dict.fromkeys(names)]
    called = [suite.name for suite in suites]
    if twice := {name for name in called if called.count(name) > 1}:
        raise BenchmarkError(f"two suites are called {', '.join(sorted(twice))}; rename a file")
    return suites


def _open(name: str, bfcl: Path | None) -> Suite:
    # Imported here: what a suite needs is large, and may be an extra that is not installed.
    match name:
        case "booking":
            from training.benchmark.suites.booking import booking_suite  # noqa: PLC0415

            return booking_suite()
        case "development":
            from training.benchmark.suites.booking import development_suite  # noqa: PLC0415

            return development_suite()
        case "bfcl":
            from training.benchmark.suites.bfcl import bfcl_suite  # noqa: PLC0415

            return bfcl_suite(bfcl)
        case "openapi":
            from training.benchmark.suites.openapi import openapi_suite  # noqa: PLC0415

            return openapi_suite()
        case _ if name.endswith(".jsonl"):
            from training.benchmark.suites.booking import suite_from  # noqa: PLC0415

            return suite_from(Path(name))
        case _:
            raise BenchmarkError(
                f"there is no suite {name!r}; there are {', '.join(SUITES)}, and any path of a "
                ".jsonl file of scenarios"
            )
