"""From collected operations to conversations to hold: what is said, and what must come of it."""
