"""Texts of others on a terminal."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["printable"]

_OBEYED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tab and newline, and those that turn the direction of text round."""


def printable(text: str) -> str:
    """A text with escapes for what a terminal would obey, as colours, titles and clearing.

    Examples:
        >>> print(printable(chr(27) + "[2Jdown"))
        \\x1b[2Jdown
    """
    return _OBEYED.sub(lambda found: repr(found.group())[1:-1], text)
