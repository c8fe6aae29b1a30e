"""Text for people, rendered from events."""
