from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from agent import models
from agent.engines.embedded import EmbeddedEngine, EmbeddedOptions
from agent.models import ModelFiles
from tests.agent.models import tiny


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    folder = tmp_path_factory.mktemp("tiny")
    return models.convert(tiny.write(folder / "tiny.gguf"), out=folder / "model")


@pytest.fixture
async def engine(tiny_files: ModelFiles) -> AsyncIterator[EmbeddedEngine]:
    loaded = await EmbeddedEngine.load(tiny_files, EmbeddedOptions(cache_tokens=2048))
    yield loaded
    await loaded.aclose()
