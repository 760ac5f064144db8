"""Attacks on the program, one file per kind; `reliability_row` says what such a file holds."""
