"""What a log is: which parser reads it, when it was written, and what ties its lines together."""
