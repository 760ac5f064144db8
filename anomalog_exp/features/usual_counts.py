"""How far counts are from what is usual for their kind.

A count c is made comparable by 2 * sqrt(c + 3/8), after which the spread of Poisson counts is 1 whatever
their mean (Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika
35, 1948). What is usual is the median over the training windows. The spread is that of their 5 and 95
percentiles, each side by itself and at least 1: a twentieth of the windows may be odd without moving
either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

__all__ = ["UsualCounts"]

_TAIL: Final = 0.05
_SPREADS: Final = 1.645
"""So many spreads the 5 and 95 percentiles of a normal distribution are from its median."""


@dataclass(frozen=True)
class UsualCounts:
    """What counts of some kinds usually are.

    Attributes:
        median: (kinds,) counts.
        below: (kinds,) the spread of smaller ones, on the comparable scale.
        above: (kinds,) the spread of larger ones.
    """

    median: Annotated[NDArray[np.float64], "kinds"]
    below: Annotated[NDArray[np.float64], "kinds"]
    above: Annotated[NDArray[np.float64], "kinds"]

    @classmethod
    def learned(cls, counts: csr_matrix) -> Self:
        """What is usual among (windows, kinds) counts of one window at least."""
        low, median, high = _quantiles(counts, (_TAIL, 0.5, 1 - _TAIL))
        middle = _comparable(median)
        return cls(
            median,
            np.maximum((middle - _comparable(low)) / _SPREADS, 1.0),
            np.maximum((_comparable(high) - middle) / _SPREADS, 1.0),
        )

    def distances(self, counts: csr_matrix, covered: NDArray[np.float64]) -> csr_matrix:
        """(windows, kinds) how many spreads each count is from what is usual, either way.

        Kinds that are usually absent have no entry where they are.

        Args:
            counts: (windows, kinds).
            covered: (windows,) the share of each window that was counted: as much less is expected.
        """
        windows = counts.shape[0]
        present = counts.tocoo()
        # Kinds that are usually there are looked at in every window, the others where they are.
        usually = np.flatnonzero(self.median)
        rare = self.median[present.col] == 0
        row = np.concatenate((np.repeat(np.arange(windows), len(usually)), present.row[rare]))
        kind = np.concatenate((np.tile(usually, windows), present.col[rare]))
        count = np.concatenate((counts[:, usually].toarray().ravel(), present.data[rare]))
        expected = self.median[kind] * covered[row]
        apart = _comparable(count) - _comparable(expected)
        distance = np.where(apart > 0, apart / self.above[kind], -apart / self.below[kind])
        return csr_matrix((distance, (row, kind)), shape=counts.shape)


def _comparable(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts on a scale on which the spread of Poisson counts is 1."""
    return 2 * np.sqrt(counts + 0.375)


def _quantiles(counts: csr_matrix, shares: tuple[float, ...]) -> list[NDArray[np.float64]]:
    """(kinds,) each, counts that such a share of the windows does not exceed; each occurs."""
    columns = csc_matrix(counts)
    column = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
    data = np.append(columns.data[np.lexsort((columns.data, column))], 0.0)
    zeros = columns.shape[0] - np.diff(columns.indptr)
    found = []
    for share in shares:
        place = round(share * (columns.shape[0] - 1))
        inside = np.minimum(columns.indptr[:-1] + np.maximum(place - zeros, 0), len(data) - 1)
        found.append(np.where(place < zeros, 0.0, data[inside]))
    return found
