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
    followed = template[predictions.rows]
    known = predictions.known[followed]
    left_out = {
        "no_history": predictions.rank < 0,
        "labelled_anomalous": label[predictions.rows] == 1,
        "unseen_in_training": ~known & (vocabulary == "train"),
    }
    counted = np.ones(len(followed), dtype=bool)
    excluded = {}
    for reason, applies in left_out.items():
        excluded[reason] = int((counted & applies).sum())
        counted &= ~applies
    block = partial(
        MetricBlock,
        scope=MetricScope.NEXT_EVENT_PREDICTION,
        prediction_unit=EvaluationUnit.NEXT_EVENT,
        label_unit=EvaluationUnit.EVENT,
        aggregation="none",
        counts=PredictionCounts(
            units=len(followed),
            counted=int(counted.sum()),
            abstained=0,
            ignored=int((~counted).sum()),
            excluded=excluded,
        ),
        diagnostics=Diagnostics(
            vocabulary=vocabulary, vocabulary_size=_size(predictions, vocabulary)
        ),
    )
    if not counted.any():
        return block(status=MetricStatus.NOT_APPLICABLE, reason="no event is left to predict")
    # Ranks put what training never showed last: a known template's rank is the same either way.
    rank = np.where(known, predictions.rank, np.iinfo(np.int64).max)[counted]
    hit = rank == 0
    headline = {f"top{k}": float((rank < k).mean()) for k in top_k} | {
        Figure.TOP1_MACRO: _macro(hit, followed[counted]),
        Figure.TOP1_WEIGHTED: float(hit.mean()),
    }
    return block(status=MetricStatus.VALID, reason=None, headline=headline)


def _macro(hit: NDArray[np.bool_], followed: NDArray[np.int32]) -> float:
    """Mean over the templates that followed of the share of hits among their events."""
    templates, group = np.unique(followed, return_inverse=True)
    shares = np.bincount(group, weights=hit, minlength=len(templates)) / np.bincount(group)
    return float(shares.mean())


def _size(predictions: NextEvents, vocabulary: str) -> int:
    return int(predictions.known.sum()) if vocabulary == "train" else len(predictions.known)
