"""From a reply act to text and cards, rendered from the conversation's events only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.acts import user_parameters
from agent.approval import Quoted, amounts
from agent.clearance import leaves
from agent.events import ApprovalRequested, Money, Replied
from agent.evidence.bearing import unfound_codes
from agent.evidence.candidates import candidates
from agent.lists import Lists
from agent.observation import objects, row_entity, row_schema, schema_of
from agent.reply.formats import PlaceNames
from agent.reply.renderer import Renderer
from agent.reply.things import Planned, Thing
from agent.state import CallState, State, list_of, objects_with
from tools.catalog import Catalog
from tools.spec import JsonSchema, ToolSpec

MAX_SHOWN = 5
_CANCELLED = {
    "flight_cancellation": {"order_id": "flight_order"},
    "hotel_cancellation": {"booking_id": "hotel_booking"},
}
_BOOKINGS = frozenset({"flight_order", "hotel_booking"})


class Speaker:
    """Renders replies for conversations over one catalog. Stateless apart from its catalogues."""

    def __init__(self, catalog: Catalog, places: PlaceNames | None = None) -> None:
        self._catalog = catalog
        self._places = places
        self._renderers: dict[str, Renderer] = {}
        self._lists = Lists(catalog.specs)

    def renderer(self, language: str) -> Renderer:
        """The renderer of a language, made once."""
        if language not in self._renderers:
            self._renderers[language] = Renderer(language, self._places)
        return self._renderers[language]

    def reply(self, state: State, act: str, arguments: Mapping[str, Any]) -> Replied:
        """A cleared reply act as text, after the outcome of every write not yet reported.

        Booking codes that were looked for and not found are said to be so, whatever follows.
        """
        render: Mapping[str, Callable[..., tuple[str, list[Thing]]]] = {
            "ask_user": self._ask,
            "present": self._present,
            "answer": self._answer,
            "decline": self._decline,
            "finish": self._finish,
        }
        text, things = render[act](state, **arguments)
        codes = unfound_codes(state.evidence)
        # Of a search the code may be a member's number; lists read whole were read for it.
        read = {call.name for call in state.this_turn if call.whole}
        lists = self._lists.concerned(state.evidence)
        if codes and lists and lists <= read:
            text = f"{self.renderer(state.language).no_such_code(codes)}\n{text}"
        return self.spoken(state, act, arguments, text, things)

    def spoken(
        self,
        state: State,
        act: str,
        arguments: Any,
        text: str,
        things: Sequence[Thing] = (),
    ) -> Replied:
        """A reply around given text: outcomes first, then the text, cards for both."""
        outcomes, written = self._outcomes(state)
        cards = tuple({"kind": thing.kind, "data": thing.data} for thing in (*written, *things))
        joined = "\n\n".join(part for part in (outcomes, text) if part)
        return Replied(act, arguments, joined, state.language, cards)

    def approval(
        self, state: State, writes: Sequence[Quoted], instead_of: ApprovalRequested | None
    ) -> str:
        """The question that asks a person to approve writes, naming the price it had before.

        What became of writes that no reply has told yet stands before it.
        """
        planned = [
            Planned(w.tool.name, w.arguments, self._subject(state, w), w.terms) for w in writes
        ]
        request = [w.expires_at for w in writes if w.expires_at]
        renderer = self.renderer(state.language)
        totals, refunds = amounts(writes)
        question = renderer.approval(
            planned,
            totals=totals,
            refunds=refunds,
            expires_at=min(request, key=datetime.fromisoformat, default=None),
            now=state.clock,
        )
        news = self._news(state, instead_of, totals) if instead_of else self._outcomes(state)[0]
        return "\n".join(part for part in (news, question) if part)

    def _news(self, state: State, before: ApprovalRequested, totals: Sequence[Money]) -> str:
        """What became of an approval whose price did not hold, told before it is asked anew."""
        calls = [state.calls[call_id] for call_id in before.call_ids]
        stands = [thing for c in calls if c.status == "executed" for thing in self.things(c)]
        failed = [call for call in calls if call.status == "failed"]
        renderer = self.renderer(state.language)
        if stands and failed:
            return renderer.partial(stands, failed[0].result or {}, compensation=False)
        if before.total and len(totals) == 1 and totals[0] != before.total:
            return renderer.price_changed(before.total, totals[0])
        return ""

    def _ask(self, state: State, about: Sequence[str]) -> tuple[str, list[Thing]]:
        tools = [
            tool
            for tool in self._catalog.specs
            if any(pointer.split("/")[-1] in about for pointer in tool.rules)
        ]
        known: dict[str, Any] = {}
        for name, rule in user_parameters(tools[:1]).items():
            values = candidates(rule, state.evidence, state.clock)
            if name not in about and len(values) == 1 and rule.kind in {"date", "place"}:
                known[name] = values[0].value
        # In the order in which the tools take them, as a person would tell them.
        order = [*user_parameters(self._catalog.specs)]
        asked = sorted(about, key=lambda name: order.index(name) if name in order else -1)
        return self.renderer(state.language).ask(asked, known), []

    def _present(self, state: State, result: str) -> tuple[str, list[Thing]]:
        asked = state.calls[result]
        # Searches of this turn that stand beside the chosen one are shown too, or never would be.
        others = [c for c in state.this_turn if c.id != result and list_of(c)]
        texts: list[str] = []
        cards: list[Thing] = []
        for call in (asked, *others):
            things = self.things(call)
            shown = things[:MAX_SHOWN]
            texts.append(self.renderer(state.language).present(shown, len(things)))
            cards += shown
        return "\n\n".join(texts), cards

    def _answer(self, state: State, about: str) -> tuple[str, list[Thing]]:
        if about in state.calls:
            return self._present(state, about)
        for call in reversed(state.calls.values()):
            for thing in self.things(call) if call.status == "executed" else []:
                if any(value == about for _, value in leaves(thing.data)):
                    return self.renderer(state.language).present([thing]), [thing]
        return self.renderer(state.language).nothing_found(), []

    def _decline(self, state: State, reason: str) -> tuple[str, list[Thing]]:
        return self.renderer(state.language).decline(reason), []  # type: ignore[arg-type]

    def _finish(self, state: State, topic: str) -> tuple[str, list[Thing]]:
        renderer = self.renderer(state.language)
        said = {"greeting": renderer.greeting, "help": renderer.help}
        return said.get(topic, renderer.finish)(), []

    def things(self, call: CallState) -> list[Thing]:
        """What a call's result shows, each with its kind."""
        tool = self._catalog.get(call.name)
        kind, brief = _kind(tool)
        return [Thing(kind, row, brief) for row in objects(call.result)]

    def _subject(self, state: State, write: Quoted) -> Thing | None:
        if write.subject is None or write.tool.approval is None:
            return None
        rule = write.tool.rule_at(write.tool.approval.entity_argument)
        kind = (rule.entity if rule else None) or ""
        return Thing(kind, write.subject, of=self._cancelled(state, kind, write.subject))

    def _cancelled(self, state: State, kind: str, quote: Mapping[str, Any]) -> Thing | None:
        """The booking that a cancellation's quote is of, as a result showed it."""
        for member, of in _CANCELLED.get(kind, {}).items():
            for call in reversed(state.calls.values()):
                for found in objects_with(call.result, member, quote.get(member)):
                    if "booking_reference" in found:
                        return Thing(of, found)
        return None

    def _outcomes(self, state: State) -> tuple[str, list[Thing]]:
        """What became of the writes that no reply has told yet."""
        calls = [state.calls[call_id] for call_id in state.unreported]
        done = [call for call in calls if call.status == "executed"]
        failed = [call for call in calls if call.status == "failed"]
        things = [thing for call in done for thing in self.things(call)]
        renderer = self.renderer(state.language)
        if done and failed:
            text = renderer.partial(things, failed[0].result or {}, compensation=True)
        elif failed:
            text = renderer.failed(failed[0].result or {})
        elif done:
            told = [tell(kin) for tell, kin in _by_outcome(renderer, things).items() if kin]
            text = "\n".join(told) or renderer.done(things)
        else:
            text = ""
        return text, things


def _by_outcome(
    renderer: Renderer, things: Sequence[Thing]
) -> dict[Callable[[Sequence[Thing]], str], list[Thing]]:
    """Written things under the sentence that fits what became of them."""
    booked = [thing for thing in things if thing.kind in _BOOKINGS]
    cancelled = [thing for thing in things if thing.kind.endswith("cancellation")]
    rest = [thing for thing in things if thing not in booked and thing not in cancelled]
    return {renderer.booked: booked, renderer.cancelled: cancelled, renderer.done: rest}


def _kind(tool: ToolSpec) -> tuple[str, tuple[str, ...]]:
    """Which kind of thing a tool returns, by the first id of a result row, and its brief fields."""
    row = row_schema(tool.returns or {}).get("properties", {})
    properties: Mapping[str, JsonSchema] = {name: schema_of(p) for name, p in row.items()}
    place = any(p.get("x-kind") == "place" for p in properties.values())
    brief = tuple(name for name, p in properties.items() if p.get("x-brief"))
    return row_entity(tool) or ("place" if place else ""), brief
