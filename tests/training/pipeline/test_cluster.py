"""A Ray cluster on this machine makes what one process makes. Run by `make test-ray`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.pipeline.toys import Closed, Number, Triple, build, files, steps
from tools.errors import StageFailed
from training.pipeline import StageFolder, Step
from training.pipeline.engines.cluster import RayEngine

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """The engine starts the cluster itself; every test uses that one."""
    yield
    ray.shutdown()


def test_two_workers_make_the_same_bytes_as_one_process(tmp_path: Path):
    build(tmp_path / "local").run()
    build(tmp_path / "ray", engine=RayEngine(2)).run()
    assert files(tmp_path / "ray") == files(tmp_path / "local")


def test_what_one_engine_began_the_other_goes_on_with(tmp_path: Path):
    with pytest.raises(StageFailed, match="KeyError: 'n58'"):
        build(tmp_path / "ray", steps(triple=Triple(raises_at=59)), engine=RayEngine(2)).run()
    assert StageFolder(tmp_path / "ray", "triple").done()
    build(tmp_path / "ray").run()
    build(tmp_path / "local").run()
    assert files(tmp_path / "ray") == files(tmp_path / "local")


def test_a_worker_that_dies_ends_the_build_and_says_so(tmp_path: Path):
    fatal = steps(triple=Triple(dies_at=38, dies=str(tmp_path / "died")))
    with pytest.raises(StageFailed, match="a Ray worker of stage triple is gone"):
        build(tmp_path / "out", fatal, engine=RayEngine(2)).run()


def test_a_stage_that_cannot_open_says_why(tmp_path: Path):
    made = (*steps()[:1], Step(Closed(), Number, after=("count",)))
    with pytest.raises(StageFailed, match="no server answers"):
        build(tmp_path, made, engine=RayEngine(1)).run()
