"""From API descriptions to API-call examples: documents, sampled arguments, questions."""
