"""How the command ended, kept for the entrance: `hydra.main` returns nothing.

A single run and a sweep both run in the process of the command, and leave here what they came to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

__all__ = ["Ending", "ExitCode", "leave_ending", "taken_ending"]


class ExitCode(IntEnum):
    """Exit codes of the command; a signal's is 128 and its number."""

    DONE = 0
    FAILED = 1
    UNUSABLE = 2
    SKIPPED = 3
    FOUND = 3  # what --fail-on-anomaly and --fail-on-change ask about, as a pipeline wants to know


@dataclass(frozen=True)
class Ending:
    """How a run or a sweep ended.

    Attributes:
        code: Its exit code.
        error: What a single run raised.
        folder: The files of a sweep.
    """

    code: int = ExitCode.DONE
    error: Exception | None = None
    folder: Path | None = None


_ending = Ending()


def leave_ending(ending: Ending) -> None:
    """Keep how the run or the sweep ended."""
    global _ending
    _ending = ending


def taken_ending() -> Ending:
    """What was kept, which is kept no longer; a command that runs nothing, such as `--help`, is done."""
    ending = _ending
    leave_ending(Ending())
    return ending
