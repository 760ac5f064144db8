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
from anomalog_exp.evaluation.block import Diagnostics
from anomalog_exp.evaluation.detection_block import recounted
from anomalog_exp.evaluation.resampling import Resampling
from anomalog_exp.features.distinct import distinct
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["with_duplicates"]


def with_duplicates(
    diagnostics: Diagnostics,
    sequences: SequenceSet,
    summary: ModelRunSummary,
    resampling: Resampling,
) -> Diagnostics:
    """The diagnostics, and what they owe to duplicates."""
    test = sequences.split == Split.TEST
    if not test.any():
        return diagnostics
    content = distinct(sequences).group
    train = sequences.split == Split.TRAIN
    seen = float(np.isin(content[test], content[train]).mean()) if train.any() else None
    label = summary.test.label
    pair = content[test] * 3 + label  # labels are -1, 0 and 1
    _, first = np.unique(pair, return_index=True)
    first = first[label[first] >= 0]
    labelled = len(first)
    first = first[decided(summary.abstained, len(label))[first]]
    return replace(
        diagnostics,
        distinct_test_sequences=len(np.unique(content[test])),
        test_share_seen_in_train=seen,
        unique=recounted(
            label[first] == 1,
            summary.predicted[first],
            labelled=labelled,
            resampling=resampling,
        ),
    )
