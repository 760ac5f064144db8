"""What trees share: log odds of a leaf, what each split on the way adds, and whether a file's are sound.

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

from anomalog_exp.errors import DataError

__all__ = ["check_nodes", "check_trees", "contributions", "log_odds"]

_LEAST = 1e-12
"""Probabilities below are taken for this one: a leaf of one class has infinite odds otherwise."""


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows,) natural-log odds from (rows, 2) probabilities of normal and anomalous, within +-27.7."""
    clipped = np.log(np.maximum(probabilities, _LEAST))
    return clipped[:, 1] - clipped[:, 0]


def contributions(
    trees: Sequence[Any], features: NDArray[np.float64] | csr_matrix
) -> NDArray[np.float64]:
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


def check_trees(owner: str, trees: Sequence[Any], features: int) -> None:
    """Refuse scikit-learn's trees, read from a file, that are no trees of so many features.

    Raises:
        DataError: following one would read or write memory that is not its own, or never end.
    """
    from sklearn.tree import BaseDecisionTree
    from sklearn.tree._tree import Tree

    for tree in trees:
        # What says that it is another thing may hold trees that nobody looks at.
        nodes = tree.tree_ if isinstance(tree, BaseDecisionTree) else None
        if not isinstance(nodes, Tree) or nodes.node_count != nodes.capacity:
            raise _no_trees(owner, "it has other nodes than it says")
        inner = np.flatnonzero(nodes.children_left != -1)
        children = np.stack((nodes.children_left[inner], nodes.children_right[inner]))
        check_nodes(owner, inner, children, nodes.feature[inner], nodes.node_count, features)
        # scikit-learn notes the ways through a tree in as much memory as its depth takes.
        if nodes.max_depth != nodes.compute_node_depths().max() - 1:
            raise _no_trees(owner, "it has another depth than it says")


def check_nodes(
    owner: str,
    inner: NDArray[np.int64],
    children: NDArray[np.integer],
    feature: NDArray[np.integer],
    nodes: int,
    features: int,
) -> None:
    """Refuse the nodes of a tree whose splits lead anywhere but on, or ask for a feature there is not.

    Args:
        owner: Whose tree it is.
        inner: (splits,) numbers of the nodes that split.
        children: (2, splits) numbers of the nodes below each.
        feature: (splits,) what each splits on.
        nodes: How many nodes there are.
        features: How many features there are.

    Raises:
        DataError: it is so.
    """
    if not nodes:
        problem = "it has no nodes"
    elif (children <= inner).any() or (children >= nodes).any():
        problem = "a split leads out of its tree, or back"
    elif (feature < 0).any() or (feature >= features).any():
        problem = f"a split asks for a feature beyond the {features:,} that there are"
    else:
        return
    raise _no_trees(owner, problem)


def _no_trees(owner: str, problem: str) -> DataError:
    return DataError.of(
        f"state of {owner}",
        "the nodes of a tree",
        problem=problem,
        allowed="trees as they were fitted",
        fix="fit the detector again and save it",
    )
