"""Next-event prediction: how often what followed was among the k events expected most.

Events are left out, with the first reason that applies: nothing stood before them; they, or the entities
they belong to, are labelled anomalous (a model of the normal need not foresee them); training never
showed their template, where the vocabulary is that of training. With the full vocabulary an unseen
template counts as a miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.detection.outcome import NextEvents
from anomalog_exp.evaluation.block import Diagnostics, MetricBlock, PredictionCounts
from anomalog_exp.metric_terms import EvaluationUnit, Figure, MetricScope, MetricStatus
from anomalog_exp.sequences import scratch

__all__ = ["next_event_block"]


def next_event_block(
    predictions: NextEvents,
    *,
    template: NDArray[np.int32],
    label: NDArray[np.int8],
    vocabulary: Literal["full", "train"],
    top_k: Sequence[int],
) -> MetricBlock:
    """The block of next-event prediction.

    Args:
        predictions: What was predicted.
        template: (rows,) the template of each dataset row.
        label: (rows,) the label of each dataset row.
        vocabulary: Which templates are asked about.
        top_k: Numbers of candidates that may hold the event.
    """
    tally = _Tally(predictions.known, asked=vocabulary, top_k=top_k)
    for part in scratch.portions(len(predictions.rows)):
        rows = predictions.rows[part]
        tally.add(template[rows], label[rows], predictions.rank[part])
    block = partial(
        MetricBlock,
        scope=MetricScope.NEXT_EVENT_PREDICTION,
        prediction_unit=EvaluationUnit.NEXT_EVENT,
        label_unit=EvaluationUnit.EVENT,
        aggregation="none",
        counts=PredictionCounts(
            units=len(predictions.rows),
            counted=tally.counted,
            abstained=0,
            ignored=len(predictions.rows) - tally.counted,
            excluded=tally.excluded,
        ),
        diagnostics=Diagnostics(
            vocabulary=vocabulary, vocabulary_size=_size(predictions, vocabulary)
        ),
    )
    if not tally.counted:
        return block(status=MetricStatus.NOT_APPLICABLE, reason="no event is left to predict")
    followed = tally.events > 0
    shares = tally.hits[followed] / tally.events[followed]
    headline = {f"top{k}": hits / tally.counted for k, hits in tally.within.items()} | {
        Figure.TOP1_MACRO: float(shares.mean()),
        Figure.TOP1_WEIGHTED: int(tally.hits.sum()) / tally.counted,
    }
    return block(status=MetricStatus.VALID, reason=None, headline=headline)


class _Tally:
    """Predictions, counted some at a time.

    Attributes:
        counted: How many were asked about.
        excluded: How many were not, by the first reason that applies.
        within: How many of the events were among the k expected most, by k.
        events: (templates,) int64 events of each template that were asked about.
        hits: (templates,) int64 how many of these were expected most.
    """

    def __init__(
        self, known: NDArray[np.bool_], *, asked: Literal["full", "train"], top_k: Sequence[int]
    ) -> None:
        self._known, self._asked = known, asked
        self.counted = 0
        self.excluded = dict.fromkeys(("no_history", "labelled_anomalous", "unseen_in_training"), 0)
        self.within = dict.fromkeys(top_k, 0)
        self.events, self.hits = (np.zeros(len(known), dtype=np.int64) for _ in range(2))

    def add(
        self, followed: NDArray[np.int32], label: NDArray[np.int8], rank: NDArray[np.int64]
    ) -> None:
        """Count some: (predictions,) the template that followed, its label, its rank."""
        known = self._known[followed]
        left_out = (rank < 0, label == 1, ~known & (self._asked == "train"))
        counted = np.ones(len(followed), dtype=bool)
        for reason, applies in zip(self.excluded, left_out, strict=True):
            self.excluded[reason] += int((counted & applies).sum())
            counted &= ~applies
        self.counted += int(counted.sum())
        # Ranks put what training never showed last: a known template's rank is the same either way.
        rank = np.where(known, rank, np.iinfo(np.int64).max)[counted]
        for k in self.within:
            self.within[k] += int((rank < k).sum())
        followed, kinds = followed[counted], len(self._known)
        self.events += np.bincount(followed, minlength=kinds)
        self.hits += np.bincount(followed[rank == 0], minlength=kinds)


def _size(predictions: NextEvents, vocabulary: str) -> int:
    return int(predictions.known.sum()) if vocabulary == "train" else len(predictions.known)
