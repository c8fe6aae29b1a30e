"""The town library: what `openapi.yaml` describes, with its books, members and loans in memory."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Body, FastAPI, HTTPException

TODAY = date(2026, 11, 22)
BOOKS: dict[str, dict[str, Any]] = {
    f"book_{n}": {"id": f"book_{n}", "title": title, "author": author, "genre": genre}
    for n, (title, author, genre) in enumerate(
        [
            ("The Dispossessed", "Ursula K. Le Guin", "novel"),
            ("The Left Hand of Darkness", "Ursula K. Le Guin", "novel"),
            ("Cosmos", "Carl Sagan", "science"),
            ("SPQR", "Mary Beard", "history"),
        ],
        1,
    )
}


def library() -> FastAPI:
    """A library that nobody has borrowed from yet."""
    app = FastAPI(openapi_url=None)
    loans: dict[str, dict[str, Any]] = {}

    @app.get("/books")
    async def find_books(
        title: str | None = None, author: str | None = None, genre: str | None = None
    ) -> list[dict[str, Any]]:
        wanted = {"title": title, "author": author, "genre": genre}
        return [
            book
            for book in BOOKS.values()
            if all(book[name] == value for name, value in wanted.items() if value is not None)
        ]

    @app.get("/books/{book_id}")
    async def get_book(book_id: str) -> dict[str, Any]:
        return _found(BOOKS, book_id)

    @app.get("/members/{member_id}")
    async def get_member(member_id: str) -> dict[str, Any]:
        return {"id": member_id, "name": "Ada Lovelace", "member_since": "2019-04-01"}

    @app.get("/loans")
    async def list_loans(member_id: str) -> list[dict[str, Any]]:
        return [loan for loan in loans.values() if loan["member_id"] == member_id]

    @app.post("/loans", status_code=201)
    async def lend_book(
        book_id: Annotated[str, Body()],
        member_id: Annotated[str, Body()],
        weeks: Annotated[int, Body(ge=1, le=6)] = 3,
    ) -> dict[str, Any]:
        _found(BOOKS, book_id)
        loan_id = f"loan_{len(loans) + 1}"
        loans[loan_id] = {"id": loan_id, "book_id": book_id, "member_id": member_id}
        return _extended(loans[loan_id], weeks)

    @app.get("/loans/{loan_id}")
    async def get_loan(loan_id: str) -> dict[str, Any]:
        return _found(loans, loan_id)

    @app.patch("/loans/{loan_id}")
    async def extend_loan(
        loan_id: str, weeks: Annotated[int, Body(ge=1, le=6, embed=True)]
    ) -> dict[str, Any]:
        return _extended(_found(loans, loan_id), weeks)

    @app.delete("/loans/{loan_id}", status_code=204)
    async def give_back(loan_id: str) -> None:
        _found(loans, loan_id)
        del loans[loan_id]

    return app


def _found(things: dict[str, dict[str, Any]], thing_id: str) -> dict[str, Any]:
    if thing_id not in things:
        raise HTTPException(404, f"there is no {thing_id}")
    return things[thing_id]


def _extended(loan: dict[str, Any], weeks: int) -> dict[str, Any]:
    loan |= {"weeks": weeks, "due_on": (TODAY + timedelta(weeks=weeks)).isoformat()}
    return loan
