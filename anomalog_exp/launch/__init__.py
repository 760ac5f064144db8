"""Running jobs: a single run, the members of a sweep, and what stands around them."""
