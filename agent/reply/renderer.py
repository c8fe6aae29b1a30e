"""Replies, rendered from facts and results in the language of the conversation.

Pure functions of their arguments: no text holds a value that was not passed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, cast

from agent.events import Money
from agent.reply.failures import explain
from agent.reply.formats import Formats, PlaceNames
from agent.reply.things import Describer, Json, Planned, Thing
from agent.reply.translations import Language, negotiate, translations
from agent.reply.words import INTRODUCTION, INTRODUCTIONS, QUESTIONS

DeclineReason = Literal["out_of_scope", "not_possible", "unsafe"]


class Renderer:
    """Every reply of the agent in one language (a BCP 47 tag; unknown ones become English)."""

    def __init__(self, language: str | None, places: PlaceNames | None = None) -> None:
        self.language: Language = negotiate(language)
        self._t = translations(self.language)
        self._f = Formats(self.language, places)
        self._describer = Describer(self._f)

    def greeting(self) -> str:
        """The first words of a conversation that asked for nothing yet."""
        return self._t.gettext(
            "Hello, I am Callsign, an AI that finds and books flights and hotels. "
            "Where would you like to go, and when?"
        )

    def help(self) -> str:
        """What can be done here, and what to say for it."""
        return self._t.gettext(
            "I find flights and hotels, tell you what they cost and book what you approve. "
            "I also show and cancel your bookings. Tell me from where to where and on which day, "
            "or in which city you would like to stay and for how long."
        )

    def finish(self) -> str:
        """The end of a conversation that is done."""
        return self._t.gettext("Glad to help. Have a good trip!")

    def cannot_understand(self) -> str:
        """No act could be made of the message."""
        return self._t.gettext(
            "I did not understand that. Please say it in other words: where, when and for whom?"
        )

    def exhausted(self) -> str:
        """The bounded tries of a turn ran out."""
        return self._t.gettext(
            "I could not work out the next step with what I know, and I did not book or change "
            "anything in this step. Please say again what you need, one thing at a time."
        )

    def declined_approval(self) -> str:
        """The person said no."""
        return self._t.gettext("All right, I did not do it. What would you like instead?")

    def approval_expired(self) -> str:
        """The offer behind a pending approval has expired."""
        return self._t.gettext(
            "That offer has expired before it was approved, so I did nothing. "
            "Shall I look for it again?"
        )

    def approval_changed(self) -> str:
        """A pending approval was made void by a changed wish."""
        return self._t.gettext("I have put the earlier request aside and did not carry it out.")

    def price_changed(self, old: Money, new: Money) -> str:
        """The price moved between the search and the booking."""
        return self._t.gettext(
            "The price has changed from {old} to {new}. Nothing was booked at either price."
        ).format(old=self._money(old), new=self._money(new))

    def nothing_found(self) -> str:
        """A search answered with an empty list."""
        return self._t.gettext(
            "I found nothing that fits. Other dates, a higher price limit or fewer wishes may help."
        )

    def no_such_code(self, codes: Sequence[str]) -> str:
        """Booking codes that were looked for; nothing that was read bears them."""
        return self._t.gettext("I found no booking with the code {codes}.").format(
            codes=", ".join(codes)
        )

    def decline(self, reason: DeclineReason) -> str:
        """A wish that the agent does not serve."""
        match reason:
            case "out_of_scope":
                return self._t.gettext(
                    "I cannot help with that. I find, book and cancel flights and hotels."
                )
            case "not_possible":
                return self._t.gettext(
                    "That is not possible with what the airlines and hotels offer me here."
                )
            case "unsafe":
                return self._t.gettext("I will not do that, because it could do harm.")

    def ask(self, missing: Sequence[str], known: Mapping[str, object] | None = None) -> str:
        """Ask for arguments by name, showing back those that are known.

        A known value that is a tuple of several holds alternatives, which are asked about:
        ``{"departure_date": ("2027-03-04", "2027-04-03")}``.
        """
        known = known or {}
        lines: list[str] = []
        settled = {name: v for name, v in known.items() if not _alternatives(v)}
        if settled:
            so_far = "; ".join(self._describer.fields(settled, tuple(settled)))
            lines.append(self._t.gettext("So far: {facts}.").format(facts=so_far))
        for name, value in known.items():
            if options := _alternatives(value):
                lines.append(self._which(name, options))
        lines += [self._question(name) for name in missing if not _alternatives(known.get(name))]
        return "\n".join(lines) or self.cannot_understand()

    def present(self, things: Sequence[Thing], total: int | None = None) -> str:
        """A numbered list of results. `total` is how many there are when these are only some."""
        if not things:
            return self.nothing_found()
        lines = [self._introduction(things[0].kind, len(things))]
        if len(things) == 1:
            lines.append(self._block(things[0]))
        else:
            lines += [f"{n}. {self._block(t, '   ')}" for n, t in enumerate(things, 1)]
        if total is not None and total > len(things):
            shown = self._t.gettext("Showing {count} of {total}.")
            lines.append(shown.format(count=len(things), total=total))
        return "\n".join(lines)

    def answer(self, pairs: Sequence[tuple[str, object]]) -> str:
        """Answer a question by fields: names of fields (``refundable_until``) and their values."""
        return "\n".join(
            f"{self._describer.label(name)}: {self._describer.field(name, value)}"
            for name, value in pairs
        )

    def approval(
        self,
        calls: Sequence[Planned],
        *,
        totals: Sequence[Money],
        refunds: Sequence[Money] = (),
        expires_at: str | None,
        now: datetime,
        terms: Json | None = None,
    ) -> str:
        """Ask a person to approve writes: what exactly, for whom, the price, terms and expiry.

        `totals` holds one amount per currency, and so does `refunds`: what comes back where
        something else is paid for. `terms` are conditions that hold for all calls,
        beside those that each call has itself. `now` is the conversation's clock (aware): the
        expiry is shown in its zone.
        """
        lines: list[str] = []
        for call in calls:
            lines += self._planned(call)
        label = "refund" if all(_cancels(call) for call in calls) else "total"
        for name, sums in ((label, totals), ("refund", refunds)):
            if sums:
                amounts = " + ".join(map(self._money, sums))
                lines.append(f"{self._describer.label(name)}: {amounts}")
        lines += self._terms(terms or {})
        if expires_at:
            until = self._f.moment(expires_at, now)
            lines.append(self._t.gettext("Valid until {moment}.").format(moment=until))
        lines.append(self._t.gettext("Shall I go ahead? Please answer yes or no."))
        return "\n".join(lines)

    def booked(self, orders: Sequence[Thing]) -> str:
        """What was booked, from the API's own confirmation."""
        return "\n".join([self._t.gettext("It is booked."), *map(self._block, orders)])

    def cancelled(self, confirmations: Sequence[Thing]) -> str:
        """What was cancelled, from the API's own confirmation."""
        return "\n".join([self._t.gettext("It is cancelled."), *map(self._block, confirmations)])

    def done(self, things: Sequence[Thing]) -> str:
        """Any other write that took place."""
        return "\n".join([self._t.gettext("Done."), *map(self._block, things)])

    def failed(self, problem: Json) -> str:
        """An RFC 9457 problem in words, with the way out. Unknown codes show its own title."""
        return explain(problem, self._t.gettext, self._f)

    def unknown_outcome(self) -> str:
        """A write whose outcome could not even be read back."""
        return self._t.gettext(
            "I sent the request but could not learn whether it took place. I will not send it "
            "again, so that nothing is booked twice. Please ask me for its state in a moment."
        )

    def broken(self) -> str:
        """A turn that failed within; said after what its writes came to."""
        return self._t.gettext(
            "Then something went wrong on my side, and I did nothing more. Please write again."
        )

    def partial(self, done: Sequence[Thing], problem: Json, *, compensation: bool) -> str:
        """A plan that broke half way: what stands, why the rest failed, the offer to undo it."""
        lines = [self._t.gettext("Only a part of it worked. This stands:")]
        lines += [self._block(thing) for thing in done]
        failure = self._t.gettext("This failed: {reason}")
        lines.append(failure.format(reason=self.failed(problem)))
        if compensation:
            lines.append(
                self._t.gettext(
                    "I can try the failed part another way, or look up what cancelling the part "
                    "that stands would refund. Which do you want?"
                )
            )
        return "\n".join(lines)

    def _which(self, name: str, options: Sequence[object]) -> str:
        shown = self._f.one_of(self._describer.field(name, option) for option in options)
        label = self._describer.label(name)
        return self._t.gettext("{label}: do you mean {options}?").format(label=label, options=shown)

    def _question(self, name: str) -> str:
        last = name.rstrip("/").rpartition("/")[2]
        if question := QUESTIONS.get(last):
            return self._t.gettext(question)
        label = self._describer.label(last)
        return self._t.gettext("Please give me: {label}.").format(label=label)

    def _introduction(self, kind: str, count: int) -> str:
        one, many = INTRODUCTIONS.get(kind, INTRODUCTION)
        return self._t.ngettext(one, many, count)

    def _planned(self, call: Planned) -> list[str]:
        thing = call.thing
        match thing.kind if thing else None:
            case "flight_offer":
                title = self._t.gettext("Book this flight:")
            case "hotel_rate":
                title = self._t.gettext("Book this hotel:")
            case "flight_cancellation" | "hotel_cancellation":
                title = self._t.gettext("Cancel the booking:")
                # The refund stands below as the total; what a person must see is which booking.
                thing = thing.of if thing else None
            case _:
                title = f"{self._describer.label(call.name)}:"
        block = [self._block(thing)] if thing else []
        arguments = self._describer.arguments(call.arguments)
        return [title, *block, *arguments, *self._terms(call.terms)]

    def _terms(self, terms: Json) -> list[str]:
        conditions = "; ".join(self._describer.terms(terms))
        return [self._t.gettext("Terms: {terms}").format(terms=conditions)] if conditions else []

    def _block(self, thing: Thing, indent: str = "") -> str:
        heading, below = self._describer.describe(thing)
        return "\n".join([heading, *(f"{indent}{line}" for line in below)])

    def _money(self, money: Money) -> str:
        return self._f.money({"amount": money.amount, "currency": money.currency})


def _alternatives(value: object) -> tuple[object, ...]:
    several = cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()
    return several if len(several) > 1 else ()


def _cancels(call: Planned) -> bool:
    return call.thing is not None and call.thing.kind.endswith("_cancellation")
