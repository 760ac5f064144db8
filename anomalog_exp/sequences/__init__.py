"""From a LogDataset to sequences of events in splits."""
