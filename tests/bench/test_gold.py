"""Every development scenario can be solved: the evidence holds all that its gold acts need."""

import asyncio
from collections.abc import Sequence

import pytest

from bench.gold import Played, measure


@pytest.fixture(scope="module")
def played() -> Sequence[Played]:
    return asyncio.run(measure([]))


def test_every_gold_act_is_writable_and_cleared_and_every_goal_reached(
    played: Sequence[Played],
) -> None:
    assert len(played) == 45
    assert {one.id: one.problem for one in played if one.problem} == {}


def test_nothing_runs_that_was_not_cleared_or_approved(played: Sequence[Played]) -> None:
    audits = [one.audit for one in played]
    assert sum(audit.executed for audit in audits) > 0
    assert sum(audit.executed_though_rejected + audit.writes_unapproved for audit in audits) == 0
    assert sum(audit.world_without_log for audit in audits) == 0


def test_names_and_birth_dates_leave_nothing_to_mistake(played: Sequence[Played]) -> None:
    people = ("given_name", "family_name", "born_on", "contact_email")
    choices = [choice for one in played for choice in one.choices]
    mistakable = [c for c in choices if c.pointer.endswith(people) and c.wrong]
    assert choices
    assert mistakable == []


def test_an_unsaid_option_is_not_on_offer(played: Sequence[Played]) -> None:
    unsaid = ("cabin_class", "limit", "adults", "rooms", "max_stops", "max_price", "sort")
    choices = [choice for one in played for choice in one.choices if not choice.said]
    assert [choice for choice in choices if choice.pointer.endswith(unsaid)] == []
