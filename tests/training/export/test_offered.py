"""Tools as JSON: whole schemas without Callsign's own keywords, always in the same order."""

from __future__ import annotations

from typing import Any

import orjson

from training.export.offered import Offered, plain


def test_own_keywords_go_and_properties_of_that_name_stay() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "x-source": ["user"],
        "properties": {
            "x-ray": {"type": "string", "x-entity": "film", "default": {"x-note": 1}},
            "all": {"anyOf": [{"x-kind": "name", "type": "string"}, {"type": "null"}]},
        },
    }
    assert plain(schema) == {
        "type": "object",
        "properties": {
            "x-ray": {"type": "string", "default": {"x-note": 1}},
            "all": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }


def test_every_act_is_there_in_the_order_of_the_prompt(tools: Offered) -> None:
    written = orjson.loads(tools.schemas)
    assert [one["function"]["name"] for one in written] == list(tools.acts)
    assert [*written[0]["function"]] == ["name", "description", "parameters"]
    assert b'"x-' not in orjson.dumps(written)
