"""What a conversation has shown, and what may be said from it."""
