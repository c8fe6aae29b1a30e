"""Text for people, rendered from events."""

from agent.reply.claims import Claim, unbacked
from agent.reply.consent import Consent, consent
from agent.reply.renderer import Renderer
from agent.reply.things import Planned, Thing
from agent.reply.translations import LANGUAGES, Language, negotiate

__all__ = [
    "LANGUAGES",
    "Claim",
    "Consent",
    "Language",
    "Planned",
    "Renderer",
    "Thing",
    "consent",
    "negotiate",
    "unbacked",
]
