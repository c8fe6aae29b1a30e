"""Selection: nothing twice, nothing that a benchmark asks, and a bit of everything."""
