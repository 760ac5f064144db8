"""Numbers of things in a sentence."""

from __future__ import annotations

from typing import Final

__all__ = ["how_many"]

_OF_ONE: Final = {"are": "is", "do": "does", "have": "has"}


def how_many(number: float, thing: str, does: str = "") -> str:
    """A number with what is counted, and what that does.

    Args:
        number: How many there are.
        thing: What one of them is called; its plural ends in s.
        does: What many of them do; its first word is the verb.

    Examples:
        >>> how_many(1, "event"), how_many(1234, "event"), how_many(0, "event")
        ('1 event', '1,234 events', '0 events')
        >>> how_many(1, "line", "continue one"), how_many(2, "line", "do not fit")
        ('1 line continues one', '2 lines do not fit')
    """
    counted = f"{number:,.0f} {thing}{'' if number == 1 else 's'}"
    if not does:
        return counted
    verb, *rest = does.split(" ")
    if number == 1:
        verb = _OF_ONE.get(verb, f"{verb}s")
    return " ".join([counted, verb, *rest])
