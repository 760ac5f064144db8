"""The space that few long rows span: as many axes as rows at most, however many columns there are.

From the eigenvectors of the small matrix of inner products, (rows, rows), in place of those of (columns,
columns). Axes of less than 1e-6 of the longest are taken for rounding: squares know half of the digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["row_space"]

_ROUNDING = 1e-12


def row_space(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows as sums of orthonormal axes, the longest axis first.

    Returns:
        (rows, axes) how far each row goes along each axis, and (axes, columns) the axes; their product
        is `rows`. There is one axis at least.
    """
    squares, turns = np.linalg.eigh(rows @ rows.T)
    squares, turns = squares[::-1], turns[:, ::-1]
    there = max(1, int(np.count_nonzero(squares > _ROUNDING * squares[0])))
    lengths = np.sqrt(np.maximum(squares[:there], 0))
    turns = turns[:, :there]
    return turns * lengths, (turns / np.where(lengths > 0, lengths, 1)).T @ rows
