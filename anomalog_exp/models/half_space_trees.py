"""Half-space trees: how few sequences of the latest window share the region of a count vector.

Source: Tan, Ting, Liu, "Fast anomaly detection for streaming data", IJCAI 2011, as river implements it.
Trees are drawn before anything is learned: each node halves the range of a random feature at a random
place. Sequences then pass one after the other, in the order of the training split, and each node counts
those that come through (its mass); after every `window_size` of them the masses of that window become
the reference. Mass times 2^depth is high in crowded regions. Score: 1 - total / largest total.

Learning is a loop in Python, as order matters: equal sequences are not merged, for each fills a place
of its window, and a window that training leaves unfilled is not yet the reference. Scoring learns
nothing: the trees are kept as arrays, and all count vectors go down all trees at once, each vector once.
Masses are whole numbers, so that sums are exact in any order. Labels are not read.

Features lie in [0, 1] as the trees need: count / (1 + count) of each template that training shows, which
nothing has to be learned for, and the same of the number of events whose template it never shows.

Deviations: river totals the mass of every node on the way, where the paper takes the last one alone; a
training split shorter than a window is one window.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

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

_ROWS = 1 << 12
_ENOUGH = 0.1
"""Share of a window that a node must have seen for a sequence to go on below it; the paper's."""


class Config(ExperimentModelConfig):
    """Options of the trees."""

    packages: ClassVar[tuple[str, ...]] = ("river",)

    name: Literal["half_space_trees"]
    trees: Count
    height: int = Field(ge=1, le=15, description="halvings on the way to a leaf")
    window_size: Count = Field(description="sequences whose masses are the reference")
    seed: int = Field(ge=0, description="of the halvings")

    def build_detector(self) -> HalfSpaceTreesDetector:
        return HalfSpaceTreesDetector(self)


class HalfSpaceTreesDetector(Detector):
    """Scores sequences by how empty their region of the count vectors is.

    The nodes of a tree are numbered level by level, so that those below node n are 2n + 1 and 2n + 2.
    """

    learns_from: ClassVar[Literal["normal", "all"]] = "all"

    config: Config
    _seen: Annotated[NDArray[np.int64], "templates seen"]
    _feature: Annotated[NDArray[np.int64], "trees", "inner nodes"]
    _threshold: Annotated[NDArray[np.float64], "trees", "inner nodes"]
    _mass: Annotated[NDArray[np.int64], "trees", "nodes"]
    _window_size: int

    def __init__(self, config: Config) -> None:
        from river import anomaly

        super().__init__(config)
        self._learner: Any = anomaly.HalfSpaceTrees

    def fit(self, train: SequenceSet, valid: SequenceSet | None = None) -> None:
        counts = count_vectors(train.trainable())
        if not counts.vectors.nnz:
            raise NotApplicable(f"{self.name} needs events in train (there are none)")
        self._seen = np.flatnonzero(counts.vectors.getnnz(axis=0))
        self._window_size = min(self.config.window_size, len(train))
        kinds = observations(self._features(counts.vectors))
        model = self._learner(
            n_trees=self.config.trees,
            height=self.config.height,
            window_size=self._window_size,
            seed=self.config.seed,
        )
        first, *others = counts.group.tolist()
        # river draws its trees over the features that its first observation names: all of them.
        model.learn_one({f: kinds[first][f] for f in range(len(self._seen) + 1)})
        for kind in others:
            model.learn_one(kinds[kind])
        self._keep(model.trees)

    def _keep(self, trees: list[Any]) -> None:
        """Write river's trees out as arrays."""
        nodes = [_levels(tree, self.config.height) for tree in trees]
        inner = [one[: len(one) // 2] for one in nodes]
        self._feature = np.array([[node.feature for node in one] for one in inner], dtype=np.int64)
        self._threshold = np.array([[node.threshold for node in one] for one in inner])
        self._mass = np.array([[node.r_mass for node in one] for one in nodes], dtype=np.int64)

    def _features(self, vectors: csr_matrix) -> csr_matrix:
        """(rows, templates seen in training, and one for all others) in [0, 1)."""
        seen = vectors[:, self._seen]
        features = hstack([seen, csr_matrix(vectors.sum(axis=1) - seen.sum(axis=1))]).tocsr()
        features.data /= 1 + features.data
        return features

    def score(self, sequences: SequenceSet) -> NDArray[np.float64]:
        counts = count_vectors(sequences)
        features = self._features(counts.vectors)
        total = np.zeros(features.shape[0])
        for start in range(0, len(total), _ROWS):
            part = slice(start, start + _ROWS)
            total[part] = self._totals(features[part].toarray())
        largest = len(self._mass) * self._window_size * self._mass.shape[1]
        return (1 - total / largest)[counts.group]

    def _totals(self, features: NDArray[np.float64]) -> NDArray[np.int64]:
        """(rows,) mass times 2^depth over the nodes on the way, down to where too few have been."""
        row, tree = np.arange(len(features))[:, None], np.arange(len(self._mass))
        node = np.zeros((len(features), len(self._mass)), dtype=np.int64)
        goes_on = np.ones(node.shape, dtype=bool)
        total = np.zeros(node.shape, dtype=np.int64)
        for depth in range(self.config.height):
            mass = self._mass[tree, node]
            total += np.where(goes_on, mass << depth, 0)
            goes_on &= mass >= _ENOUGH * self._window_size
            right = features[row, self._feature[tree, node]] >= self._threshold[tree, node]
            node = 2 * node + 1 + right
        total += np.where(goes_on, self._mass[tree, node] << self.config.height, 0)
        return total.sum(axis=1)

    def manifest(self) -> dict[str, object]:
        """Sizes of what was learned."""
        return {"features": len(self._seen) + 1, "window_size": self._window_size}


def _levels(tree: Any, height: int) -> list[Any]:
    """The nodes of one of river's trees, level by level."""
    nodes, level = [tree], [tree]
    for _ in range(height):
        level = [child for node in level for child in node.children]
        nodes += level
    return nodes
