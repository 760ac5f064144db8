"""Rows of a sparse matrix as mappings, for libraries that learn one observation after the other."""

from __future__ import annotations

from collections import Counter

from scipy.sparse import csr_matrix

__all__ = ["observations"]


def observations(features: csr_matrix) -> list[Counter[int]]:
    """Each row as column -> value; a column that holds nothing reads as 0 and is not stored."""
    rows = []
    for row in range(features.shape[0]):
        inside = slice(features.indptr[row], features.indptr[row + 1])
        columns, values = features.indices[inside], features.data[inside]
        rows.append(Counter(dict(zip(columns.tolist(), values.tolist(), strict=True))))
    return rows
