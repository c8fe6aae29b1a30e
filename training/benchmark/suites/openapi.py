"""Suite `openapi`: single calls over tools of real API descriptions that no training saw.

`python -m training.benchmark.openapi.build` made the data; `training.benchmark.openapi.holdout`
says which providers it may use.
"""

from __future__ import annotations

from pathlib import Path

from training.benchmark.openapi.rows import read_rows
from training.benchmark.openapi.tasks import task_of
from training.benchmark.single import SingleSuite

NAME = "openapi"
DATA = Path(__file__).parent / "data" / "openapi.jsonl.gz"


def openapi_suite(path: Path = DATA) -> SingleSuite:
    """The suite over the rows of a file. Raises OSError and `pydantic.ValidationError`."""
    rows, digest = read_rows(path)
    return SingleSuite(NAME, digest, [task_of(row) for row in rows])
