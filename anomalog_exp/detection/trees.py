"""What classification trees share: log odds of a leaf, and what each split on the way adds.

Contributions are those of Saabas, "Interpreting random forests", 2014: a split is credited with the
change of the share of "anomalous" from a node to its child, so they and the share at the root sum up to
the predicted probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

__all__ = ["contributions", "log_odds"]

_LEAST = 1e-12
"""Probabilities below are taken for this one: a leaf of one class has infinite odds otherwise."""


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows,) natural-log odds from (rows, 2) probabilities of normal and anomalous, within +-27.7."""
    clipped = np.log(np.maximum(probabilities, _LEAST))
    return clipped[:, 1] - clipped[:, 0]


def contributions(trees: Sequence[Any], features: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, features) what splits on each feature add to the probability, on average over the trees."""
    total = np.zeros(features.shape)
    for tree in trees:
        total += (tree.decision_path(features) @ _steps(tree.tree_, features.shape[1])).toarray()
    return total / len(trees)


def _steps(tree: Any, features: int) -> csr_matrix:
    """(nodes, features) what reaching a node adds, under the feature that its parent splits on."""
    classes = tree.value[:, 0, :]
    anomalous = classes[:, 1] / classes.sum(axis=1)
    inner = np.flatnonzero(tree.children_left >= 0)
    parent = np.concatenate((inner, inner))
    child = np.concatenate((tree.children_left[inner], tree.children_right[inner]))
    step = anomalous[child] - anomalous[parent]
    return csr_matrix((step, (child, tree.feature[parent])), shape=(len(anomalous), features))
