"""Rarity: the mean negative log likelihood of the words of a sequence's messages.

Words, or n-grams of words or characters, of the templates of all events (see `features/grams.py`) are
drawn by their shares in normal training, with additive smoothing over those seen there and one more for
all that were not. Score: nats per word; 0 where there are no words. LogLead (Mäntylä, Wang, Nyyssölä,
SANER 2024) has a RarityModel; the formulation is ours: a smoothed likelihood, by two numbers for each
template.

Evidence is what lifts a sequence above the average word of training: of each word its number, times the
nats by which it is rarer than that one.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.counts import template_counts, weighted_counts
from anomalog_exp.features.grams import Unit, gram_matrix
from anomalog_exp.options.base import Count
from anomalog_exp.sequences import scratch
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "RarityDetector"]


class Config(ExperimentModelConfig):
    """Options of rarity."""

    name: Literal["rarity"]
    unit: Unit
    n: Count
    smoothing: float = Field(gt=0, description="added to every word's count")

    def build_detector(self) -> RarityDetector:
        return RarityDetector(self)


class RarityDetector(Detector):
    """Scores sequences by how rare their words are."""

    config: Config
    _grams: Annotated[list[str], "grams"]
    _seen: Annotated[NDArray[np.float64], "grams"]
    _surprise: Annotated[csr_matrix, "templates", "grams"]
    _size: Annotated[NDArray[np.float64], "templates"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        counts, self._grams = gram_matrix(train.dataset.templates, self.config.unit, self.config.n)
        self._seen = scratch.counted(normal.templates, counts.shape[0]) @ counts
        self._surprise = counts.multiply(self._of_word()).tocsr()
        self._size = counts @ np.ones(len(self._grams))

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        both = weighted_counts(sequences, np.stack([self._of_template(), self._size], axis=1))
        return both[:, 0] / np.maximum(both[:, 1], 1)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        mean = self._of_template() / np.maximum(self._size, 1)
        return mean[sequences.templates]

    def _of_word(self) -> NDArray[np.float64]:
        """(grams,) nats of each."""
        smoothing = self.config.smoothing
        kinds = np.count_nonzero(self._seen) + 1
        total = self._seen.sum() + smoothing * kinds
        return -np.log((self._seen + smoothing) / total)

    def _of_template(self) -> NDArray[np.float64]:
        """(templates,) nats of all words of each."""
        return self._surprise @ np.ones(len(self._grams))

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The words rarer than the average one of training, with what they add above it in nats."""
        nats = self._of_word()
        average = (self._seen @ nats) / max(self._seen.sum(), 1.0)
        # Nothing of a word is left where it says nothing itself, as none has trained.
        above = np.divide(nats - average, nats, out=np.zeros(len(nats)), where=nats > 0)
        parts = (template_counts(sequences) @ self._surprise).multiply(above)
        return strongest(parts.tocsr(), self._grams, top)

    def manifest(self) -> dict[str, object]:
        """How many words training showed."""
        return {"vocabulary": int(np.count_nonzero(self._seen))}
