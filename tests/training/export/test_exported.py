"""A finished export: the files load, the same chains give the same bytes, and the card is true."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import orjson
import pytest
import yaml

from tests.training.export.places import Known, build
from tests.training.pipeline.toys import files
from tools.errors import DataError
from training.annotate.practice import PracticePlace
from training.export.check import Checked, check, check_files, compare
from training.export.sample import Sample
from training.live import LiveApis
from training.live.place import LivePlace
from training.pipeline import read_manifests
from training.records import Chain

pytestmark = pytest.mark.filterwarnings(
    # `datasets` leaves its cache's files to the garbage collector.
    "ignore::ResourceWarning"
)


def test_the_same_chains_give_the_same_bytes(
    exported: Path, chains: Mapping[str, Chain], place: PracticePlace, tmp_path: Path
) -> None:
    # What an earlier build left behind changes nothing.
    build(tmp_path, (chains["en-scope-1"],), place)
    build(tmp_path, tuple(chains.values()), place)
    assert files(tmp_path) == files(exported)


@pytest.mark.asyncio(loop_scope="session")
async def test_every_row_loads_renders_and_is_cleared(
    exported: Path, place: PracticePlace, rows: tuple[Sample, ...]
) -> None:
    checked = await check(exported, [Known(place)])
    assert checked.faults == []
    told = sum(bool(row.dialogue) for row in rows)
    assert checked.counts["rows of data loaded"] == len(rows)
    assert checked.counts["rows of trl loaded"] == len(rows)
    assert checked.counts["rows of openai loaded"] == told
    assert checked.counts["rows rendered"] == len(rows)
    assert checked.counts["rows made once more"] == len(rows)
    assert checked.counts["calls cleared once more"] > 20


def test_rows_of_running_apis_are_made_once_more_without_them(
    chains: Mapping[str, Chain], place: PracticePlace, tmp_path: Path
) -> None:
    chain = chains["en-look-2"]
    reads = tuple(tool for tool in place.catalog(chain.instruction).specs if tool.effect == "read")
    live = replace(chain, instruction=replace(chain.instruction, live=True, specs=reads))
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    build(tmp_path, (live,), LivePlace(LiveApis({}), client))
    checked = asyncio.run(check(tmp_path))
    assert checked.faults == []
    assert checked.counts["rows made once more"] > 0


def test_a_damaged_act_is_found(exported: Path, tmp_path: Path) -> None:
    from pyarrow import parquet  # noqa: PLC0415 - heavy, and only here

    path = tmp_path / "data" / "asks" / "train.parquet"
    path.parent.mkdir(parents=True)
    whole = next(exported.joinpath("export", "data", "asks").glob("*.parquet"))
    table = parquet.read_table(whole)
    rows = table.to_pylist()
    rows[0]["completion"][0]["content"] = "Sure!"
    parquet.write_table(type(table).from_pylist(rows, schema=table.schema), path)
    checked = Checked()
    check_files(tmp_path, checked)
    assert checked.faults == [f"{rows[0]['id']}: an act that is no call: 'Sure!'"]


def test_another_row_than_its_chain_makes_is_found(rows: tuple[Sample, ...]) -> None:
    checked = Checked()
    compare(rows, rows[:-1], checked)
    assert checked.faults == [f"{rows[-1].id}: the chains make another row"]


@pytest.mark.asyncio(loop_scope="session")
async def test_nothing_to_check_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no build"):
        await check(tmp_path)
    with pytest.raises(DataError, match="holds no exported files"):
        check_files(tmp_path, Checked())


def test_the_card_tells_what_is_there(exported: Path, rows: tuple[Sample, ...]) -> None:
    folder = exported / "export"
    card = (folder / "README.md").read_text("utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert head["license"] == "apache-2.0"
    assert head["language"] == sorted({row.language for row in rows})
    named = {one["path"] for it in head["configs"] for one in it["data_files"]}
    assert named == {
        path.relative_to(folder).as_posix() for path in folder.glob("data/*/*.parquet")
    }
    assert f"{len(rows):,} rows" in card
    manifest = read_manifests(exported)["select"]
    assert f"| select | {manifest.rows_in} | {manifest.kept} | none |" in card
    assert manifest.digest in card
    for picture in ("funnel", "decisions", "depth"):
        assert f"pictures/{picture}.svg" in card
        assert (folder / "pictures" / f"{picture}.svg").read_text("utf-8").startswith("<svg")


def test_lines_are_the_rows_of_their_set_and_split(
    exported: Path, rows: tuple[Sample, ...]
) -> None:
    for path in (exported / "export" / "trl").rglob("*.jsonl.gz"):
        with gzip.open(path) as file:
            found = [orjson.loads(line)["id"] for line in file]
        kind, split = path.parent.name, path.name.partition(".")[0]
        assert found == [row.id for row in rows if (row.set, row.split) == (kind, split)]
