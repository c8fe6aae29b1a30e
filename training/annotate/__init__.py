"""Search over chains of calls that are really executed, each branch in a world of its own."""
