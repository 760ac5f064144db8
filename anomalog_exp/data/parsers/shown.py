"""Lines as messages show them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

__all__ = ["SHOWN", "shown_lines"]

SHOWN: Final = 3
"""How many lines a message shows."""

_LENGTH: Final = 120


def shown_lines(texts: Iterable[str]) -> str:
    """The first of some lines, one under the other."""
    return "\n".join(f"    {text[:_LENGTH]}" for text in islice(texts, SHOWN))
