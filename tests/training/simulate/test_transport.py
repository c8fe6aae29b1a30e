"""A simulated API answers like one that has a memory, and always the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import jsonschema_rs
import pytest
import pytest_asyncio

from tests.training.library.document import tools
from tools.executor import Api, Executor
from tools.outcome import Failure, Outcome, Success
from training.simulate import SimulatorTransport, base_url


class Library:
    """A simulated library, its calls by name."""

    def __init__(self, seed: int = 7) -> None:
        self.transport = SimulatorTransport(tools().values(), seed)
        self.client = httpx.AsyncClient(transport=self.transport, base_url=base_url("library"))
        self._executor = Executor({"library": Api(base_url("library"))}, client=self.client)

    async def call(self, name: str, *, sandbox: str = "a", **arguments: Any) -> Outcome:
        headers = {"X-Sandbox": sandbox}
        return await self._executor.execute(tools()[name], arguments, headers=headers)

    async def body(self, name: str, *, sandbox: str = "a", **arguments: Any) -> Any:
        outcome = await self.call(name, sandbox=sandbox, **arguments)
        assert isinstance(outcome, Success), outcome
        return outcome.body


@pytest_asyncio.fixture
async def library() -> AsyncIterator[Library]:
    made = Library()
    yield made
    await made.client.aclose()


async def status(library: Library, name: str, **arguments: Any) -> int:
    outcome = await library.call(name, **arguments)
    assert isinstance(outcome, Success | Failure)
    return outcome.status


LOAN = {"book_id": "book_7", "member_id": "M1", "weeks": 2}


class TestMemory:
    async def test_what_was_made_can_be_read(self, library: Library):
        loan = await library.body("lendBook", **LOAN)
        assert loan.items() >= LOAN.items()
        assert await library.body("getLoan", loan_id=loan["id"]) == loan

    async def test_what_was_changed_has_changed_and_the_rest_has_not(self, library: Library):
        loan = await library.body("lendBook", **LOAN)
        changed = await library.body("extendLoan", loan_id=loan["id"], weeks=5)
        assert changed == {**loan, "weeks": 5}
        assert await library.body("getLoan", loan_id=loan["id"]) == changed

    async def test_what_was_deleted_is_gone_for_every_operation(self, library: Library):
        loan = await library.body("lendBook", **LOAN)
        assert await status(library, "giveBack", loan_id=loan["id"]) == 204
        assert await status(library, "getLoan", loan_id=loan["id"]) == 404
        assert await status(library, "extendLoan", loan_id=loan["id"], weeks=1) == 404
        assert await status(library, "giveBack", loan_id=loan["id"]) == 404

    async def test_a_list_shows_what_was_made_and_not_what_was_deleted(self, library: Library):
        before = await library.body("listLoans", member_id="M1")
        loan = await library.body("lendBook", **LOAN)
        assert await library.body("listLoans", member_id="M1") == [loan, *before]
        assert loan not in await library.body("listLoans", member_id="M2")
        await library.call("giveBack", loan_id=before[0]["id"])
        assert await library.body("listLoans", member_id="M1") == [loan, *before[1:]]

    async def test_a_list_shows_what_was_asked_for_and_so_does_reading_it(self, library: Library):
        found = await library.body("findBooks", genre="history", author="Mary Beard")
        assert {(book["genre"], book["author"]) for book in found} == {("history", "Mary Beard")}
        for book in found:
            assert await library.body("getBook", book_id=book["id"]) == book

    async def test_making_the_same_twice_makes_two(self, library: Library):
        first, second = [await library.body("lendBook", **LOAN) for _ in range(2)]
        assert first["id"] != second["id"]


class TestSandboxes:
    async def test_what_happens_in_one_is_not_seen_in_another(self, library: Library):
        loan = await library.body("lendBook", **LOAN)
        await library.call("giveBack", loan_id=loan["id"])
        assert await status(library, "getLoan", sandbox="b", loan_id=loan["id"]) == 200

    async def test_a_fork_stands_as_its_original_and_goes_its_own_way(self, library: Library):
        loan = await library.body("lendBook", **LOAN)
        library.transport.fork("library", "a", "b")
        assert await library.body("getLoan", sandbox="b", loan_id=loan["id"]) == loan
        await library.call("giveBack", sandbox="b", loan_id=loan["id"])
        assert await library.body("getLoan", loan_id=loan["id"]) == loan

    async def test_a_forgotten_one_is_as_if_never_used(self, library: Library):
        loan = await library.body("lendBook", **LOAN)
        library.transport.forget(["a"])
        assert loan not in await library.body("listLoans", member_id="M1")


class TestSameAnswers:
    CALLS = (
        ("getMember", {"member_id": "M1"}),
        ("findBooks", {"genre": "poetry"}),
        ("lendBook", LOAN),
        ("getBook", {"book_id": "book_7"}),
    )

    async def answers(self, library: Library, order: list[int]) -> list[Any]:
        made = {n: await library.body(*self.CALLS[n][:1], **self.CALLS[n][1]) for n in order}
        return [made[n] for n in sorted(made)]

    @pytest.mark.parametrize("order", [[3, 2, 1, 0], [1, 3, 0, 2]])
    async def test_whatever_the_order(self, library: Library, order: list[int]):
        assert await self.answers(library, [0, 1, 2, 3]) == await self.answers(Library(), order)

    async def test_another_seed_is_another_world(self, library: Library):
        found = await library.body("findBooks", genre="poetry")
        assert found != await Library(8).body("findBooks", genre="poetry")


class TestAnswers:
    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("findBooks", {"title": "Cosmos"}),
            ("getBook", {"book_id": "book_7"}),
            ("getMember", {"member_id": "M1"}),
            ("listLoans", {"member_id": "M1"}),
            ("lendBook", LOAN),
            ("extendLoan", {"loan_id": "loan_1", "weeks": 1}),
        ],
    )
    async def test_they_keep_the_response_schema(
        self, library: Library, name: str, arguments: dict[str, Any]
    ):
        returns = tools()[name].returns
        assert returns is not None
        body = await library.body(name, **arguments)
        assert jsonschema_rs.is_valid(dict(returns), body, validate_formats=True)

    async def test_ids_say_what_they_are_of(self, library: Library):
        found = await library.body("listLoans", member_id="M1")
        assert all(loan["id"].startswith("loan_") for loan in found)
        assert all(loan["book_id"].startswith(("book_", "B")) for loan in found)

    async def test_a_request_that_breaks_the_schema_is_a_problem_with_pointers(
        self, library: Library
    ):
        response = await library.client.post("/loans", json={"book_id": "b", "weeks": 9})
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        assert {fault["pointer"] for fault in response.json()["errors"]} == {"", "/weeks"}

    @pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PUT", "/books/1")])
    async def test_what_is_not_there_is_404(self, library: Library, method: str, path: str):
        response = await library.client.request(method, path)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    async def test_another_api_is_not_there(self, library: Library):
        response = await library.client.get("http://elsewhere.simulated/books")
        assert response.status_code == 404


async def test_what_the_document_shows_is_what_many_things_are_like():
    book = tools()["getBook"]
    assert book.returns is not None
    shown = {"id": "x", "title": "Kindred", "author": "Octavia Butler", "genre": "novel"}
    told = replace(book, returns={**book.returns, "examples": [shown]})
    transport = SimulatorTransport([told], 1)
    async with httpx.AsyncClient(transport=transport, base_url=base_url("library")) as client:
        found = [(await client.get(f"/books/book_{n}")).json() for n in range(20)]
    titles = [one["title"] for one in found]
    assert 4 < titles.count("Kindred") < 16
    assert [one["id"] for one in found] == [f"book_{n}" for n in range(20)]
