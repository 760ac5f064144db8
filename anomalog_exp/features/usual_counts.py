"""How far counts are from what is usual for their kind.

A count c is made comparable by 2 * sqrt(c + 3/8), after which the spread of Poisson counts is 1 whatever
their mean (Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika
35, 1948). What is usual is the median over the training windows. The spread is that of their 5 and 95
percentiles, each side by itself and at least 1: a twentieth of the windows may be odd without moving
either. An hour of the day that training shows on fourteen days has figures of its own: what a job does
every night is usual then, and silence may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from anomalog_exp.features.hours import ALL_DAY, hours_of, hours_with_days
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["UsualCounts"]

_TAIL: Final = 0.05
_SPREADS: Final = 1.645
"""So many spreads the 5 and 95 percentiles of a normal distribution are from its median."""


@dataclass(frozen=True)
class UsualCounts:
    """What counts of some kinds usually are, in all and at hours of the day that training shows well.

    Attributes:
        median: (seasons, kinds) counts; the first season is that of all windows.
        below: (seasons, kinds) the spread of smaller ones, on the comparable scale.
        above: (seasons, kinds) the spread of larger ones.
        season: (hours,) the season of each hour and of `ALL_DAY`.
    """

    median: Annotated[NDArray[np.float64], "seasons", "kinds"]
    below: Annotated[NDArray[np.float64], "seasons", "kinds"]
    above: Annotated[NDArray[np.float64], "seasons", "kinds"]
    season: Annotated[NDArray[np.int64], "hours"]

    @classmethod
    def learned(cls, counts: csr_matrix, windows: SequenceSet) -> Self:
        """What is usual among the (windows, kinds) counts of one window at least."""
        hour, seasons = hours_of(windows), hours_with_days(windows)
        parts = [counts, *(counts[hour == one] for one in seasons)]
        low, median, high = (
            np.stack(figures)
            for figures in zip(
                *(_quantiles(part, (_TAIL, 0.5, 1 - _TAIL)) for part in parts), strict=True
            )
        )
        middle = _comparable(median)
        season = np.zeros(ALL_DAY + 1, dtype=np.int64)
        season[seasons] = np.arange(1, len(parts))
        return cls(
            median,
            np.maximum((middle - _comparable(low)) / _SPREADS, 1.0),
            np.maximum((_comparable(high) - middle) / _SPREADS, 1.0),
            season,
        )

    def seasons(self, windows: SequenceSet) -> NDArray[np.int64]:
        """(windows,) the season of each; 0 is that of all."""
        return self.season[hours_of(windows)]

    def distances(self, counts: csr_matrix, windows: SequenceSet) -> csr_matrix:
        """(windows, kinds) how many spreads each count is from what is usual, either way.

        Kinds that are usually absent at any time have no entry where they are. Of a window that was
        counted in part, as much less is expected.

        Args:
            counts: (windows, kinds).
            windows: Their times, and the share of each that was counted.
        """
        size = counts.shape[0]
        present = counts.tocoo()
        # Kinds that are usually there are looked at in every window, the others where they are.
        is_usual = (self.median > 0).sum(axis=0) > 0
        usually = np.flatnonzero(is_usual)
        rare = ~is_usual[present.col]
        row = np.concatenate((np.repeat(np.arange(size), len(usually)), present.row[rare]))
        kind = np.concatenate((np.tile(usually, size), present.col[rare]))
        count = np.concatenate((counts[:, usually].toarray().ravel(), present.data[rare]))
        season = self.seasons(windows)[row]
        expected = self.median[season, kind] * windows.covered[row]
        apart = _comparable(count) - _comparable(expected)
        distance = np.where(
            apart > 0, apart / self.above[season, kind], -apart / self.below[season, kind]
        )
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
