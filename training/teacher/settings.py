"""Where the teacher is, what it costs, and how patiently it is asked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field, HttpUrl, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tools.errors import DataError


class TeacherSettings(BaseSettings):
    """Settings, each also an environment variable ``CALLSIGN_TEACHER_<NAME>``.

    `url` is the base URL of any OpenAI-compatible server, ending in ``/v1``. Prices are per million
    tokens in `currency`; without both, tokens are counted and money is not. `concurrency` bounds
    the requests that one process has under way, `attempts` how often one request is sent, and
    `tries` how often the teacher may answer one question before it counts as unanswered.
    """

    model_config = SettingsConfigDict(
        env_prefix="CALLSIGN_TEACHER_", env_file=".env", extra="ignore", frozen=True
    )

    url: HttpUrl
    model: str = Field(min_length=1)
    key: SecretStr | None = None
    price_prompt: Decimal | None = Field(None, ge=0)
    price_completion: Decimal | None = Field(None, ge=0)
    currency: str = "USD"
    answers: Path = Path(".var", "teacher.sqlite")
    concurrency: int = Field(8, ge=1)
    timeout_s: float = Field(120.0, gt=0)
    attempts: int = Field(8, ge=1)
    tries: int = Field(3, ge=1)


def teacher_settings(**flags: Any) -> TeacherSettings:
    """The settings of the environment, with those flags in place of it that are not None.

    Raises `DataError` that names what is missing or wrong, and never shows a key.
    """
    try:
        return TeacherSettings(**{name: flag for name, flag in flags.items() if flag is not None})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        said = "; ".join(
            f"CALLSIGN_TEACHER_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
            for fault in faults
        )
        raise DataError(f"the teacher is not set up: {said}") from error
