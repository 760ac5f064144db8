"""Ground floor: typed options, how a mistake in them is explained, and how options are found by name."""
