"""Markov chain of order k: the mean negative log likelihood of a sequence's transitions.

Each event is drawn given the k before it, where a sequence begins with start symbols and closes with an
end symbol, so that what is missing at either border is seen. Probabilities come from training sequences
that are not labelled anomalous, with additive smoothing over the symbols seen there and one more for
all that were not; a context never seen gives every symbol the same. Score: nats per transition.
Markov chains for sequence anomalies: Chandola, Banerjee, Kumar, "Anomaly detection for discrete
sequences: a survey", IEEE TKDE 24(5), 2012, section 5.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.config.base import Count
from anomalog_exp.features.expectations import Expectations
from anomalog_exp.features.segments import segment_sums
from anomalog_exp.features.transitions import Transitions, transitions
from anomalog_exp.models.contract import Detector, ExperimentModelConfig
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "MarkovDetector"]


class Config(ExperimentModelConfig):
    """Options of the Markov chain."""

    name: Literal["markov"]
    order: Count = Field(description="events of context")
    smoothing: float = Field(gt=0, description="added to every transition's count")

    def build_detector(self) -> MarkovDetector:
        return MarkovDetector(self.order, self.smoothing)


class MarkovDetector(Detector):
    """Scores sequences by how rare their transitions are."""

    def __init__(self, order: int, smoothing: float) -> None:
        self._order = order
        self._smoothing = smoothing
        self._kinds = 0
        self._keys: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._counts: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._contexts: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._context_counts: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def fit(self, train: SequenceSet) -> None:
        normal = train.normal()
        seen = transitions(normal, self._order)
        learned = np.ones(len(seen.keys), dtype=bool)
        learned[seen.into_event] = normal.may_train
        self._keys, self._counts = np.unique(seen.keys[learned], return_counts=True)
        self._contexts, inverse = np.unique(self._keys // seen.symbols, return_inverse=True)
        self._context_counts = np.bincount(inverse, weights=self._counts).astype(np.int64)
        self._kinds = len(np.unique(self._keys % seen.symbols)) + 1
        self._expectations = Expectations.of(self._keys, self._counts, seen.symbols)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        found = transitions(sequences, self._order)
        total = segment_sums(self._surprise(found), found.offsets)
        return total / np.maximum(np.diff(found.offsets), 1)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        found = transitions(sequences, self._order)
        return self._surprise(found)[found.into_event]

    def rank_next_events(self, sequences: SequenceSet) -> NDArray[np.int64]:
        found = transitions(sequences, self._order)
        rank = self._expectations.rank(found.keys[found.into_event])
        return np.where(found.history[found.into_event] > 0, rank, -1)

    def _surprise(self, found: Transitions) -> NDArray[np.float64]:
        """(transitions,) negative log probability of each."""
        count = _lookup(self._keys, self._counts, found.keys)
        context = _lookup(self._contexts, self._context_counts, found.keys // found.symbols)
        alpha = self._smoothing
        return np.log(context + alpha * self._kinds) - np.log(count + alpha)

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The rarest transitions, with their negative log probability in nats."""
        found = transitions(sequences, self._order)
        surprise = self._surprise(found)
        names = [*sequences.dataset.templates, "(end)", "(start)"]
        explained = []
        for start, stop in zip(found.offsets[:-1], found.offsets[1:], strict=True):
            ranked = np.argsort(-surprise[start:stop], kind="stable")[:top] + start
            explained.append(
                [(self._told(found.keys[i], found.symbols, names), surprise[i]) for i in ranked]
            )
        return [[(told, float(weight)) for told, weight in one] for one in explained]

    def _told(self, key: int, symbols: int, names: list[str]) -> str:
        parts = []
        for _ in range(self._order + 1):
            key, symbol = divmod(int(key), symbols)
            parts.append(names[symbol])
        return " -> ".join(reversed(parts))

    def manifest(self) -> dict[str, object]:
        """Sizes of what was learned."""
        return {"contexts": len(self._contexts), "transitions": len(self._keys)}


def _lookup(
    known: NDArray[np.int64], counts: NDArray[np.int64], keys: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The count of each key, 0 where it is not known; `known` is sorted."""
    if not len(known):
        return np.zeros(len(keys), dtype=np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, counts[place], 0)
