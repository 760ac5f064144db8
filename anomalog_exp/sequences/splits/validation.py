"""The validation part: the last share of what would train, to stop a fit by and to find thresholds.

Whole sessions are counted in their order, and one that a split of rows has cut into pieces or windows
stays whole: all of what trains of it is on one side. Windows over the whole log are sessions of their
own, so that overlapping ones share rows at the border, as they do with the test part.

Where single events train, the chunks of a stream are counted. No row of a chunk that is held back is in
the training part; `SequenceSet.train_events` says of its rows, as of those that train, which may be
learned from: in the validation part, to choose by. Those that are evaluated still are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import Split
from anomalog_exp.sequences.splits.base import Assignment, HoldingSplitConfig, SplitConfigBase
from anomalog_exp.sequences.splits.fractions import fraction_of

__all__ = ["with_validation"]


def with_validation(assigned: Assignment, split: SplitConfigBase) -> Assignment:
    """The same parts, the last share of the training sessions among them for validation.

    Raises:
        ConfigError: no session is left to train on.
    """
    if not isinstance(split, HoldingSplitConfig) or not split.validation_fraction:
        return assigned
    train = np.flatnonzero(assigned.part == Split.TRAIN)
    grouping = assigned.grouping
    whole = grouping.session if grouping.cut_from is None else grouping.cut_from
    session = np.cumsum(np.diff(whole[train], prepend=-1) != 0)
    sessions = int(session[-1])
    held = fraction_of(split.validation_fraction, sessions)
    if held == sessions:
        raise ConfigError.of(
            "split.validation_fraction",
            split.validation_fraction,
            problem=f"no session is left to train on: that share of {sessions:,} is, rounded up, all",
            allowed="0, or a share that leaves at least one session of the training part",
            fix="lower it, let more of the log train, or make smaller sequences",
        )
    part = assigned.part.copy()
    part[train[session > sessions - held]] = Split.VALIDATION
    return replace(assigned, part=part, row_part=_rows_held(assigned, part))


def _rows_held(assigned: Assignment, part: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The parts of rows: of those of training, the ones that only validation has are for validation."""
    if assigned.row_part is None:
        return None
    grouping = assigned.grouping
    held, trains = (grouping.covered(part == one) for one in (Split.VALIDATION, Split.TRAIN))
    rows = grouping.order[held & ~trains]
    row_part = assigned.row_part.copy()
    row_part[rows[row_part[rows] == Split.TRAIN]] = Split.VALIDATION
    return row_part
