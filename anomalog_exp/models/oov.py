"""Out of vocabulary: the share of a sequence's words that normal training never showed.

Words, or n-grams of words or characters, of the templates of all events; see `features/grams.py`. A new
template made of known words says little, one word never seen says much. Score: a share, from 0 to 1; 0
where there are no words. LogLead (Mäntylä, Wang, Nyyssölä, SANER 2024) has a detector of this name; the
formulation is ours: it counts in the messages of a sequence, by one number for each template.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import normal_with_events
from anomalog_exp.features.counts import template_counts, weighted_counts
from anomalog_exp.features.grams import Unit, gram_matrix
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "OovDetector"]


class Config(ExperimentModelConfig):
    """Options of out of vocabulary."""

    name: Literal["oov"]
    unit: Unit
    n: Count

    def build_detector(self) -> OovDetector:
        return OovDetector(self)


class OovDetector(Detector):
    """Scores sequences by their unknown words."""

    config: Config
    _grams: Annotated[list[str], "grams"]
    _known: Annotated[NDArray[np.bool_], "grams"]
    _unknown: Annotated[csr_matrix, "templates", "grams"]
    _size: Annotated[NDArray[np.float64], "templates"]

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        normal = normal_with_events(self.name, train).trainable()
        counts, self._grams = gram_matrix(train.dataset.templates, self.config.unit, self.config.n)
        shown = np.zeros(counts.shape[0])
        shown[normal.templates] = 1.0
        self._known = shown @ counts > 0
        self._unknown = counts.multiply(~self._known).tocsr()
        self._size = counts @ np.ones(len(self._grams))

    @property
    def monotone(self) -> bool:
        return True

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        of_template = self._unknown @ np.ones(len(self._grams))
        both = weighted_counts(sequences, np.stack([of_template, self._size], axis=1))
        return both[:, 0] / np.maximum(both[:, 1], 1)

    def score_events(self, sequences: SequenceSet) -> NDArray[np.float64]:
        share = (self._unknown @ np.ones(len(self._grams))) / np.maximum(self._size, 1)
        return share[sequences.templates]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The unknown words, with how often they are there."""
        return strongest(template_counts(sequences) @ self._unknown, self._grams, top)

    def manifest(self) -> dict[str, object]:
        """How many words training showed."""
        return {"vocabulary": int(self._known.sum())}
