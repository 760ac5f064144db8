"""The nearest of many sets of words, by Jaccard distance.

d(a, b) = 1 - |a and b| / |a or b|, from 0 to 1. Comparing all pairs takes minutes where logs have a
hundred thousand sets; an index of words avoids most of it. Words are *seldom*, rarest first, as long as
a set meets 512 others by them in the mean, or more where that is less work; the rest is *common*.

- Of sets that share no seldom word, only the common ones count, which are the same in many: of those
  that have the same common words the smallest is the nearest. So kinds of common words are compared,
  all with all, in place of sets.
- Sets that share a seldom word are found by it, and few. What they share of common words is known by
  then.

Exact, and each set by itself. Memory: some arrays of 2**21 numbers, 16 MB each, beside the index. Time
grows with the product of the kinds of common words on both sides, which is far smaller than that of
sets: statements are few, names in them many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from anomalog_exp.features.count_vectors import distinct_rows
from anomalog_exp.features.distinct import Distinct
from anomalog_exp.progress import SILENT, Progress

__all__ = ["Nearest", "NearestSets"]

_CELLS = 1 << 21
_MET = 512
"""Sets that a set meets by seldom words, in the mean, at least."""

_MORE = 8
"""How many times as many it meets where that saves more than it costs."""

_MEETING = 3
"""What it costs that two sets meet, in comparisons of two kinds."""


class Nearest(NamedTuple):
    """The nearest set for each of some sets.

    Attributes:
        distance: (sets,) float64, 1 where nothing is shared.
        place: (sets,) int64 which one it is: the first of those that are as near; -1 if there is none.
    """

    distance: NDArray[np.float64]
    place: NDArray[np.int64]


@dataclass(eq=False)
class NearestSets:
    """Searches for the nearest of some sets.

    Attributes:
        sets: (sets, words) float64, 1 where a set has a word; distinct, columns in order.
    """

    sets: csr_matrix

    def __post_init__(self) -> None:
        self._size = self.sets.getnnz(axis=1).astype(np.int64)
        count = self.sets.getnnz(axis=0).astype(np.int64)
        is_common, kinds = self._divided(count)
        self._seldom, self._common = np.flatnonzero(~is_common), np.flatnonzero(is_common)
        self._met = count[self._seldom]
        self._having = self.sets[:, self._seldom].T.tocsr()
        common = self.sets[:, self._common]
        # The smallest set of each kind, then the first, stands for all; kinds are in the order of these.
        order = np.lexsort((self._size, kinds.group))
        smallest = order[np.diff(kinds.group[order], prepend=-1) != 0]
        by_place = np.argsort(smallest)
        self._smallest = smallest[by_place]
        number = np.empty_like(by_place)
        number[by_place] = np.arange(len(by_place))
        self._kind = number[kinds.group]
        self._kinds_having = common[self._smallest].T.tocsr()

    def _divided(self, count: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Distinct]:
        """(words,) which are common, and the kinds of common words of the sets.

        More words are seldom as long as the kinds that get fewer save more than the sets met cost.
        """
        by_count = np.argsort(count, kind="stable")
        met = np.cumsum(count[by_count] ** 2)
        least: int = 0
        best: tuple[NDArray[np.bool_], Distinct] | None = None
        most = _MET * len(self._size)
        while True:
            is_common = np.ones(len(count), dtype=bool)
            is_common[by_count[met <= most]] = False
            kinds = distinct_rows(self.sets[:, np.flatnonzero(is_common)])
            meetings = int((count[~is_common] ** 2).sum())
            work = _MEETING * meetings + len(kinds.first) ** 2
            if best is not None and work >= least:
                return best
            least, best = work, (is_common, kinds)
            most *= _MORE

    def search(self, sets: csr_matrix, progress: Progress = SILENT) -> Nearest:
        """The nearest of each of some sets over the same words; those of no set count in its size."""
        known = self.sets.shape[0]
        if not known:
            return Nearest(np.ones(sets.shape[0]), np.full(sets.shape[0], -1))
        same = distinct_rows(vstack([self.sets, sets], format="csr"))
        place = same.first[same.group[known:]]
        distance = np.zeros(len(place))
        other = np.flatnonzero(place >= known)
        with progress.stage("comparing words", len(other), "texts") as advance:
            for some, found in self._portions(sets[other]):
                distance[other[some]], place[other[some]] = found
                advance(len(some))
        return Nearest(distance, place)

    def _portions(self, sets: csr_matrix) -> Iterator[tuple[NDArray[np.int64], Nearest]]:
        """Which of some sets, and their nearest, as many at a time as fit into the memory."""
        common, seldom = sets[:, self._common], sets[:, self._seldom]
        size = sets.getnnz(axis=1).astype(np.int64)
        pairs = np.stack([distinct_rows(common).group, size], axis=1)
        _, first, kind = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
        kind = kind.reshape(-1)
        by_kind = np.argsort(kind, kind="stable")
        # Sets of one portion have kinds of one block, and meet no more sets than there is room for.
        block = kind[by_kind] // max(1, _CELLS // max(len(self._smallest), 1024))
        meets = np.cumsum((seldom @ self._met)[by_kind])
        begins = np.diff(block, prepend=-1) != 0
        before = np.concatenate(([0], meets))[np.flatnonzero(begins)]
        room = (meets - before[np.cumsum(begins) - 1]) // _CELLS
        begins |= np.diff(room, prepend=0) != 0
        for some in np.split(by_kind, np.flatnonzero(begins)[1:]):
            there, kind_of = np.unique(kind[some], return_inverse=True)
            shared = (common[first[there]] @ self._kinds_having).toarray()
            found = self._by_common(shared, size[first[there]])
            found = Nearest(found.distance[kind_of], found.place[kind_of])
            yield some, self._by_seldom(seldom[some], size[some], shared, kind_of, found)

    def _by_common(self, shared: NDArray[np.float64], size: NDArray[np.int64]) -> Nearest:
        """The nearest for each kind of sets, by the common words alone.

        Args:
            shared: (kinds, kinds of the known) common words of both.
            size: (kinds,) words of such a set, common or not.
        """
        alike = np.add.outer(size.astype(np.float64), self._size[self._smallest])
        alike -= shared
        np.divide(shared, alike, out=alike)
        nearest = alike.argmax(axis=1)
        most = alike[np.arange(len(nearest)), nearest]
        # Where nothing is shared every set is as near.
        return Nearest(1 - most, np.where(most > 0, self._smallest[nearest], 0))

    def _by_seldom(
        self,
        seldom: csr_matrix,
        size: NDArray[np.int64],
        shared: NDArray[np.float64],
        kind: NDArray[np.int64],
        found: Nearest,
    ) -> Nearest:
        """The nearest of each set, among those that share a seldom word and what was found besides.

        Args:
            seldom: (sets, seldom words) 1 where a set has a word.
            size: (sets,) words of each.
            shared: (kinds, kinds of the known) common words of both.
            kind: (sets,) the kind of each.
            found: (sets,) the nearest by common words.
        """
        met = seldom @ self._having
        row = np.repeat(np.arange(len(size)), np.diff(met.indptr))
        both = met.data + shared[kind[row], self._kind[met.indices]]
        apart = 1 - both / (size[row] + self._size[met.indices] - both)
        distance, place = found.distance.copy(), found.place.copy()
        np.minimum.at(distance, row, apart)
        place[distance < found.distance] = len(self._size)
        nearest = apart == distance[row]
        np.minimum.at(place, row[nearest], met.indices[nearest])
        return Nearest(distance, place)
