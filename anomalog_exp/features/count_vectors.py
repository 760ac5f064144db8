"""Distinct count vectors: which sequences hold the same templates equally often, in whatever order.

What is computed for one of them holds for all of its group, and its number is its weight. The counts of
some millions of events are in memory at a time, and besides them those that are different.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from anomalog_exp.features.counts import template_counts
from anomalog_exp.features.distinct import Distinct, Runs, distinct, distinct_runs
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["CountVectors", "count_vectors", "distinct_rows"]


@dataclass(frozen=True, eq=False)
class CountVectors:
    """The count vectors of some sequences, numbered in order of first appearance.

    Attributes:
        vectors: (kinds, templates) float64 counts, each vector once.
        group: (sequences,) int64 the vector of each sequence.
        count: (kinds,) int64 sequences that have it.
    """

    vectors: csr_matrix
    group: NDArray[np.int64]
    count: NDArray[np.int64]


def count_vectors(sequences: SequenceSet) -> CountVectors:
    """Count the templates of distinct sequences, and group those that count the same."""
    once = distinct(sequences)
    vectors, group = _grouped(sequences.take(once.first))
    group = group[once.group]
    return CountVectors(vectors, group, np.bincount(group, minlength=vectors.shape[0]))


def _grouped(sequences: SequenceSet) -> tuple[csr_matrix, NDArray[np.int64]]:
    """The distinct count vectors in order of first appearance, and (sequences,) that of each."""
    parts, groups, known = [], [], 0
    for part in sequences.portions(scratch.PORTION):
        counts = template_counts(part)
        same = distinct_rows(counts)
        parts.append(counts[same.first])
        groups.append(same.group + known)
        known += len(same.first)
    if len(parts) == 1:
        return parts[0], groups[0]
    # What two portions share is one vector.
    counts = vstack(parts, format="csr")
    same = distinct_rows(counts)
    return counts[same.first], same.group[np.concatenate(groups)]


def distinct_rows(counts: csr_matrix) -> Distinct:
    """Group equal rows of whole numbers, none of them 0, in order of their columns."""
    # A cell as one number: equal rows are then equal runs of them.
    cells = counts.indices.astype(np.int64)
    cells = cells * (int(counts.data.max(initial=0)) + 1) + counts.data.astype(np.int64)
    known, codes = np.unique(cells, return_inverse=True)
    borders = counts.indptr.astype(np.int64)
    return distinct_runs(Runs(codes, borders[:-1], borders[1:], len(known)))
