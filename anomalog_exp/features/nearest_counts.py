"""The nearest of many count vectors, by normalised Manhattan distance.

d(a, b) = sum w |a - b| / sum w max(a, b), from 0 to 1 (the Soergel distance). With |a| = sum w a and
what two vectors share, m = sum w min(a, b), it is (|a| + |b| - 2 m) / (|a| + |b| - m), and the nearest
b has the largest m / (|a| + |b|). As b only takes the counts that occur, min(a, b) is a sum over them:
each is a step that b either reaches or not, and a fills in whole or in part. So m is one product of a
sparse matrix of a with a 0/1 matrix of b, in place of all differences of all pairs.

Exact, and each row by itself: rows are added up in the order of their cells, whatever is beside them.
Memory: some arrays of 2**21 numbers, 16 MB each, at a time.

Where all templates weigh 1 and many vectors are known, each row is compared with those of `SharedCounts`
instead, to the same bits: no m is larger than the smaller of |a| and |b|, so that those of about as many
events come first, and those whose bound is below the best are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from anomalog_exp.features.count_vectors import distinct_rows
from anomalog_exp.features.shared_counts import SharedCounts

__all__ = ["NearestCounts"]

_CELLS = 1 << 21
_DIGITS = 12

_MANY = 1 << 12
"""Known vectors beyond which rows are compared one by one."""

_NEAR, _AT_ONCE = 1 << 11, 1 << 16
"""Vectors that a row is compared with: at first on both sides of its own number of events, then more."""


class _Row(NamedTuple):
    """A vector that is compared: its cells, their sum, and where it is itself by total, or -1."""

    columns: NDArray[np.int32]
    counts: NDArray[np.float64]
    total: float
    itself: int


class _Best(NamedTuple):
    """The nearest so far: what both share by what both have, its place, its distance."""

    ratio: float
    place: int
    distance: float


@dataclass(eq=False)
class NearestCounts:
    """Searches for the nearest of some vectors.

    Attributes:
        vectors: (kinds, templates) float64 distinct counts, one at least.
        weight: (templates,) float64 weights, 0 or more.
    """

    vectors: Annotated[csr_matrix, "kinds", "templates"]
    weight: Annotated[NDArray[np.float64], "templates"]

    def __post_init__(self) -> None:
        vectors = self.vectors
        self._total = vectors @ self.weight
        self._by_total = np.argsort(self._total, kind="stable")
        self._totals = self._total[self._by_total]
        self._position = np.empty_like(self._by_total)
        self._position[self._by_total] = np.arange(len(self._by_total))
        self._shared: SharedCounts | None = None
        if vectors.shape[0] > _MANY and (self.weight == 1).all():
            self._shared = SharedCounts.within_memory(vectors[self._by_total])
        column = vectors.indices.astype(np.int64)
        # A count and its column as one number.
        self._base = int(vectors.data.max(initial=0)) + 1
        cells = column * self._base + vectors.data.astype(np.int64)
        steps = np.unique(cells)
        self._column, reached = np.divmod(steps, self._base)
        first = np.diff(self._column, prepend=-1) != 0
        self._from = np.where(first, 0, np.roll(reached, 1))
        self._height = reached - self._from
        places, _, borders = self._steps_below(vectors)
        ones = np.ones(len(places))
        self._reached = csr_matrix((ones, places, borders), (vectors.shape[0], len(steps)))

    def _steps_below(
        self, vectors: csr_matrix
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The steps that begin below the counts: which, below which cell, and the rows' borders."""
        cells = vectors.indices.astype(np.int64) * self._base
        counts = np.minimum(vectors.data.astype(np.int64), self._base - 1)
        begins = self._column * self._base + self._from
        first, stop = np.searchsorted(begins, cells), np.searchsorted(begins, cells + counts)
        borders = np.concatenate(([0], np.cumsum(stop - first)))
        places = np.arange(borders[-1]) + np.repeat(first - borders[:-1], stop - first)
        cell = np.repeat(np.arange(len(cells)), stop - first)
        return places, cell, borders[vectors.indptr]

    def search(self, vectors: csr_matrix) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(rows,) distances of count vectors to their nearest, to 12 digits, and which it is.

        Equal ones are settled first; of several as near, the first counts.
        """
        kinds = self.vectors.shape[0]
        same = distinct_rows(vstack([self.vectors, vectors], format="csr"))
        nearest = same.first[same.group[kinds:]]
        distance = np.zeros(len(nearest))
        other = np.flatnonzero(nearest >= kinds)
        distance[other], nearest[other] = self._search(vectors[other])
        return distance, nearest

    def apart(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """(places,) distances of some of the vectors to the nearest other one; 1 without another."""
        return self._search(self.vectors[places], places)[0]

    def _search(
        self, vectors: csr_matrix, itself: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The same as `search`; the one of the place `itself`, (rows,), is not compared with."""
        if self._shared is not None:
            return self._one_by_one(self._shared, vectors, itself)
        filled = self._filled(vectors)
        total = vectors @ self.weight
        best = np.full(len(total), -1.0)
        distance, nearest = np.ones(len(total)), np.zeros(len(total), dtype=np.int64)
        band = max(1, _CELLS // max(self._reached.shape[1], 1024))
        for left in range(0, len(self._total), band):
            some = slice(left, left + band)
            reached = self._reached[some].toarray().T.copy(order="C")
            rows = max(1, _CELLS // reached.shape[1])
            for above in range(0, len(total), rows):
                part = slice(above, above + rows)
                shared = filled[part] @ reached
                both = np.add.outer(total[part], self._total[some])
                # Two vectors without any weight do not differ in what counts.
                ratio = np.divide(shared, both, out=np.full(both.shape, 0.5), where=both > 0)
                if itself is not None:
                    column = itself[part] - left
                    row = np.flatnonzero((column >= 0) & (column < ratio.shape[1]))
                    ratio[row, column[row]] = -1.0
                place = ratio.argmax(axis=1)
                here = np.arange(len(place)), place
                better = np.flatnonzero(ratio[here] > best[part])
                here = better, place[better]
                best[above + better] = ratio[here]
                nearest[above + better] = left + place[better]
                most = np.where(both[here] > 0, both[here] - shared[here], 1.0)
                apart = np.maximum(both[here] - 2 * shared[here], 0.0)
                distance[above + better] = apart / most
        return np.round(distance, _DIGITS), nearest

    def _one_by_one(
        self, shared: SharedCounts, vectors: csr_matrix, itself: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The same, where all templates weigh 1."""
        totals = self._totals
        kinds = np.unique(totals)
        found = []
        for row in range(vectors.shape[0]):
            cells = slice(vectors.indptr[row], vectors.indptr[row + 1])
            one = _Row(
                vectors.indices[cells],
                vectors.data[cells],
                float(vectors.data[cells].sum()),
                -1 if itself is None else int(self._position[itself[row]]),
            )
            middle = int(np.searchsorted(totals, one.total))
            begin, end = max(0, middle - _NEAR), min(len(totals), middle + _NEAR)
            best = self._better(_Best(-1.0, 0, 1.0), one, shared, begin, end)
            bound = np.minimum(kinds, one.total) / np.maximum(kinds + one.total, 1.0)
            # They are neighbours, as the bound only falls on both sides of the row's own total.
            open_ = kinds[bound >= best.ratio]
            if len(open_):
                first = np.searchsorted(totals, open_[0])
                stop = np.searchsorted(totals, open_[-1], "right")
                best = self._better(best, one, shared, int(first), begin)
                best = self._better(best, one, shared, end, int(stop))
            found.append(best)
        distance = np.array([best.distance for best in found], dtype=np.float64)
        nearest = np.array([best.place for best in found], dtype=np.int64)
        return np.round(distance, _DIGITS), nearest

    def _better(self, best: _Best, one: _Row, shared: SharedCounts, start: int, stop: int) -> _Best:
        """The best so far, or a better one of some of the vectors in the order of their totals."""
        for left in range(start, stop, _AT_ONCE):
            some = slice(left, min(left + _AT_ONCE, stop))
            both = self._totals[some] + one.total
            common = shared.with_each(one.columns, one.counts, some)
            # Both are without events only where the one is compared with itself.
            ratio = common / (both if one.total else np.maximum(both, 1.0))
            if some.start <= one.itself < some.stop:
                ratio[one.itself - some.start] = -1.0
            highest = float(ratio.max())
            if highest < 0 or highest < best.ratio:
                continue
            equal = np.flatnonzero(ratio == highest)
            places = self._by_total[some][equal]
            here, place = equal[places.argmin()], int(places.min())
            if highest > best.ratio or place < best.place:
                most = both[here] - common[here]
                apart = float((most - common[here]) / most) if most else 0.0
                best = _Best(highest, place, apart)
        return best

    def _filled(self, vectors: csr_matrix) -> csr_matrix:
        """(rows, steps) how much of each step a vector fills, times the weight."""
        places, cell, borders = self._steps_below(vectors)
        column, count = self._column[places], vectors.data[cell]
        filled = np.minimum(count - self._from[places], self._height[places])
        return csr_matrix(
            (filled * self.weight[column], places, borders),
            (vectors.shape[0], len(self._column)),
        )
