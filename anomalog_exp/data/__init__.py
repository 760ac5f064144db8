"""From raw files to a LogDataset."""
