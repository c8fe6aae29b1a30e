"""Sandboxes and the errors of every mock service, shown on the flights API."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.tools.mock.conftest import Serve, running_in_thread
from tools.mock.core.app import Settings
from tools.mock.flights.api import create_flights_app

WORLD = {"id": "w", "seed": 7, "now": "2026-06-01T11:00:00+02:00"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_in_thread(create_flights_app(Settings())) as url:
        yield url


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url) as client:
        await client.delete("/sandboxes/w")
        await client.delete("/sandboxes/copy")
        yield client


async def test_a_sandbox_lives_from_post_to_delete(http: httpx.AsyncClient) -> None:
    made = await http.post("/sandboxes", json=WORLD)
    assert made.status_code == 201
    assert made.json() == {
        "id": "w",
        "seed": 7,
        "now": "2026-06-01T09:00:00Z",
        "faults": {"once": [], "rates": {}},
    }
    assert (await http.get("/sandboxes/w")).json() == made.json()
    moved = await http.patch("/sandboxes/w", json={"now": "2026-07-01T00:00:00Z"})
    assert moved.json() == made.json() | {"now": "2026-07-01T00:00:00Z"}
    assert (await http.delete("/sandboxes/w")).status_code == 204
    assert (await http.get("/sandboxes/w")).json()["code"] == "not_found"


async def test_a_sandbox_is_made_once(http: httpx.AsyncClient) -> None:
    answers = [await http.post("/sandboxes", json=WORLD) for _ in range(2)]
    assert answers[1].status_code == 409
    assert answers[1].json()["code"] == "sandbox_exists"


async def test_a_fork_needs_a_source_and_a_free_name(http: httpx.AsyncClient) -> None:
    missing = await http.post("/sandboxes/w/fork", json={"id": "copy"})
    assert missing.json()["code"] == "not_found"
    await http.post("/sandboxes", json=WORLD)
    taken = await http.post("/sandboxes/w/fork", json={"id": "default"})
    assert taken.json()["code"] == "sandbox_exists"
    copy = await http.post("/sandboxes/w/fork", json={"id": "copy"})
    assert copy.json() == (await http.get("/sandboxes/w")).json() | {"id": "copy"}


async def test_the_default_sandbox_is_there_and_stays(http: httpx.AsyncClient) -> None:
    assert (await http.get("/sandboxes/default")).json()["seed"] == 0
    assert (await http.delete("/sandboxes/default")).json()["code"] == "sandbox_protected"


async def test_many_sandboxes_are_forgotten_at_once(http: httpx.AsyncClient) -> None:
    await http.post("/sandboxes", json=WORLD)
    await http.post("/sandboxes/w/fork", json={"id": "copy"})
    cleared = await http.post("/sandboxes/clear", json={"ids": ["w", "copy", "nowhere"]})
    assert cleared.status_code == 204
    for name in ("w", "copy"):
        assert (await http.get(f"/sandboxes/{name}")).json()["code"] == "not_found"
    protected = await http.post("/sandboxes/clear", json={"ids": ["default"]})
    assert protected.json()["code"] == "sandbox_protected"


async def test_an_unknown_sandbox_is_not_found(http: httpx.AsyncClient) -> None:
    answer = await http.get("/orders", headers={"X-Sandbox": "nowhere"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": "a b"}, "/id"),
        ({"seed": "7"}, "/seed"),
        ({"now": "2026-06-01T09:00:00"}, "/now"),
        ({"now": None}, "/now"),
        ({"now": "9999-01-01T00:00:00Z"}, "/now"),
        ({"faults": {"rates": {"slow": 2}}}, "/faults/rates/slow"),
        ({"faults": {"once": [{"operation": "x", "fault": "fire"}]}}, "/faults/once/0/fault"),
    ],
)
async def test_a_bad_sandbox_is_refused_with_a_pointer(
    http: httpx.AsyncClient, change: dict[str, object], pointer: str
) -> None:
    answer = await http.post("/sandboxes", json=WORLD | change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/places/", 404, "not_found"),
        ("DELETE", "/orders", 405, "method_not_allowed"),
        ("GET", "/orders?limit=many", 422, "validation_failed"),
    ],
)
async def test_every_refusal_is_a_problem_document(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path, headers={"X-Request-Id": "mine-1"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() >= {"type", "title", "status", "detail", "code", "retryable"}
    assert (problem["status"], problem["code"], problem["request_id"]) == (status, code, "mine-1")
    assert ("allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize("path", ["/offers/search", "/sandboxes"])
@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"\xff", 422), (b'{"a": NaN}', 422), (b"[]", 422), (b"x" * 70_000, 413)],
)
async def test_unreadable_bodies_are_refused(
    http: httpx.AsyncClient, path: str, body: bytes, status: int
) -> None:
    json = {"Content-Type": "application/json"}
    answer = await http.post(path, content=body, headers=json)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_file_keeps_what_was_booked_over_a_restart(serve: Serve, tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite+aiosqlite:///{tmp_path / 'flights.db'}")
    first = await serve(create_flights_app(settings))
    await first.post("/sandboxes", json=WORLD)
    again = await serve(create_flights_app(settings))
    assert (await again.get("/sandboxes/w")).json()["seed"] == 7
