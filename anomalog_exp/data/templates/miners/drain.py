"""Drain: a parse tree of fixed depth over the tokens of masked messages.

Source: He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017.
A message descends by its number of tokens and then by its first tokens to a leaf, and joins the most
similar cluster there if enough tokens agree; where they differ the cluster's template gets `<*>`.

Deviations, besides those of a leaf (`similar_rows.py`). Messages come once each, not once per line:
repeating a message never changes its cluster. Words of a place are kept where they are few. After the
last message, clusters whose templates read the same are one template. A message that was not mined must
have all words of its template: by similarity alone, `state is crashed` would be called `state is up`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.templates.masking import WILDCARD
from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.similar_rows import SimilarRows
from anomalog_exp.data.templates.token_rows import WILD, TokenRows, rows_of_groups
from anomalog_exp.data.templates.word_tree import WordTree
from anomalog_exp.options.base import Count, Fraction

__all__ = ["Config", "DrainMiner"]


class Config(TemplateMinerConfig):
    """Options of Drain, named as in the paper."""

    name: Literal["drain"]
    depth: int = Field(ge=3, description="depth of the tree, root and leaves included")
    similarity_threshold: Fraction = Field(description="share of tokens that must agree")
    max_children: Count = Field(description="children of a node before the rest share one")
    max_words: Count = Field(description="distinct words in one place that still are the statement")

    def build_miner(self) -> DrainMiner:
        return DrainMiner(self.depth, self.similarity_threshold, self.max_children, self.max_words)


class DrainMiner(TemplateMiner):
    """Mines templates with Drain."""

    def __init__(
        self, depth: int, similarity_threshold: float, max_children: int, max_words: int
    ) -> None:
        self._prefix = depth - 2
        self._threshold = similarity_threshold
        self._max_children = max_children
        self._max_words = max_words

    def mine(self, messages: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
        tokens = TokenRows(messages)
        masked = np.array([WILDCARD in text for text in tokens.texts])
        texts = np.array(messages, dtype=object)
        for places, words in tokens.by_length():
            for rows in rows_of_groups(self._clusters(words)):
                templates = words[rows]
                for place in np.flatnonzero((templates != templates[0]).any(axis=0)):
                    differing = np.unique(templates[:, place])
                    if len(differing) > self._max_words or masked[differing].any():
                        templates[:, place] = WILD
                texts[places[rows]] = [" ".join(tokens.texts[row]) for row in templates]
        return dense_codes(texts.tolist())

    def matcher(self, texts: Sequence[str]) -> Callable[[str], int | None]:
        return WordTree(texts).find

    def _clusters(self, words: NDArray[np.int32]) -> NDArray[np.int64]:
        """(rows,) the cluster of each message; those of one length."""
        leaves: dict[tuple[int, ...], SimilarRows] = {}
        children: dict[tuple[int, ...], set[int]] = {}
        numbers: dict[tuple[int, int], int] = {}
        cluster = np.empty(len(words), dtype=np.int64)
        for row, path in enumerate(words[:, : self._prefix].tolist()):
            found = self._path(path, children)
            leaf = leaves.setdefault(found, SimilarRows(self._threshold, words.shape[1]))
            key = id(leaf), leaf.join(words[row])
            cluster[row] = numbers.setdefault(key, len(numbers))
        return cluster

    def _path(
        self, words: Sequence[int], children: dict[tuple[int, ...], set[int]]
    ) -> tuple[int, ...]:
        """The nodes that a message descends by: its first words, or a wildcard where a node is full."""
        path: tuple[int, ...] = ()
        for word in words:
            known = children.setdefault(path, set())
            if word not in known:
                if len(known) < self._max_children:
                    known.add(word)
                else:
                    word = WILD
            path = (*path, word)
        return path
