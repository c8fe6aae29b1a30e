"""What every store promises, said once and held against all of them."""

from __future__ import annotations

import asyncio

import pytest

from agent.events import CallObserved, ConversationStarted, Event, UserMessage, WriteIntended
from agent.stores import ConversationStore, Link
from tools.errors import ConcurrentTurn, ConversationNotFound

STARTED = ConversationStarted(sandbox="default", created_at="2027-03-01T12:00:00Z")


def said(content: str) -> UserMessage:
    return UserMessage(content=content, now="2027-03-01T12:00:00Z", language="en")


async def start(store: ConversationStore, *names: str) -> None:
    for name in names:
        await store.append(name, 0, [STARTED])


class TestAppending:
    async def test_gives_back_what_was_appended_in_order(self, store: ConversationStore) -> None:
        observed = CallObserved(call_id="c1", ok=True, status=200, result={"price": "412.30"})
        await store.append("a", 0, [STARTED, said("Köln'e bilet 🛫")])
        await store.append("a", 2, [observed])
        assert list(await store.load("a")) == [STARTED, said("Köln'e bilet 🛫"), observed]

    async def test_refuses_a_number_that_is_taken(self, store: ConversationStore) -> None:
        await store.append("a", 0, [STARTED, said("hello")])
        with pytest.raises(ConcurrentTurn):
            await store.append("a", 1, [said("late")])
        assert len(await store.load("a")) == 2

    async def test_refuses_to_leave_a_gap(self, store: ConversationStore) -> None:
        await start(store, "a")
        with pytest.raises(ConcurrentTurn):
            await store.append("a", 5, [said("early")])

    async def test_refuses_to_create_a_conversation_twice(self, store: ConversationStore) -> None:
        await start(store, "a")
        with pytest.raises(ConcurrentTurn):
            await start(store, "a")
        assert len(await store.load("a")) == 1

    async def test_refuses_to_continue_what_was_never_begun(self, store: ConversationStore) -> None:
        with pytest.raises(ConversationNotFound):
            await store.append("nobody", 1, [said("hello")])

    async def test_lets_exactly_one_of_many_win_a_number(self, store: ConversationStore) -> None:
        await start(store, "a")
        contenders = [store.append("a", 1, [said(str(n)), said("more")]) for n in range(8)]
        outcomes = await asyncio.gather(*contenders, return_exceptions=True)
        assert sum(outcome is None for outcome in outcomes) == 1
        assert sum(isinstance(outcome, ConcurrentTurn) for outcome in outcomes) == 7
        assert len(await store.load("a")) == 3

    async def test_keeps_conversations_apart_when_they_append_at_once(
        self, store: ConversationStore
    ) -> None:
        names = [f"c{n}" for n in range(20)]
        await asyncio.gather(*(store.append(name, 0, [STARTED, said(name)]) for name in names))
        for name in names:
            assert list(await store.load(name)) == [STARTED, said(name)]

    async def test_appending_nothing_changes_nothing(self, store: ConversationStore) -> None:
        await store.append("a", 0, [])
        with pytest.raises(ConversationNotFound):
            await store.load("a")


class TestListing:
    async def test_pages_from_the_newest_to_the_oldest(self, store: ConversationStore) -> None:
        await start(store, "a", "b", "c", "d", "e")
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(3):
            rows, cursor = await store.conversations(2, cursor)
            seen += [row.id for row in rows]
        assert (seen, cursor) == (["e", "d", "c", "b", "a"], None)

    async def test_a_page_is_not_moved_by_what_is_created_meanwhile(
        self, store: ConversationStore
    ) -> None:
        await start(store, "a", "b", "c")
        _, cursor = await store.conversations(1, None)
        await start(store, "d")
        rows, _ = await store.conversations(2, cursor)
        assert [row.id for row in rows] == ["b", "a"]

    async def test_titles_a_conversation_by_the_first_thing_said(
        self, store: ConversationStore
    ) -> None:
        await start(store, "a")
        await store.append("a", 1, [said("  a flight\n to\x00 Rome " + "x" * 200)])
        await store.append("a", 2, [said("and a hotel")])
        row = await store.summary("a")
        assert row.title.startswith("a flight to Rome xxx")
        assert len(row.title) == 80

    async def test_tells_when_a_conversation_was_made_and_last_changed(
        self, store: ConversationStore
    ) -> None:
        await start(store, "a")
        before = await store.summary("a")
        await store.append("a", 1, [said("hello")])
        after = await store.summary("a")
        assert before.created_at == after.created_at == STARTED.created_at
        assert before.updated_at < after.updated_at

    @pytest.mark.parametrize("cursor", ["x", "ÿ", "YmVmb3JlOi0x", "Zm9vOjE", "=", "YmVmb3Jl"])
    async def test_refuses_a_cursor_it_never_gave(
        self, store: ConversationStore, cursor: str
    ) -> None:
        with pytest.raises(ValueError, match="cursor"):
            await store.conversations(10, cursor)


