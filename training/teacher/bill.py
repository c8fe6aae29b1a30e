"""What a teacher's answers cost: tokens always, money where prices are known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from training.teacher.settings import TeacherSettings

_PRICED_PER = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer or of many. `uncounted` are answers whose server told no tokens."""

    answers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    uncounted: int = 0

    def cost(self, settings: TeacherSettings) -> Decimal | None:
        """Their price in the settings' currency; None where a price is not known."""
        if settings.price_prompt is None or settings.price_completion is None:
            return None
        prompt = self.prompt_tokens * settings.price_prompt
        return (prompt + self.completion_tokens * settings.price_completion) / _PRICED_PER


@dataclass(slots=True)
class Tally:
    """What one process asked of a teacher. `resent` counts sends that failed, by their cause;
    `flawed` answers that could not be used, by theirs (those from the cache too)."""

    answered: int = 0
    from_cache: int = 0
    sent: int = 0
    resent: Counter[str] = field(default_factory=Counter[str])
    flawed: Counter[str] = field(default_factory=Counter[str])


def spent(usage: Usage, settings: TeacherSettings) -> str:
    """One line to show: tokens, and money or why there is none."""
    tokens = f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"
    cost = usage.cost(settings)
    money = "price unknown" if cost is None else f"{cost:.4f} {settings.currency}"
    untold = f"; {usage.uncounted:,} answers told no tokens" if usage.uncounted else ""
    return f"{settings.model}: {usage.answers:,} answers, {tokens}, {money}{untold}"
