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
        figures: It is about metrics and thresholds as results to report, which a first look at a log
            has not.
    """

    title: str
    meaning: str
    advice: str
    figures: bool = False
