"""Ways of grouping events into sequences: one module each, with its options."""
