"""A warning: what a reader of a result must know before he believes it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RunWarning"]


@dataclass(frozen=True)
class RunWarning:
    """One of them.

    Attributes:
        title: What is so, in a few words.
        meaning: What follows from it, with the number.
        advice: What to do.
    """

    title: str
    meaning: str
    advice: str
