"""Rate: how far the number of events in a window is from what is usual, in all and of each kind.

Counted are the events of a window altogether, those of each level, and those of each template. Score:
the largest distance from what is usual, in spreads of the training windows
(`features/usual_counts.py`): of a flood, of a burst of one kind, or of silence.

What is usual depends on the hour of the day (UTC) where windows of time train on two weeks or more.

Silence is judged where windows without events are there, as with sequence=time and emit_empty=true. Of a
window that the log covers in part, as the last one, as much less is expected.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix, hstack

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.detection.counting_detector import CountingDetector
from anomalog_exp.features.counts import template_counts
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "RateDetector"]


class Config(ExperimentModelConfig):
    """Options of the rate: the decision rule alone."""

    name: Literal["rate"]

    def build_detector(self) -> RateDetector:
        return RateDetector(self)


class RateDetector(CountingDetector):
    """Scores windows by counts that are not usual.

    Kinds are: all events, the levels in their order, the templates.
    """

    config: Config

    def counts(self, sequences: SequenceSet) -> csr_matrix:
        every = csr_matrix(sequences.lengths[:, None].astype(np.float64))
        return hstack([every, _levels(sequences), template_counts(sequences)], format="csr")

    def kind_name(self, sequences: SequenceSet, kind: int) -> str:
        template = kind - 1 - len(LEVELS)
        if template >= 0:
            return f' of "{sequences.dataset.templates[template]}"'
        return f" of level {LEVELS[kind - 1]}" if kind else ""


def _levels(sequences: SequenceSet) -> csr_matrix:
    """(sequences, levels) float64 counts."""
    level = sequences.dataset.level[sequences.rows].astype(np.int32)
    named = level >= 0
    borders = np.concatenate(([0], np.cumsum(named)))[sequences.offsets]
    shape = (len(sequences), len(LEVELS))
    levels = csr_matrix((np.ones(borders[-1]), level[named], borders), shape=shape)
    levels.sum_duplicates()
    return levels