class TestOwners:
    async def test_lists_only_what_is_theirs(self, store: ConversationStore) -> None:
        await start(store, "a", "b", "c")
        await store.assign("a", "ada")
        await store.assign("c", "bob")
        rows, _ = await store.conversations(10, None, owner="ada")
        assert [row.id for row in rows] == ["a"]
        assert [await store.owner(name) for name in "abc"] == ["ada", None, "bob"]

    async def test_knows_no_owner_of_the_unknown(self, store: ConversationStore) -> None:
        with pytest.raises(ConversationNotFound):
            await store.owner("nobody")
        with pytest.raises(ConversationNotFound):
            await store.assign("nobody", "ada")


class TestTranscripts:
    async def test_lead_to_their_conversations_oldest_first(self, store: ConversationStore) -> None:
        await start(store, "b", "a")
        await store.link("digest", "a", 1)
        await store.link("digest", "b", 1)
        await store.append("b", 1, [said("more")])
        assert list(await store.linked("digest")) == [Link("b", 1, 2), Link("a", 1, 1)]

    async def test_are_noted_once_for_each_conversation(self, store: ConversationStore) -> None:
        await start(store, "a")
        await store.link("digest", "a", 1)
        await store.link("digest", "a", 4)
        assert list(await store.linked("digest")) == [Link("a", 4, 1)]

    async def test_need_a_conversation(self, store: ConversationStore) -> None:
        with pytest.raises(ConversationNotFound):
            await store.link("digest", "nobody", 1)
        assert list(await store.linked("digest")) == []


class TestUnfinishedWrites:
    def intended(self, call: str = "c1") -> Event:
        return WriteIntended(call_id=call, idempotency_key="k1")

    def observed(self, call: str = "c1") -> Event:
        return CallObserved(call_id=call, ok=True, status=201, result={})

    async def test_are_those_intended_and_not_observed(self, store: ConversationStore) -> None:
        await start(store, "lost", "done", "read")
        await store.append("lost", 1, [self.intended("c1"), self.intended("c2")])
        await store.append("lost", 3, [self.observed("c1")])
        await store.append("done", 1, [self.intended()])
        await store.append("done", 2, [self.observed()])
        await store.append("read", 1, [self.observed()])
        assert list(await store.unfinished()) == ["lost"]

    async def test_may_be_closed_in_the_same_append(self, store: ConversationStore) -> None:
        await store.append("a", 0, [STARTED, self.intended(), self.observed()])
        assert list(await store.unfinished()) == []

    async def test_are_open_again_when_intended_again(self, store: ConversationStore) -> None:
        await store.append("a", 0, [STARTED, self.intended()])
        await store.append("a", 2, [self.observed(), self.intended()])
        assert list(await store.unfinished()) == ["a"]


class TestDeleting:
    async def test_forgets_everything_about_a_conversation(self, store: ConversationStore) -> None:
        await store.append("a", 0, [STARTED, WriteIntended(call_id="c", idempotency_key="k")])
        await store.link("digest", "a", 2)
        await store.delete("a")
        for forgotten in (store.load("a"), store.summary("a"), store.delete("a")):
            with pytest.raises(ConversationNotFound):
                await forgotten
        assert list(await store.unfinished()) == []
        assert list(await store.linked("digest")) == []

    async def test_leaves_the_others_alone(self, store: ConversationStore) -> None:
        await start(store, "a", "b")
        await store.delete("a")
        assert list(await store.load("b")) == [STARTED]


async def test_answers_a_ping_and_may_be_closed_twice(store: ConversationStore) -> None:
    await store.ping()
    await store.aclose()
    await store.aclose()
