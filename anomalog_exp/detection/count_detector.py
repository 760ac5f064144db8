"""What detectors on count features share: distinct vectors in, one score per sequence out.

Sequences that hold the same templates equally often score the same, so every method is fitted on
distinct vectors with their numbers as weights where that gives the same result, and scores each vector
once. Rows are made dense in portions of 65,536, and of fewer beyond 1,024 templates: 512 MB at a time.
Training needs all of its distinct vectors at once, and is refused where these would take more than 4 GB.

Beyond 10,000 templates hardly any of which a sequence holds, zeros are nearly all that dense vectors
consist of. Methods that know a way without them, with the same result but for rounding, take it there,
and only there: what they give on fewer templates stays the same to the last bit.

Events of templates that the data set of training lacks have no weight, as in the feature extraction of
He et al., ISSRE 2016: no column counts them, but for methods that look for what training never showed.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, issparse

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.evidence import strongest
from anomalog_exp.detection.training import labelled_for_both_classes
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.count_vectors import CountVectors, count_vectors
from anomalog_exp.features.weighting import CountWeighting, Normalization, Weighting
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = [
    "MANY_TEMPLATES",
    "CountDetector",
    "CountModelConfig",
    "Features",
    "SupervisedCountDetector",
    "WeightedCountDetector",
    "most_frequent",
    "refuse_beyond_memory",
    "varying",
]

_LOG = logging.getLogger(__name__)

MANY_TEMPLATES = 10_000
"""Templates beyond which zeros are worth leaving out."""

Features: TypeAlias = NDArray[np.float64] | csr_matrix
"""(rows, templates); sparse ones only of a detector that is `sparse`, of more than MANY_TEMPLATES."""

_ROWS = 1 << 16
_CELLS_AT_ONCE = 1 << 26
_MOST_CELLS = 1 << 29
_LARGE_CELLS = 1 << 25
"""Training vectors of more numbers are announced."""

_DIGITS = 12


class CountModelConfig(ExperimentModelConfig):
    """Base of the configs: how counts become features."""

    weighting: Weighting = Field(description="counts as they are, or times inverse frequency")
    normalization: Normalization = Field(description="what is done to the weighted counts")


class CountDetector(Detector):
    """Base of detectors that learn from count vectors as they are, and read no label."""

    learns_from: ClassVar[Literal["normal", "all"]] = "all"

    sparse: ClassVar[bool] = False
    """Takes features without their zeros where there are more than MANY_TEMPLATES."""

    counts_unknown: ClassVar[bool] = False
    """Has a column for events of templates that the data set of training lacks."""

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        counts = self.counted(train.trainable())
        if not counts.vectors.nnz:
            raise NotApplicable(f"{self.name} needs events in train (there are none)")
        self.fit_vectors(self.trained_features(counts), counts.count)

    def counted(self, sequences: SequenceSet) -> CountVectors:
        """The count vectors of sequences, in the columns that the method has."""
        counts = count_vectors(sequences)
        if type(self).counts_unknown or not sequences.dataset.unknown_added:
            return counts
        return replace(counts, vectors=counts.vectors[:, :-1])

    def trained_features(self, counts: CountVectors) -> Any:
        """(kinds, templates) features of the training vectors.

        Raises:
            NotApplicable: they are too many for memory.
        """
        kinds, templates = counts.vectors.shape
        if not self._without_zeros(counts.vectors):
            what = f"{kinds:,} distinct ones of {templates:,} templates"
            refuse_beyond_memory(self.name, "training vectors", what, kinds * templates)
        return self.features(counts.vectors)

    def features(self, vectors: csr_matrix) -> Any:
        """(rows, templates) features of count vectors, each of its own row only."""
        return vectors if self._without_zeros(vectors) else vectors.toarray()

    def _without_zeros(self, vectors: csr_matrix) -> bool:
        return type(self).sparse and vectors.shape[1] > MANY_TEMPLATES

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        counts = self.counted(sequences)
        scores = np.empty(counts.vectors.shape[0])
        for part in _portions(counts.vectors):
            scores[part] = self.score_vectors(self.features(counts.vectors[part]))
        return _steady(scores)[counts.group]

    def explain(self, sequences: SequenceSet, top: int) -> list[list[tuple[str, float]]]:
        """The templates that drive the score, where the method tells."""
        if not len(sequences):
            return []
        counts = self.counted(sequences)
        evidence: list[list[tuple[str, float]]] = []
        for portion in _portions(counts.vectors):
            parts: Any = self.parts(self.features(counts.vectors[portion]))
            if parts is None:
                return super().explain(sequences, top)
            if issparse(parts):
                parts.data = _steady(parts.data)
            else:
                parts = csr_matrix(_steady(parts))
            evidence += strongest(parts, sequences.dataset.templates, top)
        return [list(evidence[group]) for group in counts.group.tolist()]

    @abstractmethod
    def fit_vectors(self, features: Any, count: NDArray[np.int64]) -> None:
        """Learn from (kinds, templates) distinct feature vectors and the number of each."""

    @abstractmethod
    def score_vectors(self, features: Any) -> NDArray[np.float64]:
        """(rows,) scores of (rows, templates) feature vectors, one row at least."""

    def parts(self, features: Any) -> Features | None:
        """(rows, templates) what each template adds to the score; None where it cannot be said."""
        return None


class WeightedCountDetector(CountDetector):
    """Base of detectors that learn from weighted and normalised count vectors."""

    config: CountModelConfig
    _weights: CountWeighting

    def trained_features(self, counts: CountVectors) -> Any:
        self._weights = CountWeighting.learned(counts.vectors, counts.count, self.config.weighting)
        return super().trained_features(counts)

    def features(self, vectors: csr_matrix) -> Any:
        if self._without_zeros(vectors):
            return self._weights.sparse(vectors, self.config.normalization)
        return self._weights.dense(vectors, self.config.normalization)


class SupervisedCountDetector(WeightedCountDetector):
    """Base of detectors that learn both classes from labelled count vectors."""

    supervised: ClassVar[bool] = True

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        train = labelled_for_both_classes(self.name, train)
        counts = self.counted(train)
        features = self.trained_features(counts)
        kinds = len(counts.count)
        anomalous = np.bincount(counts.group[train.label == 1], minlength=kinds)
        pairs = np.concatenate((counts.count - anomalous, anomalous))
        there = np.flatnonzero(pairs)
        self.fit_classes(features[there % kinds], there >= kinds, pairs[there])

    def fit_vectors(self, features: Any, count: NDArray[np.int64]) -> None:
        raise TypeError(f"{self.name} learns from labelled vectors")

    @abstractmethod
    def fit_classes(
        self,
        features: Any,
        anomalous: NDArray[np.bool_],
        count: NDArray[np.int64],
    ) -> None:
        """Learn from distinct pairs of vector and class.

        Args:
            features: (pairs, templates) features.
            anomalous: (pairs,) the class of each.
            count: (pairs,) int64 training sequences that are such a pair.
        """


def refuse_beyond_memory(name: str, what: str, size: str, cells: int) -> None:
    """Say how large what a detector needs at once is, or refuse it before it is made.

    Args:
        name: Of the detector.
        what: It needs in memory.
        size: That of it, in words.
        cells: Numbers of 8 bytes that it consists of.

    Raises:
        NotApplicable: they are more than 4 GB.
    """
    if cells > _MOST_CELLS:
        raise NotApplicable(
            f"{name} needs its {what} in memory ({size} are {_gb(cells)}, and {_gb(_MOST_CELLS)} is "
            "the most); make fewer templates of the log, with template.extra_masks or another miner, "
            "or choose a detector that needs no matrix of them, as model=event_count_vector"
        )
    if cells > _LARGE_CELLS:
        _LOG.info("%s takes its %s into memory: %s, %s", name, what, size, _gb(cells))


def _gb(cells: int) -> str:
    return f"{cells * 8 / 2**30:,.1f} GB"


def _portions(vectors: csr_matrix) -> list[slice]:
    """The rows in turn, as many at a time as are made dense at once."""
    kinds, templates = vectors.shape
    rows = max(1, min(_ROWS, _CELLS_AT_ONCE // max(templates, 1)))
    return [slice(start, start + rows) for start in range(0, kinds, rows)]


def most_frequent(count: NDArray[np.int64], at_most: int) -> NDArray[np.int64]:
    """Indices, ascending, of the largest counts; of equal ones the first."""
    return np.sort(np.argsort(-count, kind="stable")[:at_most])


def varying(features: NDArray[np.float64]) -> NDArray[np.int64]:
    """The columns that hold different values, all that a tree can split on; the first if none does."""
    columns = np.flatnonzero(np.ptp(features, axis=0))
    return columns if len(columns) else np.arange(1)


def _steady(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values to 12 significant digits.

    Matrix products differ in their last bits by how many rows are multiplied at once: without this a
    sequence would score differently in other company, and above a threshold that it made itself.
    """
    magnitude = np.floor(np.log10(np.abs(values), where=values != 0, out=np.zeros(values.shape)))
    scale = 10.0 ** np.clip(_DIGITS - 1 - magnitude, -300, 300)
    return np.round(values * scale) / scale
