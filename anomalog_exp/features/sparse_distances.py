"""Distances between rows that are zero nearly everywhere, without writing the zeros out.

|a - b|^2 = |a|^2 + |b|^2 - 2 a.b, of which a.b is one product of sparse matrices. Each row is added up
in the order of its own cells, whatever is beside it. What is left of two equal rows is rounding: a
square below 1e-12 of |a|^2 + |b|^2 is 0. Vectors of counts that differ at all are farther apart, as long
as the larger has fewer than a million times the events by which they differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["distinct_positions", "squared_distances"]

_ROUNDING = 1e-12


def squared_distances(rows: csr_matrix, others: csr_matrix) -> NDArray[np.float64]:
    """(rows, others) squared Euclidean distances."""
    both = np.add.outer(_squared_lengths(rows), _squared_lengths(others))
    apart = both - 2 * (rows @ others.T).toarray()
    apart[apart <= _ROUNDING * both] = 0
    return apart


def distinct_positions(rows: csr_matrix) -> NDArray[np.int64]:
    """Where each distinct row stands first, ascending; no stored value may be 0."""
    first: dict[tuple[bytes, bytes], int] = {}
    for row in range(rows.shape[0]):
        inside = slice(rows.indptr[row], rows.indptr[row + 1])
        first.setdefault((rows.indices[inside].tobytes(), rows.data[inside].tobytes()), row)
    return np.fromiter(first.values(), dtype=np.int64)


def _squared_lengths(rows: csr_matrix) -> NDArray[np.float64]:
    return rows.power(2) @ np.ones(rows.shape[1])
