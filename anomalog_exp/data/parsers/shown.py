"""Lines as messages show them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

__all__ = ["SHOWN", "numbered_lines", "shown_lines"]

SHOWN: Final = 3
"""How many lines a message shows."""

_LENGTH: Final = 120


def shown_lines(texts: Iterable[str]) -> str:
    """The first of some lines, one under the other."""
    return "\n".join(f"    {text[:_LENGTH]}" for text in islice(texts, SHOWN))


def numbered_lines(lines: Iterable[tuple[int, str]]) -> str:
    """The first of some lines, one under the other, by their numbers counted from 1.

    Examples:
        >>> print(numbered_lines([(0, "first"), (7, "eighth")]))
            line 1: first
            line 8: eighth
    """
    return shown_lines(f"line {number + 1}: {text}" for number, text in lines)
