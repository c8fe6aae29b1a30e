"""The answer of a simulated API to a call, and what the call changes in its world."""

from __future__ import annotations

import string
from collections.abc import Mapping
from random import Random
from typing import Any

import orjson

from agent.json_values import is_array, is_object
from tools.spec import JsonSchema, ToolSpec
from tools.words import id_stem
from training.simulate.requests import Received
from training.simulate.resources import Plan, plan_of
from training.simulate.samples import Samples, UnsimulatableError, digest, fits, properties
from training.simulate.world import World

_ID_TAIL = 6


class Answerer:
    """Answers calls of any tool, in any world. Keeps nothing of its own but what it worked out."""

    def __init__(self, seed: int, samples: Samples) -> None:
        self._seed = seed
        self._samples = samples
        self._plans: dict[int, tuple[ToolSpec, Plan]] = {}

    def answer(self, received: Received, world: World) -> tuple[int, Any]:
        """Status and body; 404 where a thing that the call names was deleted.

        Raises `UnsimulatableError` where no body keeps the tool's response schema.
        """
        plan = self._plan(received.tool)
        gone = self._gone(received, plan, world)
        if gone:
            return 404, f"there is no {gone}"
        body = self._body(received, plan, world)
        if body is not None and not fits(received.tool.returns or {}, body):
            raise UnsimulatableError(f"no answer of {received.tool.name} keeps its schema")
        if plan.deed == "delete":
            world.deleted.add((plan.resource, received.variables[plan.item]))
        created = plan.deed == "create" and received.tool.method == "POST"
        return (204 if body is None else 201 if created else 200), body

    def _plan(self, tool: ToolSpec) -> Plan:
        known = self._plans.get(id(tool))
        if known is None:
            known = self._plans[id(tool)] = (tool, plan_of(tool))
        return known[1]

    def _gone(self, received: Received, plan: Plan, world: World) -> str:
        """What the call names that was deleted, in words; "" for nothing."""
        named = [(plan.owners[name], value) for name, value in received.variables.items()]
        for name, rule in received.tool.rules.items():
            value = received.arguments.get(name[1:])
            if rule.kind == "entity" and rule.entity and isinstance(value, str | int):
                named.append((rule.entity, str(value)))
        lost = next((thing for thing in named if thing in world.deleted), None)
        return f"{lost[0]} {lost[1]}" if lost else ""

    def _body(self, received: Received, plan: Plan, world: World) -> Any:
        returns = received.tool.returns
        match plan.deed:
            case "list" | "read" if returns is None:
                return None
            case "list":
                return self._list(received, plan, world)
            case "create":
                return self._create(received, plan, world)
            case _:
                pass
        thing = self._named(received, plan)
        if plan.deed in ("update", "act"):
            world.learn((plan.resource, str(thing)), _values(received))
        if returns is None:
            return None
        return self._wrapped(received, plan, [self._row(plan, thing, world)])

    def _named(self, received: Received, plan: Plan) -> Any:
        """The id of the thing that a call is about; what it was asked for where it names none."""
        if plan.item:
            return received.variables[plan.item]
        return f"{received.path}?{_canonical(received.arguments)}"

    def _create(self, received: Received, plan: Plan, world: World) -> Any:
        asked = received.path, _canonical(received.arguments)
        world.makes[asked] += 1
        schema = properties(plan.row).get(plan.id_name, {})
        made = self._id(plan, schema, *asked, world.makes[asked])
        world.learn((plan.resource, str(made)), _values(received))
        world.made.setdefault(received.path, []).append(made)
        if received.tool.returns is None:
            return None
        return self._wrapped(received, plan, [self._row(plan, made, world)])

    def _list(self, received: Received, plan: Plan, world: World) -> Any:
        asked = _canonical(received.arguments)
        schema = properties(plan.row).get(plan.id_name, {})
        # What was asked for is what the things are like: open orders are open.
        filters = {
            name: value
            for name, value in _values(received).items()
            if name in properties(plan.row) and fits(properties(plan.row)[name], value)
        }
        shown = [
            made
            for made in world.made.get(received.path, ())
            if all(
                world.of((plan.resource, str(made))).get(name, value) == value
                for name, value in filters.items()
            )
        ]
        for number in range(self._samples.rows(received.path, asked)):
            drawn = self._id(plan, schema, received.path, asked, -number)
            if filters:
                known = world.of((plan.resource, str(drawn)))
                world.learn((plan.resource, str(drawn)), {**filters, **known})
            shown.append(drawn)
        kept = [one for one in shown if (plan.resource, str(one)) not in world.deleted]
        return self._wrapped(received, plan, [self._row(plan, one, world) for one in kept])

    def _row(self, plan: Plan, thing: Any, world: World) -> Any:
        """A thing as this operation shows it. What is known of it stands, the rest is drawn."""
        key = (plan.resource, str(thing))
        known = properties(plan.row)
        if not known:
            return self._samples.draw(plan.resource, plan.row, plan.resource, *key)
        row = dict(self._template(plan, known, key))
        row |= {
            name: value
            for name, value in world.of(key).items()
            if name in known and fits(known[name], value)
        }
        if plan.id_name:
            schema = known[plan.id_name]
            row[plan.id_name] = thing if fits(schema, thing) else _retyped(thing, schema)
        return row

    def _template(
        self, plan: Plan, known: Mapping[str, JsonSchema], key: tuple[str, str]
    ) -> Mapping[str, Any]:
        """A row of drawn values; about every second one is from an example where there are any."""
        row: dict[str, Any] = {}
        for name, schema in known.items():
            shown = [one[name] for one in plan.shown if name in one and fits(schema, one[name])]
            chance = digest(self._seed, *key, name, "shown")
            if shown and chance % 2:
                row[name] = shown[chance // 2 % len(shown)]
                continue
            try:
                row[name] = self._samples.draw(name, schema, plan.resource, *key, name)
            except UnsimulatableError:
                if name in plan.row.get("required", ()):
                    raise
        return row

    def _wrapped(self, received: Received, plan: Plan, rows: list[Any]) -> Any:
        """Rows in the shape of the response: a list, ``data`` beside other members, one thing."""
        returns = received.tool.returns or {}
        if returns.get("type") == "array" or is_object(returns.get("items")):
            return rows
        data = returns.get("properties", {}).get("data")
        if not is_object(data):
            return rows[0]
        listed = data.get("type") == "array" or is_object(data.get("items"))
        body: dict[str, Any] = {"data": rows if listed else rows[0]}
        for name, schema in properties(returns).items():
            if name != "data" and name in returns.get("required", ()):
                key = (received.path, _canonical(received.arguments), name)
                body[name] = self._samples.draw(name, schema, plan.resource, *key)
        return body

    def _id(self, plan: Plan, schema: JsonSchema, *key: object) -> Any:
        """An id of the type that the schema asks for, by kind: ``book_7hd2kq``."""
        rng = Random(digest(self._seed, plan.resource, *key))
        kinds = schema.get("type", "string")
        if kinds == "integer" or (is_array(kinds) and "integer" in kinds):
            return rng.randrange(1000, 99999)
        if schema.get("format") == "uuid":
            return "-".join(_hex(rng, size) for size in (8, 4, 4, 4, 12))
        head = plan.resource.rpartition("_")[2][:8] or "id"
        tail = "".join(rng.choices(string.ascii_lowercase + string.digits, k=_ID_TAIL - 1))
        made = f"{head}_{rng.randrange(10)}{tail}"
        if fits(schema, made):
            return made
        return self._samples.draw("id", schema, plan.resource, *key)


def _values(received: Received) -> dict[str, Any]:
    """What a call says of a thing: its arguments but for those in the path and headers.

    A body that holds one object (``{"book": {…}}``) speaks of that.
    """
    said: dict[str, Any] = {}
    for name, value in received.arguments.items():
        if received.tool.locations.get(name) in ("path", "header"):
            continue
        if is_object(value):
            said |= value
        said[name] = value
    return {
        # ``author_id`` of a new book is its ``author_id``; its ``id`` nobody chooses.
        name: value
        for name, value in said.items()
        if id_stem(name) != "" and value is not None
    }


def _retyped(thing: Any, schema: JsonSchema) -> Any:
    """An id from a path as the type that a row shows it in."""
    kinds = schema.get("type", "string")
    if (kinds == "integer" or (is_array(kinds) and "integer" in kinds)) and str(thing).isdigit():
        return int(thing)
    return thing


def _canonical(arguments: Mapping[str, Any]) -> str:
    return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()


def _hex(rng: Random, size: int) -> str:
    return "".join(rng.choices("0123456789abcdef", k=size))
