"""What a detector would come to that gives these scores: evaluation without a detector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anomalog_exp.detection.outcome import ModelRunSummary, SequenceSummary
from anomalog_exp.sequences.sequence_set import SequenceSet, Split


def summary_of(
    sequences: SequenceSet, scores: Sequence[float], threshold: float = 0.5, **more
) -> ModelRunSummary:
    """The summary of a run that scores the test part so."""
    values = np.array(scores, dtype=np.float64)
    parts = {
        "detector": "by_hand",
        "test": sequences.part(Split.TEST),
        "scores": values,
        "threshold": threshold,
        "predicted": values > threshold,
        "oracle": False,
        "model_manifest": {},
        "sequence_summary": SequenceSummary.of(sequences),
        "seconds": {},
        "explain": lambda chosen, top: [[] for _ in chosen],
    }
    return ModelRunSummary(**parts | more)
