"""Finds the clusters that share most words with a message, however many clusters there are.

To compare each message with all clusters takes time by the square of the number of messages, where most
are like no other. The index knows few clusters of each word: what it finds is likely the most similar
cluster, and not always.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from typing import Final

__all__ = ["COMPARED", "WordIndex"]

COMPARED: Final = 256
"""So many clusters are all compared; of more, those that the index finds."""

_PER_WORD: Final = 16
"""The first clusters that have a word."""

_FOUND: Final = 4


class WordIndex:
    """An index of clusters by the words that they began with."""

    def __init__(self) -> None:
        self._having: dict[Hashable, list[int]] = defaultdict(list)

    def note(self, cluster: int, words: Iterable[Hashable]) -> None:
        """Take note of a new cluster."""
        for word in words:
            clusters = self._having[word]
            if len(clusters) < _PER_WORD:
                clusters.append(cluster)

    def sharing(self, words: Iterable[Hashable], least: float) -> list[int]:
        """At most four clusters that share most words; none if these are fewer than half of `least`.

        Half of what must agree is enough, because the index does not know all clusters of a word.
        """
        shared = Counter([cluster for word in words for cluster in self._having.get(word, ())])
        most = max(shared.values(), default=0)
        if 2 * most < least:
            return []
        return [cluster for cluster, count in shared.items() if count == most][:_FOUND]
