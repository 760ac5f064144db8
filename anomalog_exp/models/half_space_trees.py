"""Half-space trees: how few sequences of the latest window share the region of a count vector.

Source: Tan, Ting, Liu, "Fast anomaly detection for streaming data", IJCAI 2011, as river implements it.
Trees are drawn before anything is learned: each node halves the range of a random feature at a random
place. Sequences then pass one after the other, in the order of the training split, and each node counts
those that come through (its mass); after every `window_size` of them the masses of that window become
the reference. Mass times 2^depth is high in crowded regions. Score: 1 - total / largest total.

Learning is a loop in Python, as order matters: equal sequences are not merged, for each fills a place
of its window, and a window that training leaves unfilled is not yet the reference. Scoring learns
nothing, so each count vector is scored once. Labels are not read.

Features lie in [0, 1] as the trees need: count / (1 + count) of each template that training shows, which
nothing has to be learned for, and the same of the number of events whose template it never shows.

Deviations: river totals the mass of every node on the way, where the paper takes the last one alone; a
training split shorter than a window is one window.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, hstack

from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.errors import NotApplicable
from anomalog_exp.features.count_vectors import count_vectors
from anomalog_exp.features.observations import observations
from anomalog_exp.options.base import Count
from anomalog_exp.sequences.sequence_set import SequenceSet

__all__ = ["Config", "HalfSpaceTreesDetector"]


class Config(ExperimentModelConfig):
    """Options of the trees."""

    packages: ClassVar[tuple[str, ...]] = ("river",)

    name: Literal["half_space_trees"]
    trees: Count
    height: int = Field(ge=1, le=15, description="halvings on the way to a leaf")
    window_size: Count = Field(description="sequences whose masses are the reference")
    seed: int = Field(ge=0, description="of the halvings")

    def build_detector(self) -> HalfSpaceTreesDetector:
        from river import anomaly

        learner = partial(
            anomaly.HalfSpaceTrees, n_trees=self.trees, height=self.height, seed=self.seed
        )
        return HalfSpaceTreesDetector(learner, self.window_size)


class HalfSpaceTreesDetector(Detector):
    """Scores sequences by how empty their region of the count vectors is.

    Args:
        learner: Gives river's trees, not yet drawn, for a `window_size`.
        window_size: Sequences per window, where training has as many.
    """

    learns_from: ClassVar[Literal["normal", "all"]] = "all"

    def __init__(self, learner: Callable[..., Any], window_size: int) -> None:
        self._learner = learner
        self._window_size = window_size
        self._seen: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._model: Any = None

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        found = count_vectors(train.trainable())
        if not found.vectors.nnz:
            raise NotApplicable(f"{self.name} needs events in train (there are none)")
        self._seen = np.flatnonzero(found.vectors.getnnz(axis=0))
        kinds = observations(self._features(found.vectors))
        self._model = self._learner(window_size=min(self._window_size, len(train)))
        first, *others = found.group.tolist()
        # river draws its trees over the features that its first observation names: all of them.
        self._model.learn_one({f: kinds[first][f] for f in range(len(self._seen) + 1)})
        for kind in others:
            self._model.learn_one(kinds[kind])

    def _features(self, vectors: csr_matrix) -> csr_matrix:
        """(rows, templates seen in training, and one for all others) in [0, 1)."""
        seen = vectors[:, self._seen]
        features = hstack([seen, csr_matrix(vectors.sum(axis=1) - seen.sum(axis=1))]).tocsr()
        features.data /= 1 + features.data
        return features

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        found = count_vectors(sequences)
        kinds = observations(self._features(found.vectors))
        return np.array([self._model.score_one(x) for x in kinds], dtype=np.float64)[found.group]

    def manifest(self) -> dict[str, object]:
        """Sizes of what was learned."""
        return {"features": len(self._seen) + 1, "window_size": self._model.window_size}
