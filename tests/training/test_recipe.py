"""Which stages a build has, by what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.live import LiveApis, LivePlaces
from training.order import GROUPS, Order
from training.pipeline.step import chosen
from training.recipe import steps
from training.simulate import SimulatedApis

LAST = ["annotate", "verify", "select", "export-rows", "export"]
SPECS = (Path("openapi.yaml"),)


def names(order: Order) -> list[str]:
    return [step.name for step in steps(order)]


def test_without_specs_it_is_about_the_practice_apis():
    assert names(Order()) == ["instruct-booking", *LAST]


def test_with_specs_it_is_about_their_operations():
    first = ["collect-documents", "collect", "instruct-kits", "instruct-general"]
    assert names(Order(specs=SPECS)) == [*first, *LAST]


def test_a_running_api_is_asked_before_anything_is_said_about_it():
    order = Order(specs=SPECS, live=LiveApis({"": "http://localhost:1"}))
    assert names(order)[:4] == ["collect-documents", "collect", "collect-alive", "instruct-kits"]
    by_name = {step.name: step for step in steps(order)}
    assert by_name["instruct-kits"].after == ("collect-alive",)
    assert [type(one) for one in by_name["annotate"].stage.openers] == [SimulatedApis, LivePlaces]


def test_a_teacher_words_whatever_there_is():
    for order in (Order(), Order(specs=SPECS)):
        taught = Order(specs=order.specs, teacher_url="http://t.test/v1", teacher_model="m")
        (worded,) = [
            name for name in names(order) if name in ("instruct-booking", "instruct-general")
        ]
        by_name = {step.name: step for step in steps(taught)}
        assert by_name["instruct-teacher"].after == (worded,)
        assert by_name["annotate"].after == (worded, "instruct-teacher")


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_is_in_a_build_of_ones_own(group: str):
    assert chosen(steps(Order(specs=SPECS)), group)


def test_settings_tell_what_a_build_was_made_from(tmp_path: Path):
    path = tmp_path / "openapi.yaml"
    path.write_text("openapi: 3.0.0\npaths: {}\n", encoding="utf-8")
    found = [step.stage.settings for step in steps(Order(specs=(path,)))]
    path.write_text("openapi: 3.0.1\npaths: {}\n", encoding="utf-8")
    again = [step.stage.settings for step in steps(Order(specs=(path,)))]
    assert [one == other for one, other in zip(found, again, strict=True)].index(False) == 0
