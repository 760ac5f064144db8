"""The hour of the day as a season: what is usual at night is not what is usual by day."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["ALL_DAY", "hours_of", "hours_with_days"]

ALL_DAY: Final = 24
"""Stands for the hour of what is no window of time."""

_DAYS: Final = 14
"""An hour is a season by itself where training shows it on so many days."""

_HOUR_MS: Final = 3_600_000


def hours_of(sequences: SequenceSet) -> NDArray[np.int64]:
    """(sequences,) int64 hour of the day, UTC, in which each window begins; `ALL_DAY` without one."""
    if sequences.times is None:
        return np.full(len(sequences), ALL_DAY)
    return sequences.times[:, 0] // _HOUR_MS % 24


def hours_with_days(sequences: SequenceSet) -> NDArray[np.int64]:
    """The hours of which the windows show two weeks at least, ascending; never `ALL_DAY`."""
    if sequences.times is None:
        return np.empty(0, dtype=np.int64)
    hour, days = np.unique(np.unique(sequences.times[:, 0] // _HOUR_MS) % 24, return_counts=True)
    return hour[days >= _DAYS]
