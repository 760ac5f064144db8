"""Clusters of messages of one length that have many words at the same places.

Source: a leaf of He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree",
ICWS 2017. A message joins the most similar cluster if enough words agree, and where they differ the
cluster's template gets a wildcard.

Deviations. All clusters are compared in one array operation, or those that an index finds where they
are many (`word_index.py`). Ties in similarity go to the cluster with more wildcards, as in the authors'
code, then to the older one.
"""

from __future__ import annotations

from collections.abc import Sequence

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
        # A word and its place as one number.
        self._place = np.arange(length, dtype=np.int64) << 32
        self._templates = np.empty((4, length), dtype=np.int32)
        self._size = 0
        self._index = WordIndex()

    def join(self, words: NDArray[np.int32]) -> int:
        """The number of the cluster that takes a row; a new one where none is similar enough."""
        keys = (words + self._place).tolist()
        cluster = self._nearest(words, keys)
        if cluster is None:
            return self._add(words, keys)
        template = self._templates[cluster]
        template[template != words] = WILD
        return cluster

    def _nearest(self, words: NDArray[np.int32], keys: list[int]) -> int | None:
        rows: Sequence[int] = range(self._size)
        if self._size > COMPARED:
            rows = self._index.sharing(keys, self._least)
        if not rows:
            return None
        templates = (
            self._templates[: self._size] if isinstance(rows, range) else self._templates[rows]
        )
        wild = templates == WILD
        agree = ((templates == words) & ~wild).sum(axis=1)
        # The similarity decides, the number of wildcards breaks ties.
        best = int((agree * (len(words) + 1) + wild.sum(axis=1)).argmax())
        return rows[best] if agree[best] >= self._least else None

    def _add(self, words: NDArray[np.int32], keys: list[int]) -> int:
        if self._size == len(self._templates):
            room = np.empty((2 * self._size, len(words)), dtype=np.int32)
            room[: self._size] = self._templates
            self._templates = room
        self._templates[self._size] = words
        self._index.note(self._size, keys)
        self._size += 1
        return self._size - 1
