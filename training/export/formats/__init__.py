"""The formats of others: each module turns a sample into what its readers expect of a line.

A line is None where the format has no words for the row: a preference pair in a format without
pairs, a conversation in one of single questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from training.export.formats.bfcl import bfcl_answer, bfcl_question
from training.export.formats.openai import openai
from training.export.formats.sharegpt import sharegpt
from training.export.formats.toolbench import toolbench
from training.export.formats.trl import trl
from training.export.formats.xlam import xlam
from training.export.sample import Sample

Line = Mapping[str, Any]

FORMATS: Mapping[str, Callable[[Sample], Line | None]] = {
    "trl": trl,
    "openai": openai,
    "sharegpt": sharegpt,
    "toolbench": toolbench,
    "xlam": xlam,
    "bfcl": bfcl_question,
    "bfcl/possible_answer": bfcl_answer,
}
"""Every format by the folder that its files go to, one file for each set and split."""
