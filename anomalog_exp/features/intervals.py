"""When the events before happened: for each place in the order of sequences the last one with a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.dataset import NO_TIME

__all__ = ["last_timed"]


def last_timed(time_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """(places,) the last place before each that has a time, -1 where there is none.

    Args:
        time_ms: (places,) in the order of sequences; `NO_TIME` where there is none.

    Examples:
        >>> last_timed(np.array([5, NO_TIME, 7, 9])).tolist()
        [-1, 0, 0, 2]
    """
    last = np.full(len(time_ms) + 1, -1, dtype=np.int64)
    timed = np.where(time_ms != NO_TIME, np.arange(len(time_ms)), -1)
    np.maximum.accumulate(timed, out=last[1:])
    return last[:-1]
