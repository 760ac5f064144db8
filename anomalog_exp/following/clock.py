"""The time of a log: how far it has come, by its own times and, while nothing comes, by the wall clock.

One damaged time must not end every session. So a time moves the clock where the event before it is as
late: of two neighbours the earlier one counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import NO_TIME

__all__ = ["LogClock"]


class LogClock:
    """Never goes back.

    Attributes:
        ms: Unix milliseconds UTC; in a log without times, milliseconds that nothing came.
    """

    def __init__(self, ms: int | None = None, last_ms: int | None = None) -> None:
        """Args:
        ms: What it shows; None before the first event.
        last_ms: The time of the latest event that has one.
        """
        self._ms = ms
        self._last_ms = last_ms

    @property
    def ms(self) -> int:
        return self._ms or 0

    @property
    def so_far(self) -> tuple[int | None, int | None]:
        """What another one goes on with."""
        return self._ms, self._last_ms

    def over(self, time_ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """(events,) what it shows at each of the next events.

        Args:
            time_ms: (events,) their times, `NO_TIME` where there is none.
        """
        timed = time_ms != NO_TIME
        times = time_ms[timed]
        if not len(times):
            return np.full(len(time_ms), self.ms)
        before = times[0] if self._last_ms is None else self._last_ms
        agreed = np.minimum(times, np.append(before, times[:-1]))
        begin = agreed[0] if self._ms is None else self._ms
        shown = np.maximum.accumulate(np.append(begin, agreed))
        self._last_ms, self._ms = int(times[-1]), int(shown[-1])
        return shown[np.cumsum(timed)]

    def passes(self, seconds: float) -> None:
        """So much time has passed without an event."""
        self._ms = self.ms + round(1000 * seconds)
