"""Model engines behind one small protocol."""
