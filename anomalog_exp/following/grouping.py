"""How sequences of a grouping are held open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.following.open_sequences import OpenSequences
from anomalog_exp.following.positions import LineWindows, RowWindows, SingleRows
from anomalog_exp.following.sessions import Sessions
from anomalog_exp.following.time_windows import TimeWindows
from anomalog_exp.sequences.groupings.any import SequenceConfig
from anomalog_exp.sequences.groupings.entity import EntitySequenceConfig
from anomalog_exp.sequences.groupings.fixed import FixedSequenceConfig, FixedWindowBasis
from anomalog_exp.sequences.groupings.line import LineSequenceConfig
from anomalog_exp.sequences.groupings.time import TimeSequenceConfig

__all__ = ["open_sequences"]


def open_sequences(
    config: SequenceConfig,
    shown: NDArray[np.int64],
    *,
    idle_ms: int,
    delay_ms: int,
    most: int,
) -> OpenSequences:
    """What holds the open sequences of a grouping.

    Args:
        config: The grouping.
        shown: (templates,) how many events training showed of each.
        idle_ms: As sessions take it.
        delay_ms: As windows of time take it.
        most: As sessions take it.
    """
    match config:
        case LineSequenceConfig():
            return SingleRows(shown)
        case EntitySequenceConfig():
            return Sessions(shown, config, idle_ms, most)
        case TimeSequenceConfig():
            return TimeWindows(shown, config, delay_ms)
        case FixedSequenceConfig(window_basis=FixedWindowBasis.RAW_POSITIONS):
            return LineWindows(shown, config)
        case _:
            return RowWindows(shown, config)
