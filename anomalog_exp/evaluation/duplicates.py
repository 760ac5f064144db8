"""How far a result rests on sequences that are the same as others.

Logs repeat themselves, so a test part often holds what training held, and the same again. The report
says how much of it, and what the figures are with every distinct pair of content and label counted once.
Equal sequences score the same: a content with both labels is one right and one wrong decision.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anomalog_exp.detection.scores import decided
from anomalog_exp.detection.summary import ModelRunSummary
from anomalog_exp.evaluation.block import Diagnostics, Recount
from anomalog_exp.evaluation.detection_block import decision_figures
from anomalog_exp.evaluation.metrics import confusion
from anomalog_exp.features.distinct import distinct
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["with_duplicates"]


def with_duplicates(
    diagnostics: Diagnostics, sequences: SequenceSet, summary: ModelRunSummary
) -> Diagnostics:
    """The diagnostics, and what they owe to duplicates."""
    test = sequences.split == Split.TEST
    if not test.any():
        return diagnostics
    content = distinct(sequences).group
    train = sequences.split == Split.TRAIN
    seen = float(np.isin(content[test], content[train]).mean()) if train.any() else None
    label = summary.test.label
    pair = np.stack([content[test], label.astype(np.int64)])
    _, first = np.unique(pair, axis=1, return_index=True)
    first = first[label[first] >= 0]
    labelled = len(first)
    first = first[decided(summary.abstained, len(label))[first]]
    anomalous = label[first] == 1
    unique = None
    if anomalous.any() and not anomalous.all():
        cells = confusion(anomalous, summary.predicted[first])
        figures = decision_figures(cells, labelled=labelled)
        unique = Recount(counted=len(first), **figures)
    return replace(
        diagnostics,
        distinct_test_sequences=len(np.unique(content[test])),
        test_share_seen_in_train=seen,
        unique=unique,
    )
