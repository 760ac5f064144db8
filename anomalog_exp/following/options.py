"""How a log is followed; the command says what is usual."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["FollowOptions"]


@dataclass(frozen=True)
class FollowOptions:
    """How a log is followed.

    Attributes:
        path: The file, or a pipe.
        output: Where findings are appended; None is standard output.
        state: The file that keeps the place; None keeps none.
        fresh: Forget the state that is there.
        idle_s: An entity's session without an event for so many seconds has ended.
        flush_s: So many seconds a record waits for its lines, and a window of time for late events.
        most_open: So many events of open sessions are held.
        every: Write all that is judged, not only what is anomalous.
        once: End at the end of the file.
        stats_s: Seconds between lines that say how far it is; 0 for the last one alone.
    """

    path: Path
    output: Path | None
    state: Path | None
    fresh: bool
    idle_s: float
    flush_s: float
    most_open: int
    every: bool
    once: bool
    stats_s: float
