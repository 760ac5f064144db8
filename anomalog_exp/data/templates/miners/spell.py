"""Spell: templates as longest common subsequences of tokens.

Source: Du and Li, "Spell: Streaming Parsing of System Event Logs", ICDM 2016. A message joins the
cluster with which it shares the longest subsequence of tokens, if that is long enough; what the two do
not share becomes `<*>`. Wildcards of the masks take no part in the comparison.

Deviations. Messages come once each, not once per line. No prefix tree: one call of rapidfuzz compares
with all clusters, or with those that an index finds where they are many (`word_index.py`). Ties go to
the shorter template, as in the paper, then to the older one. A message that was not mined must hold
all words of its template, in their order, as every message does that was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.data.templates.masking import WILDCARD
from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.word_index import COMPARED, WordIndex
from anomalog_exp.options.base import Fraction

__all__ = ["Config", "SpellMiner"]


class Config(TemplateMinerConfig):
    """Options of Spell, named as in the paper."""

    name: Literal["spell"]
    tau: Fraction = Field(
        description="a template must have more than this share of a message's tokens"
    )

    def build_miner(self) -> SpellMiner:
        return SpellMiner(self.tau)


class SpellMiner(TemplateMiner):
    """Mines templates with Spell."""

    def __init__(self, tau: float) -> None:
        self._tau = tau

    def mine(self, messages: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
        templates: list[list[str]] = []
        words: list[list[str]] = []
        index = WordIndex()
        cluster_of = np.empty(len(messages), dtype=np.int64)
        for place, message in enumerate(messages):
            tokens = message.split()
            spoken = _spoken(tokens)
            cluster = self._best(spoken, words, index)
            if cluster is None:
                cluster = len(templates)
                index.note(cluster, _keys(spoken))
                templates.append(tokens)
                words.append(spoken)
            elif spoken != words[cluster]:
                templates[cluster] = _merged(templates[cluster], spoken)
                words[cluster] = _spoken(templates[cluster])
            cluster_of[place] = cluster
        texts, codes = dense_codes([" ".join(template) for template in templates])
        named, order = dense_codes([texts[codes[cluster]] for cluster in cluster_of])
        return named, order

    def matcher(self, texts: Sequence[str]) -> Callable[[str], int | None]:
        words = [_spoken(text.split()) for text in texts]
        index = WordIndex()
        for number, one in enumerate(words):
            index.note(number, _keys(one))

        def match(message: str) -> int | None:
            # What lost none of its words to the message: mining would have taken from the others.
            return self._best(_spoken(message.split()), words, index, whole=True)

        return match

    def _best(
        self, spoken: list[str], words: list[list[str]], index: WordIndex, *, whole: bool = False
    ) -> int | None:
        """The cluster that shares most with a message, or None where none shares enough.

        Args:
            spoken: The message's tokens without wildcards.
            words: Likewise of each cluster's template.
            index: Of the clusters.
            whole: Only clusters that share all their words.
        """
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cdist

        least = self._tau * len(spoken)
        few = (
            list(range(len(words)))
            if len(words) <= COMPARED
            else sorted(index.sharing(_keys(spoken), least))
        )
        if not few:
            return None
        shared = cdist(
            [spoken], [words[row] for row in few], scorer=LCSseq.similarity, dtype=np.int64
        )[0]
        length = np.array([len(words[row]) for row in few])
        if whole:
            shared[shared < length] = -1
        best = int(np.lexsort((np.array(few), length, -shared))[0])
        if not spoken:
            return few[best] if length[best] == 0 else None
        return few[best] if shared[best] > least else None


def _keys(spoken: Sequence[str]) -> list[str]:
    """What the index knows a cluster by: its words, once each, or that it has none."""
    return list(dict.fromkeys(spoken)) or [""]


def _spoken(tokens: list[str]) -> list[str]:
    return [token for token in tokens if token != WILDCARD]


def _merged(template: list[str], spoken: list[str]) -> list[str]:
    """The template with wildcards, one for each gap, where it does not share the message's tokens."""
    from rapidfuzz.distance import LCSseq

    kept: set[int] = set()
    for operation in LCSseq.opcodes(template, spoken):
        if operation.tag == "equal":
            kept |= set(range(operation.src_start, operation.src_end))
    merged: list[str] = []
    for place, token in enumerate(template):
        if place in kept:
            merged.append(token)
        elif not merged or merged[-1] != WILDCARD:
            merged.append(WILDCARD)
    return merged
