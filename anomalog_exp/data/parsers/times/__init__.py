"""Texts of times as Unix milliseconds UTC: one file for each kind of format."""
