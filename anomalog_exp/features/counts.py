"""How often each template stands in each sequence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["template_counts", "weighted_counts"]


def template_counts(sequences: SequenceSet) -> csr_matrix:
    """(sequences, templates) float64 counts.

    The template codes of all events are the column indices as they stand, the borders of the sequences
    the row pointer; adding up equal columns is all there is to compute. Overlapping windows hold their
    events many times over: some millions of these are laid out at a time.
    """
    parts = [_counted(part) for part in sequences.portions(scratch.PORTION)]
    return parts[0] if len(parts) == 1 else vstack(parts, format="csr")


def weighted_counts(sequences: SequenceSet, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of the weights of the events of each sequence.

    The counts of some millions of events are in memory at a time.

    Args:
        sequences: Whose events.
        weights: (templates,) or (templates, kinds) by template.

    Returns:
        (sequences,) or (sequences, kinds).
    """
    parts = [_counted(part) @ weights for part in sequences.portions(scratch.PORTION)]
    return np.concatenate(parts)


def _counted(sequences: SequenceSet) -> csr_matrix:
    shape = (len(sequences), len(sequences.dataset.templates))
    codes = sequences.templates
    # sum_duplicates rewrites indices and pointer in place: both are copies.
    counts = csr_matrix(
        (np.ones(len(codes)), codes.astype(np.int32), sequences.offsets.copy()), shape=shape
    )
    counts.sum_duplicates()
    return counts
