"""How often each template stands in each sequence."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, vstack

from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["template_counts"]

_EVENTS_AT_ONCE = 1 << 23


def template_counts(sequences: SequenceSet) -> csr_matrix:
    """(sequences, templates) float64 counts.

    The template codes of all events are the column indices as they stand, the borders of the sequences
    the row pointer; adding up equal columns is all there is to compute. Overlapping windows hold their
    events many times over: some millions of these are laid out at a time.
    """
    events = int(sequences.offsets[-1])
    if events <= max(len(sequences.order), _EVENTS_AT_ONCE):
        return _counted(sequences)
    parts = [_counted(part) for part in sequences.portions(_EVENTS_AT_ONCE)]
    return vstack(parts, format="csr")


def _counted(sequences: SequenceSet) -> csr_matrix:
    shape = (len(sequences), len(sequences.dataset.templates))
    codes = sequences.templates
    # sum_duplicates rewrites indices and pointer in place: both are copies.
    counts = csr_matrix(
        (np.ones(len(codes)), codes.astype(np.int32), sequences.offsets.copy()), shape=shape
    )
    counts.sum_duplicates()
    return counts
