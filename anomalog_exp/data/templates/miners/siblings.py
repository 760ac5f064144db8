"""Siblings: messages that differ in one place are of one statement; the rest is grouped as in Drain.

Sources. Parameters are found by leaving out one word at a time (`one_place.py`); that a frequent pattern
with a free place is a statement is the idea of SLCT (Vaarandi, "A Data Clustering Algorithm for Mining
Patterns from Event Logs", IPOM 2003). Messages that differ in several places are compared as in the
leaves of Drain (`similar_rows.py`), without its tree: any word may be a parameter. A place with few
words keeps them (`statement_words.py`), as in Brain (Yu et al., "Brain: Log Parsing with Bidirectional
Parallel Tree", IEEE TSC 2023) and PIPLUP (arXiv 2508.09366).

Deviations. Nothing is tuned to a system. Messages come once each, whatever a log repeats. The first word
of a message is a verb or the name of a program, of which a statement may have twice as many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.one_place import without_parameters
from anomalog_exp.data.templates.similar_rows import SimilarRows
from anomalog_exp.data.templates.statement_words import statement_rows, wildcard_word
from anomalog_exp.data.templates.token_rows import WILD, TokenRows, rows_of_groups
from anomalog_exp.data.templates.word_tree import WordTree
from anomalog_exp.options.base import Count, Fraction

__all__ = ["Config", "SiblingsMiner"]


class Config(TemplateMinerConfig):
    """Options of the siblings miner."""

    name: Literal["siblings"]
    similarity_threshold: Fraction = Field(description="share of words that must agree")
    max_words: Count = Field(description="distinct words in one place that still are the statement")

    def build_miner(self) -> SiblingsMiner:
        return SiblingsMiner(self.similarity_threshold, self.max_words)


class SiblingsMiner(TemplateMiner):
    """Mines templates by leaving words out, then by Drain's tree."""

    def __init__(self, similarity_threshold: float, max_words: int) -> None:
        self._threshold = similarity_threshold
        self._max_words = max_words

    def mine(self, messages: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
        tokens = TokenRows(messages)
        value_like = tokens.value_like()
        places: list[NDArray[np.int64]] = []
        clusters: list[NDArray[np.int32]] = []
        for here, words in tokens.by_length():
            for rows in rows_of_groups(self._clusters(words, value_like)):
                if len(rows) > 1:
                    places.append(here[rows])
                    clusters.append(words[rows])
        # A message that is like no other is its own template.
        texts = np.array([" ".join(message.split()) for message in messages], dtype=object)
        found = statement_rows(clusters, self._most_words, value_like, tokens.texts)
        for where, words, templates in zip(places, clusters, found, strict=True):
            texts[where] = _texts(words, templates, tokens.texts)
        return dense_codes(texts.tolist())

    def matcher(self, texts: Sequence[str]) -> Callable[[str], int | None]:
        return WordTree(texts).find

    def _clusters(
        self, words: NDArray[np.int32], value_like: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """(rows,) the cluster of each message; those of one length."""
        known = without_parameters(words, self._most_words(words.shape[1]), value_like)
        known = np.where(value_like[known], WILD, known)
        _, first, same = np.unique(known, axis=0, return_index=True, return_inverse=True)
        similar = SimilarRows(self._threshold, words.shape[1])
        cluster = np.empty(len(first), dtype=np.int64)
        for number in np.argsort(first).tolist():  # in the order of the log
            cluster[number] = similar.join(known[first[number]])
        return cluster[same.ravel()]

    def _most_words(self, length: int) -> NDArray[np.int64]:
        """(length,) how many different words a statement may have at each place of a message."""
        most = np.full(length, self._max_words)
        most[:1] *= 2
        return most


def _texts(
    words: NDArray[np.int32], templates: NDArray[np.int32], texts: NDArray[np.object_]
) -> list[str]:
    """The template text of each row of a cluster."""
    wild = (templates == WILD).all(axis=0) & (words != WILD).any(axis=0)
    read = {
        place: wildcard_word(texts[np.unique(words[:, place])].tolist())
        for place in np.flatnonzero(wild).tolist()
    }
    distinct, same = np.unique(templates, axis=0, return_inverse=True)
    found = [
        " ".join(read.get(place, texts[word]) for place, word in enumerate(row.tolist()))
        for row in distinct
    ]
    return [found[number] for number in same.ravel()]
