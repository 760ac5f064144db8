"""Log clustering: the distance of a sequence from the nearest representative of training.

Source: Lin, Zhang, Lou, Zhang, Chen, "Log clustering based problem identification for online service
systems", ICSE SEIP 2016. A template weighs half the sigmoid of its inverse document frequency, and half
more if training never showed it (the paper's contrast with what is new in production); a sequence is the
vector of counts times weights. Training vectors are clustered bottom up by complete linkage of cosine
distances, cut at `max_distance`; the representative of a cluster is its member of smallest mean distance
to the others. Score: cosine distance to the nearest representative, in [0, 1]; more than `max_distance`
belongs to no known cluster, which is the threshold for model/decision=own.

All training sequences teach, and no label is read: anomalies in training make clusters of their own, and
their like is known from then on. The paper's knowledge base is of normal runs: split=normal_only. Copies
lie at distance 0: distinct vectors have the same clusters, and weigh by their numbers in the mean.

Hierarchical clustering takes memory by the square of vectors: the first `max_vectors` distinct ones are
clustered, those after them join the nearest cluster within `max_distance` or open one, in order. A
cluster keeps its representative when others join. A sequence without events lies at distance 0 from its
like and 1 from all others.

Beyond 10,000 templates vectors keep no zeros, and distances are products of sparse ones.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix, hstack, issparse, vstack
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.special import expit

from anomalog_exp.detection.contract import ExperimentModelConfig
from anomalog_exp.detection.count_detector import CountDetector, Features
from anomalog_exp.features.sparse_distances import squared_distances
from anomalog_exp.options.base import Count

__all__ = ["Config", "LogClusteringDetector"]


class Config(ExperimentModelConfig):
    """Options of log clustering; its weights are its own."""

    name: Literal["log_clustering"]
    max_distance: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="largest cosine distance within a cluster"
    )
    max_vectors: Count = Field(description="distinct vectors that are clustered hierarchically")

    def build_detector(self) -> LogClusteringDetector:
        return LogClusteringDetector(self)


class LogClusteringDetector(CountDetector):
    """Scores sequences by the distance to the nearest representative."""

    sparse: ClassVar[bool] = True
    counts_unknown: ClassVar[bool] = True

    config: Config
    _weight: Annotated[NDArray[np.float64], "templates"]
    _representatives: Annotated[csr_matrix, "clusters", "templates and one"]

    def fit_vectors(self, features: Features, count: NDArray[np.int64]) -> None:
        holding = count @ (features > 0)
        idf = np.log(count.sum() / np.maximum(holding, 1))
        self._weight = expit(idf) / 2 + (holding == 0) / 2
        unit = self._unit(features)
        first = slice(self.config.max_vectors)
        clusters = _clusters(unit[first], self.config.max_distance)
        known = unit[_representatives(unit[first], count[first], clusters)]
        later = unit[self.config.max_vectors :]
        opened = _openers(later, known, self.config.max_distance)
        self._representatives = vstack([csr_matrix(known), csr_matrix(later[opened])], format="csr")

    def score_vectors(self, features: Features) -> NDArray[np.float64]:
        return self._distances(self._unit(features)).min(axis=1)

    def _distances(self, unit: Features) -> NDArray[np.float64]:
        """(rows, clusters) distances to all representatives."""
        known = self._representatives if issparse(unit) else self._representatives.toarray()
        return _cosine_distances(unit, known)

    def parts(self, features: Features) -> Features:
        """Half the squared difference to the nearest representative, whose sum is the distance."""
        unit = self._unit(features)
        nearest = self._representatives[self._distances(unit).argmin(axis=1)]
        if issparse(unit):
            return csr_matrix(((unit - nearest).power(2) / 2)[:, :-1])
        return ((unit - nearest.toarray()) ** 2 / 2)[:, :-1]

    @property
    def own_threshold(self) -> float:
        return self.config.max_distance

    def manifest(self) -> dict[str, object]:
        """How many clusters there are."""
        return {"clusters": self._representatives.shape[0]}

    def _unit(self, counts: Features) -> Features:
        """(rows, templates + 1) of length 1; the last column is 1 for rows that count nothing."""
        if isinstance(counts, csr_matrix):
            weighted = csr_matrix(counts.multiply(self._weight))
            weighted.eliminate_zeros()
            nothing = csr_matrix((np.diff(weighted.indptr) == 0).astype(np.float64)[:, None])
            whole = hstack([weighted, nothing], format="csr")
            length = np.sqrt(whole.power(2) @ np.ones(whole.shape[1]))
            whole.data /= np.repeat(length, np.diff(whole.indptr))
            return whole
        weighted = counts * self._weight
        nothing = ~weighted.any(axis=1, keepdims=True)
        whole = np.concatenate((weighted, nothing), axis=1)
        return whole / np.sqrt((whole**2).sum(axis=1))[:, None]


def _clusters(unit: Features, max_distance: float) -> NDArray[np.int64]:
    """(vectors,) the cluster of each, from 0."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if unit.shape[0] == 1:
        return np.zeros(1, dtype=np.int64)
    if issparse(unit):
        apart = squareform(squared_distances(unit, unit), checks=False)
    else:
        apart = pdist(unit, "sqeuclidean")
    tree = linkage(apart / 2, "complete")
    return fcluster(tree, max_distance, "distance").astype(np.int64) - 1


def _representatives(
    unit: Features, count: NDArray[np.int64], clusters: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(clusters,) the member of smallest mean distance to the others, the first of equal ones."""
    number = int(clusters.max()) + 1
    # The mean of 1 - u.v over members v is smallest where u.(sum of v) is largest.
    if isinstance(unit, csr_matrix):
        members = csr_matrix(
            (count.astype(np.float64), (clusters, np.arange(len(clusters)))),
            shape=(number, len(clusters)),
        )
        likeness = np.asarray(unit.multiply((members @ unit)[clusters]).sum(axis=1)).ravel()
    else:
        total = np.zeros((number, unit.shape[1]))
        np.add.at(total, clusters, unit * count[:, None])
        likeness = (unit * total[clusters]).sum(axis=1)
    order = np.lexsort((-np.round(likeness, 9), clusters))
    return order[np.searchsorted(clusters[order], np.arange(number))]


def _openers(later: Features, known: Features, max_distance: float) -> NDArray[np.int64]:
    """Indices of the vectors that open a cluster, as no known one and none before is near."""
    outside = np.flatnonzero(_nearest_distances(later, known) > max_distance)
    opened = []
    while len(outside):
        opened.append(outside[0])
        distances = _cosine_distances(later[outside], later[outside[:1]])[:, 0]
        outside = outside[distances > max_distance]
    return np.array(opened, dtype=np.int64)


def _nearest_distances(unit: Features, others: Features) -> NDArray[np.float64]:
    if not unit.shape[0]:
        return np.empty(0)
    return _cosine_distances(unit, others).min(axis=1)


def _cosine_distances(unit: Features, others: Features) -> NDArray[np.float64]:
    """1 - u.v of vectors of length 1, without what cancels: equal vectors are at exactly 0."""
    if issparse(unit):
        return squared_distances(unit, others) / 2
    return cdist(unit, others, "sqeuclidean") / 2
