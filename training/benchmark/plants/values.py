"""Values that are made up: well-formed, allowed by the schema, and held by nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, cast

from agent.clearance import leaves
from agent.events import CallObserved, Event
from agent.json_values import is_array, is_object
from tools.spec import ANY_ENTITY, ValueRule
from training.benchmark.plants.trace import Change, Place, Site, Trace, fits
from training.benchmark.records import Fault

_SAMPLES: dict[str, tuple[Any, ...]] = {
    "place": ("OSL", "KUL", "CPT", "HNL", "YVR", "SCL", "DOH", "BLR", "REK", "WLG"),
    "carrier": ("NH", "AV", "ET", "KE", "OZ", "PX"),
    "currency": ("JPY", "NOK", "ZAR", "KRW", "HUF"),
    "time": ("04:17", "23:43", "13:11", "05:51"),
    "name": ("Zebulon", "Quintessa", "Okonkwo-Braithwaite", "Fitzwilliam"),
    "email": ("zebulon@example.net", "q.okonkwo@example.com"),
    "text": ("Zanzibar lodge", "Okavango crossing", "Timbuktu"),
}
_SHIFTS = (3, 17, 41, 100, 365)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def unsaid_value(trace: Trace, rng: Random) -> Change | None:
    """Another date, place, number, name or word than any that the conversation holds."""
    for place in trace.places(rng):
        for pointer, rule, value in _grounded_leaves(place, rng):
            for made_up in _made_up(place, pointer, rule, value, rng):
                arguments = place.having(pointer, made_up)
                if place.related(arguments):
                    fault = place.fault("ungrounded_value", pointer, "nobody said it")
                    return trace.rewritten(place, arguments, fault)
    return None


def unsaid_option(trace: Trace, rng: Random) -> Change | None:
    """An optional argument that nobody wished for, with a value that nobody said."""
    for place in trace.places(rng, replies=False):
        properties = place.tool.parameters.get("properties", {})
        absent = [name for name in properties if name not in place.arguments]
        for name in rng.sample(absent, len(absent)):
            pointer = f"/{name}"
            rule = place.rule(pointer)
            if rule is None or rule.kind == "entity" or "inferred" in rule.sources:
                continue
            for made_up in _made_up(place, pointer, rule, None, rng):
                arguments = place.having(pointer, made_up)
                if place.related(arguments):
                    fault = place.fault("ungrounded_value", pointer, "nobody asked for it")
                    return trace.rewritten(place, arguments, fault)
    return None


def date_gone_by(trace: Trace, rng: Random) -> Change | None:
    """A date in the past where only a coming one makes sense."""
    for place in trace.places(rng):
        for pointer, rule, _ in _grounded_leaves(place, rng):
            gone = place.site.state.clock.date() - timedelta(days=rng.choice(_SHIFTS))
            arguments = place.having(pointer, gone.isoformat())
            if rule.kind == "date" and rule.when == "future" and place.related(arguments):
                fault = place.fault("ungrounded_value", pointer, "no coming date")
                return trace.rewritten(place, arguments, fault)
    return None


def foreign_id(trace: Trace, rng: Random) -> Change | None:
    """An id that looks right and belongs to another conversation."""
    for place in trace.places(rng):
        for pointer, value in _ids(place, rng):
            other = _lookalike(value, rng)
            if (
                # Grounding reads what a person typed without regard to case.
                other.casefold() != value.casefold()
                and fits(place.schema(pointer), other)
                and not _seen(place.site, other)
            ):
                fault = place.fault("foreign_id", pointer, "of another conversation")
                return trace.rewritten(place, place.having(pointer, other), fault)
    return None


def id_of_another_kind(trace: Trace, rng: Random) -> Change | None:
    """An id that a result of this conversation holds, of the wrong kind of thing."""
    for place in trace.places(rng):
        for pointer, _ in _ids(place, rng):
            rule = cast("ValueRule", place.rule(pointer))
            facts = place.site.state.evidence.of_kind("entity")
            right = {fact.value for fact in facts if fact.entity == rule.entity}
            wrong = sorted({str(fact.value) for fact in facts} - {str(value) for value in right})
            if rule.entity == ANY_ENTITY or not wrong:
                continue
            other = rng.choice(wrong)
            faults = [place.fault("foreign_id", pointer, "an id, but of another kind of thing")]
            if not fits(place.schema(pointer), other):
                why = "ids of this kind have a form of their own"
                faults.insert(0, place.fault("invalid_value", pointer, why))
            return trace.rewritten(place, place.having(pointer, other), *faults)
    return None


def expired_id(trace: Trace, rng: Random) -> Change | None:
    """An id whose offer had run out before it was used.

    No text changes: the results that showed the offer say that it ran out a minute before. So
    every later use of the id is a fault too, until another result shows it once more.
    """
    for place in trace.places(rng):
        for _, value in _ids(place, rng):
            clock = place.site.state.clock
            facts = [f for f in place.site.state.evidence.of_kind("entity") if f.value == value]
            if not facts or any(fact.expires_at is None for fact in facts):
                continue
            gone = clock - timedelta(minutes=1)
            events = dict(_expiring(trace, place.site, value, gone.isoformat()))
            return Change(events, tuple(_uses(trace, value, min(events), gone, place.site)))
    return None


def _grounded_leaves(place: Place, rng: Random) -> Iterator[tuple[str, ValueRule, Any]]:
    """Leaves whose value must come from the conversation, ids left out, in a random order."""
    found = list(leaves(place.arguments))
    for pointer, value in rng.sample(found, len(found)):
        rule = place.rule(pointer)
        if rule is not None and rule.kind != "entity" and "inferred" not in rule.sources:
            yield pointer, rule, value


def _made_up(place: Place, pointer: str, rule: ValueRule, value: Any, rng: Random) -> Iterator[Any]:
    """Values that the schema allows and nothing in the conversation resembles, in random order."""
    schema = place.schema(pointer)
    found = list(_like(rule, schema, value, place))
    for made_up in rng.sample(found, len(found)):
        unsaid = made_up != schema.get("default") and not _held(made_up, rule, place.site)
        if unsaid and fits(schema, made_up):
            yield made_up


def _like(rule: ValueRule, schema: Any, value: Any, place: Place) -> Iterator[Any]:
    match rule.kind:
        case "date":
            start = _day(value) or place.site.state.clock.date()
            forward = -1 if rule.when == "past" else 1
            yield from ((start + timedelta(days=forward * days)).isoformat() for days in _SHIFTS)
        case "integer" | "number":
            base = value if isinstance(value, int | float) else 0
            yield from (base + step for step in (1, 2, 3, 5, 113, 1207))
        case "term":
            yield from schema.get("enum", ())
        case kind:
            yield from _SAMPLES.get(kind, ())


def _held(value: Any, rule: ValueRule, site: Site) -> bool:
    """Whether anything that may ground the value is like it. Wider than grounding on purpose."""
    facts = site.state.evidence.facts
    if "result" not in rule.sources:
        facts = tuple(fact for fact in facts if fact.source != "result")
    text = str(value).casefold()
    typed = " ".join(said.text for said in site.state.evidence.texts).casefold()
    if rule.kind in {"integer", "number"}:
        said = any(float(number) == value for number in _NUMBER.findall(typed))
    else:
        said = text in typed
    return said or any(fact.value == value or str(fact.value).casefold() == text for fact in facts)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _ids(place: Place, rng: Random) -> Iterator[tuple[str, str]]:
    found = list(leaves(place.arguments))
    for pointer, value in rng.sample(found, len(found)):
        rule = place.rule(pointer)
        if rule is not None and rule.kind == "entity" and isinstance(value, str):
            yield pointer, value


def _lookalike(value: str, rng: Random) -> str:
    """The id with its last letters exchanged (its last digits where it has no letters)."""
    letters = [at for at, sign in enumerate(value) if sign.isalpha()][-3:]
    digits = [at for at, sign in enumerate(value) if sign.isdigit()][-3:]
    signs = list(value)
    for at in letters or digits:
        signs[at] = rng.choice(_LETTERS if letters else "23456789")
    return "".join(signs)


def _seen(site: Site, value: str) -> bool:
    evidence = site.state.evidence
    return any(fact.value == value for fact in evidence.facts) or any(
        value in typed.text for typed in evidence.texts
    )


def _expiring(trace: Trace, site: Site, value: str, gone: str) -> Iterator[tuple[int, Event]]:
    """The results before a proposal that hold an id, its object run out."""
    for position, event in enumerate(trace.events[: site.position]):
        if isinstance(event, CallObserved) and _holds(event, value):
            yield position, replace(event, result=_run_out(event.result, value, gone))


def _holds(event: CallObserved, value: str) -> bool:
    return any(found == value for _, found in leaves(event.result))


def _run_out(body: Any, value: str, gone: str) -> Any:
    """A body in which the expiry that holds for an id has passed."""
    if is_array(body):
        return [_run_out(item, value, gone) for item in body]
    if not is_object(body):
        return body
    members = {name: _run_out(member, value, gone) for name, member in body.items()}
    if "expires_at" in members and value in (v for _, v in leaves(body)):
        members["expires_at"] = gone
    return members


def _uses(trace: Trace, value: str, since: int, gone: datetime, first: Site) -> Iterator[Fault]:
    """The ids at fault: every use of the value until a result shows it once more."""
    for site in trace.sites:
        if site.position <= since or site.state.clock < gone:
            continue
        between = trace.events[first.position : site.position]
        if any(isinstance(event, CallObserved) and _holds(event, value) for event in between):
            return
        for number, call in enumerate(site.calls):
            tool = trace.acts[call.name]
            for pointer, found in leaves(call.arguments):
                rule = tool.rule_at(pointer)
                if rule is not None and rule.kind == "entity" and found == value:
                    yield site.fault("foreign_id", number, pointer, "it had expired")
