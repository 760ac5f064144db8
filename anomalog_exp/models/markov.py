"""Markov chain of order k: the mean negative log likelihood of a sequence's transitions.

Each event is drawn given the k before it, where a sequence begins with start symbols and closes with an
end symbol, so that what is missing at either border is seen. Probabilities come from training sequences
that are not labelled anomalous, with additive smoothing over the symbols seen there and one more for
all that were not; a context never seen gives every symbol the same. Score: nats per transition.
Markov chains for sequence anomalies: Chandola, Banerjee, Kumar, "Anomaly detection for discrete
sequences: a survey", IEEE TKDE 24(5), 2012, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.features.expectations import Expectations
from anomalog_exp.features.segments import segment_sums
from anomalog_exp.features.transitions import Transitions, symbols_of, transitions
from anomalog_exp.options.base import Count
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "MarkovDetector"]

_EVENTS_AT_ONCE = 1 << 18


class Config(ExperimentModelConfig):
    """Options of the Markov chain."""

    name: Literal["markov"]
    order: Count = Field(description="events of context")
    smoothing: float = Field(gt=0, description="added to every transition's count")

    def build_detector(self) -> MarkovDetector:
        return MarkovDetector(self)


class MarkovDetector(Detector):
    """Scores sequences by how rare their transitions are."""

    config: Config
    _keys: Annotated[NDArray[np.int64], "transitions"]
    _counts: Annotated[NDArray[np.int64], "transitions"]
    _contexts: Annotated[NDArray[np.int64], "contexts"]
    _context_counts: Annotated[NDArray[np.int64], "contexts"]
    _kinds: int
    _expectations: Expectations

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        seen = [self._seen(part) for part in train.normal().portions(_EVENTS_AT_ONCE)]
        self._keys, self._counts = _added_up(*map(np.concatenate, zip(*seen, strict=True)))
        symbols = symbols_of(train)
        self._contexts, self._context_counts = _added_up(self._keys // symbols, self._counts)
        self._kinds = len(np.unique(self._keys % symbols)) + 1
        self._expectations = Expectations.of(self._keys, self._counts, symbols)

    def _seen(self, normal: SequenceSet) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Distinct transitions, and how often each may be learned from."""
        seen = transitions(normal, self.config.order)
        learned = np.ones(len(seen.keys), dtype=bool)
        learned[seen.into_event] = normal.may_train
        return np.unique(seen.keys[learned], return_counts=True)

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        return np.concatenate([self._scores(steps) for steps in self._steps(sequences)])

    def _scores(self, steps: Transitions) -> NDArray[np.float64]:
        total = segment_sums(self._surprise(steps), steps.offsets)
        return total / np.maximum(np.diff(steps.offsets), 1)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        parts = (self._surprise(steps)[steps.into_event] for steps in self._steps(sequences))
        return scratch.joined(parts, sequences.offsets[-1], np.float64)

    def rank_next_events(self, sequences: SequenceSet) -> NDArray[np.int64]:
        parts = (self._ranks(steps) for steps in self._steps(sequences))
        return scratch.joined(parts, sequences.offsets[-1], np.int64)

    def _ranks(self, steps: Transitions) -> NDArray[np.int64]:
        rank = self._expectations.rank(steps.keys[steps.into_event])
        return np.where(steps.history[steps.into_event] > 0, rank, -1)

    def _steps(self, sequences: SequenceSet) -> Iterator[Transitions]:
        for part in sequences.portions(_EVENTS_AT_ONCE):
            yield transitions(part, self.config.order)

    def _surprise(self, steps: Transitions) -> NDArray[np.float64]:
        """(transitions,) negative log probability of each."""
        count = _lookup(self._keys, self._counts, steps.keys)
        context = _lookup(self._contexts, self._context_counts, steps.keys // steps.symbols)
        alpha = self.config.smoothing
        return np.log(context + alpha * self._kinds) - np.log(count + alpha)

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The rarest transitions, with their negative log probability in nats."""
        steps = transitions(sequences, self.config.order)
        surprise = self._surprise(steps)
        names = [*sequences.dataset.templates, "(end)", "(start)"]
        explained = []
        for start, stop in zip(steps.offsets[:-1], steps.offsets[1:], strict=True):
            ranked = np.argsort(-surprise[start:stop], kind="stable")[:top] + start
            explained.append(
                [(self._words(steps.keys[i], steps.symbols, names), surprise[i]) for i in ranked]
            )
        return [[(words, float(weight)) for words, weight in one] for one in explained]

    def _words(self, key: int, symbols: int, names: list[str]) -> str:
        parts = []
        for _ in range(self.config.order + 1):
            key, symbol = divmod(int(key), symbols)
            parts.append(names[symbol])
        return " -> ".join(reversed(parts))

    def manifest(self) -> dict[str, object]:
        """Sizes of what was learned."""
        return {"contexts": len(self._contexts), "transitions": len(self._keys)}


def _added_up(
    keys: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct keys, sorted, and the sum of the counts of each."""
    distinct, inverse = np.unique(keys, return_inverse=True)
    return distinct, np.bincount(inverse, weights=counts).astype(np.int64)


def _lookup(
    known: NDArray[np.int64], counts: NDArray[np.int64], keys: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The count of each key, 0 where it is not known; `known` is sorted."""
    if not len(known):
        return np.zeros(len(keys), dtype=np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, counts[place], 0)
