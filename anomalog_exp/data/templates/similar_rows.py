"""Clusters of messages of one length that have many words at the same places.

Source: a leaf of He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree",
ICWS 2017. A message joins the most similar cluster if enough words agree, and where they differ the
cluster's template gets a wildcard.

Deviations. All clusters are compared in one array operation, or those that an index finds where they
are many (`word_index.py`). Ties in similarity go to the cluster with more wildcards, as in the authors'
code, then to the older one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.templates.token_rows import WILD
from anomalog_exp.data.templates.word_index import COMPARED, WordIndex

__all__ = ["SimilarRows"]


class SimilarRows:
    """Clusters, of which each row joins one.

    Args:
        threshold: Share of the words that must agree.
        length: Words of a row.
    """

    def __init__(self, threshold: float, length: int) -> None:
        self._least = threshold * length
        self._templates = np.empty((4, length), dtype=np.int32)
        self._size = 0
        self._index = WordIndex()

    def join(self, words: NDArray[np.int32]) -> int:
        """The number of the cluster that takes a row; a new one where none is similar enough."""
        cluster = self._nearest(words)
        if cluster is None:
            return self._add(words)
        template = self._templates[cluster]
        template[template != words] = WILD
        return cluster

    def _nearest(self, words: NDArray[np.int32]) -> int | None:
        rows: NDArray[np.intp] = np.arange(min(self._size, COMPARED))
        if self._size > COMPARED:
            found = self._index.sharing(enumerate(words.tolist()), self._least)
            rows = np.array(found, dtype=np.intp)
        if not len(rows):
            return None
        templates = self._templates[rows]
        wild = templates == WILD
        agree = ((templates == words) & ~wild).sum(axis=1)
        # The similarity decides, the number of wildcards breaks ties.
        best = int((agree * (len(words) + 1) + wild.sum(axis=1)).argmax())
        return int(rows[best]) if agree[best] >= self._least else None

    def _add(self, words: NDArray[np.int32]) -> int:
        if self._size == len(self._templates):
            room = np.empty((2 * self._size, len(words)), dtype=np.int32)
            room[: self._size] = self._templates
            self._templates = room
        self._templates[self._size] = words
        self._index.note(self._size, enumerate(words.tolist()))
        self._size += 1
        return self._size - 1
