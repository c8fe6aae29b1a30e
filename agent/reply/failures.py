"""Problems in words, each with the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.reply.formats import Formats
from agent.reply.translations import N_

BY_CODE: Final[dict[str, str]] = {
    "validation_failed": N_("The service did not accept what I sent: {detail}"),
    "offer_expired": N_("That offer has expired. Shall I search again?"),
    "price_changed": N_("The price has changed, so I did not book. Shall I get today's price?"),
    "sold_out": N_("That is sold out by now. Shall I look for another one?"),
    "not_found": N_("The service does not know that one. Shall I search again?"),
    "idempotency_key_missing": N_("My request was incomplete and nothing was done: {detail}"),
    "idempotency_key_conflict": N_("That request was already used for something else: {detail}"),
    "idempotency_key_in_flight": N_(
        "The same request is still being worked on. Please ask me again in a moment."
    ),
    "rate_limited": N_("The service is busy. Please try again in a moment."),
    "unavailable": N_("The service cannot be reached right now. Please try again in a moment."),
    "not_sent": N_(
        "My request got lost on its way: nothing was done, and I have not sent it again. "
        "If you still want it, please say so."
    ),
    "not_cancellable": N_("That booking cannot be cancelled."),
}
UNKNOWN: Final = N_("That did not work: {detail}")


def explain(problem: Mapping[str, Any], gettext: Callable[[str], str], formats: Formats) -> str:
    """The sentence for a problem's `code`; a code without one shows its `detail` or `title`."""
    message = BY_CODE.get(str(problem.get("code", "")), UNKNOWN)
    detail = problem.get("detail") or problem.get("title") or problem.get("code") or "–"
    return gettext(message).format(detail=formats.text(detail))
