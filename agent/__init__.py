"""The agent: propose, clear, approve, execute, observe, reply."""
