"""Drain: a parse tree of fixed depth over the tokens of masked messages.

Source: He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017.
A message descends by its number of tokens and then by its first tokens to a leaf, and joins the most
similar cluster there if enough tokens agree; where they differ the cluster's template gets `<*>`.

Deviations. Messages come once each, not once per line: repeating a message never changes its cluster.
A leaf compares all its clusters in one array operation. After the last message, clusters whose
templates read the same are one template. Ties in similarity go to the cluster with more wildcards, as
in the authors' code, then to the older one. A message that was not mined must have all words of its
template: by similarity alone, `state is crashed` would be called `state is up`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.templates.masking import WILDCARD
from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.word_tree import WordTree
from anomalog_exp.options.base import Count, Fraction

__all__ = ["Config", "DrainMiner"]

_WILD = 0
"""Id of the wildcard among tokens."""


class Config(TemplateMinerConfig):
    """Options of Drain, named as in the paper."""

    name: Literal["drain"]
    depth: int = Field(ge=3, description="depth of the tree, root and leaves included")
    similarity_threshold: Fraction = Field(description="share of tokens that must agree")
    max_children: Count = Field(description="children of a node before the rest share one")
    max_words: Count = Field(description="distinct words in one place that still are the statement")

    def build_miner(self) -> DrainMiner:
        return DrainMiner(self.depth, self.similarity_threshold, self.max_children, self.max_words)


@dataclass
class _Leaf:
    """Clusters of one leaf: their templates as rows of token ids, and their numbers."""

    templates: NDArray[np.int32]
    clusters: list[int] = field(default_factory=list)


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
        ids: dict[str, int] = {WILDCARD: _WILD}
        leaves: dict[tuple[int, ...], _Leaf] = {}
        children: dict[tuple[int, ...], set[int]] = {}
        homes: list[tuple[_Leaf, int]] = []
        cluster_of = np.empty(len(messages), dtype=np.int64)
        rows: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)] * len(messages)
        for place, message in enumerate(messages):
            tokens = rows[place] = np.array(
                [ids.setdefault(token, len(ids)) for token in message.split()], dtype=np.int32
            )
            leaf = self._leaf(tokens, leaves, children)
            row = self._join(leaf, tokens)
            if row == len(leaf.clusters):
                leaf.clusters.append(len(homes))
                homes.append((leaf, row))
            cluster_of[place] = leaf.clusters[row]
        members: list[list[NDArray[np.int32]]] = [[] for _ in homes]
        for tokens, cluster in zip(rows, cluster_of.tolist(), strict=True):
            members[cluster].append(tokens)
        templates = np.empty(len(messages), dtype=object)
        texts = np.array(list(ids), dtype=object)
        masked = np.array([WILDCARD in text for text in ids])
        for cluster, group in enumerate(members):
            worded = self._keep_words(np.stack(group), masked)
            templates[cluster_of == cluster] = [" ".join(texts[row]) for row in worded]
        return dense_codes(templates.tolist())

    def matcher(self, texts: Sequence[str]) -> Callable[[str], int | None]:
        return WordTree(texts).find

    def _keep_words(
        self, tokens: NDArray[np.int32], masked: NDArray[np.bool_]
    ) -> NDArray[np.int32]:
        """(members, tokens) template of each member of one cluster."""
        templates = tokens.copy()
        for place in np.flatnonzero((tokens != tokens[0]).any(axis=0)):
            words = np.unique(tokens[:, place])
            if len(words) > self._max_words or masked[words].any():
                templates[:, place] = _WILD
        return templates

    def _leaf(
        self,
        tokens: NDArray[np.int32],
        leaves: dict[tuple[int, ...], _Leaf],
        children: dict[tuple[int, ...], set[int]],
    ) -> _Leaf:
        path: tuple[int, ...] = (len(tokens),)
        for token in tokens[: self._prefix].tolist():
            known = children.setdefault(path, set())
            if token not in known:
                if len(known) < self._max_children:
                    known.add(token)
                else:
                    token = _WILD
            path = (*path, token)
        return leaves.setdefault(path, _Leaf(np.empty((0, len(tokens)), dtype=np.int32)))

    def _join(self, leaf: _Leaf, tokens: NDArray[np.int32]) -> int:
        """Row of the cluster that takes the message; a new row where none is similar enough."""
        used = leaf.templates[: len(leaf.clusters)]
        wild = used == _WILD
        agree = (used == tokens) & ~wild
        # The similarity decides, the number of wildcards breaks ties.
        score = agree.sum(axis=1) * (len(tokens) + 1) + wild.sum(axis=1)
        best = int(score.argmax()) if len(used) else 0
        if not len(used) or agree[best].sum() < self._threshold * len(tokens):
            if len(used) == len(leaf.templates):
                room = np.empty((max(4, 2 * len(used)), len(tokens)), dtype=np.int32)
                room[: len(used)] = used
                leaf.templates = room
            leaf.templates[len(used)] = tokens
            return len(used)
        leaf.templates[best][used[best] != tokens] = _WILD
        return best
