"""How often each template stands in each sequence."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["template_counts"]


def template_counts(sequences: SequenceSet) -> csr_matrix:
    """(sequences, templates) float64 counts.

    The template codes of all events are the column indices as they stand, the borders of the sequences
    the row pointer; adding up equal columns is all there is to compute.
    """
    codes = sequences.templates
    shape = (len(sequences), len(sequences.dataset.templates))
    # sum_duplicates rewrites indices and pointer in place: both are copies.
    counts = csr_matrix(
        (np.ones(len(codes)), codes.astype(np.int32), sequences.offsets.copy()), shape=shape
    )
    counts.sum_duplicates()
    return counts
