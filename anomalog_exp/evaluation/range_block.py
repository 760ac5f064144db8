"""The block of ranges: decisions about units in an order, where those that follow each other are one.

Windows, lines and chunks of a stream follow each other in the log. So do the events of a stream, which
are the units where the detector judges them. Sequences of entities lie side by side and have no ranges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.scores import decided
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.evaluation.block import Diagnostics, MetricBlock, RangeCounts
from anomalog_exp.evaluation.detection_block import ABSTAINED, NO_LABELS, SINGLE_CLASS
from anomalog_exp.evaluation.ranges import range_score
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.metric_terms import EvaluationUnit, Figure, MetricScope, MetricStatus
from anomalog_exp.sequences.groupings.any import SequenceConfig
from anomalog_exp.sequences.groupings.entity import EntitySequenceConfig
from anomalog_exp.sequences.groupings.time import TimeSequenceConfig
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["range_block"]

_NO_ORDER = "sequences of entities lie side by side: none follows another"


@dataclass(frozen=True, eq=False)
class _Units:
    """Judged units in the order of the log.

    Attributes:
        unit: What each is.
        label: (units,) int8 0, 1, or -1.
        predicted: (units,) bool.
        abstained: (units,) bool, or None.
        follows: (units,) bool, directly after the unit before it.
    """

    unit: EvaluationUnit
    label: NDArray[np.int8]
    predicted: NDArray[np.bool_]
    abstained: NDArray[np.bool_] | None
    follows: NDArray[np.bool_]


def range_block(
    grouping: SequenceConfig,
    sequences: SequenceSet,
    summary: ModelRunSummary,
    resampling: Resampling,
) -> MetricBlock:
    """How far ranges of flagged units meet ranges of anomalous ones; see `ranges`."""
    block = partial(MetricBlock, scope=MetricScope.RANGE_LEVEL_DETECTION)
    if isinstance(grouping, EntitySequenceConfig):
        return block(status=MetricStatus.NOT_APPLICABLE, reason=_NO_ORDER)
    units = _events(sequences, summary) or _sequences(grouping, sequences, summary)
    answered = decided(units.abstained, len(units.label))
    counted = (units.label >= 0) & answered
    anomalous = units.label == 1
    score = range_score(anomalous, units.predicted, counted=counted, follows=units.follows)
    block = partial(
        block,
        prediction_unit=EvaluationUnit.RANGE,
        label_unit=units.unit,
        aggregation="adjacent",
        counts=RangeCounts(
            units=len(counted),
            counted=int(counted.sum()),
            abstained=int((~answered).sum()),
            ignored=int((answered & ~counted).sum()),
            anomalous_ranges=len(score.recalled),
            caught_ranges=int((score.recalled > 0).sum()),
            flagged_ranges=len(score.precise),
            false_ranges=int((score.precise == 0).sum()),
        ),
    )
    if not counted.any():
        why = ABSTAINED if (units.label >= 0).any() else NO_LABELS.format(part="test")
        return block(status=MetricStatus.NOT_APPLICABLE, reason=why)
    if anomalous[counted].all() or not anomalous[counted].any():
        return block(status=MetricStatus.INVALID, reason=SINGLE_CLASS.format(part="test"))
    low, high = resampling.ends(score.f1_interval)
    return block(
        status=MetricStatus.VALID,
        reason=None,
        headline={
            Figure.PRECISION: score.precision,
            Figure.RECALL: score.recall,
            Figure.F1: score.f1,
        },
        diagnostics=Diagnostics(f1_interval_low=low, f1_interval_high=high),
    )


def _events(sequences: SequenceSet, summary: ModelRunSummary) -> _Units | None:
    """The events of a stream; None where none is judged, or none is labelled."""
    events = summary.events
    if sequences.unit != EvaluationUnit.STREAM or events is None:
        return None
    label = np.asarray(sequences.dataset.label)[events.rows]
    if not (label >= 0).any():
        return None
    follows = _next_to(events.rows)
    return _Units(EvaluationUnit.EVENT, label, events.predicted, events.abstained, follows)


def _sequences(
    grouping: SequenceConfig, sequences: SequenceSet, summary: ModelRunSummary
) -> _Units:
    """The sequences of the test part; between windows of time lies no time that none of them holds."""
    follows = _next_to(np.flatnonzero(sequences.split == Split.TEST))
    if isinstance(grouping, TimeSequenceConfig) and summary.test.times is not None:
        begin = summary.test.times[:, 0]
        follows[1:] &= np.diff(begin) == (grouping.step or grouping.time_span_ms)
    return _Units(sequences.unit, summary.test.label, summary.predicted, summary.abstained, follows)


def _next_to(place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(units,) which places come directly after the one before them."""
    return np.append(False, np.diff(place) == 1)[: len(place)]
