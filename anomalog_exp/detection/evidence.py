"""The strongest parts of linear scores, row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

__all__ = ["strongest"]


def strongest(parts: csr_matrix, names: Sequence[str], top: int) -> list[list[tuple[str, float]]]:
    """For each row the names of up to `top` largest positive entries, largest first.

    Equal entries stand in the order of their columns.
    """
    evidence = []
    for row in range(parts.shape[0]):
        inside = slice(parts.indptr[row], parts.indptr[row + 1])
        weights, columns = parts.data[inside], parts.indices[inside]
        ranked = np.lexsort((columns, -weights))[:top]
        evidence.append([(names[columns[i]], float(weights[i])) for i in ranked if weights[i] > 0])
    return evidence
