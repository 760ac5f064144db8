"""One-class SVM: on which side of a boundary around most of training a count vector lies.

Source: Schölkopf, Platt, Shawe-Taylor, Smola, Williamson, "Estimating the support of a high-dimensional
distribution", Neural Computation 13, 2001, by libsvm in scikit-learn, with an RBF kernel. Score: the
decision function of the paper, negated; the boundary is 0, and what lies on it is inside. As the solver
puts vectors on the boundary only up to `tolerance`, that is the threshold for model/decision=own.

All training sequences teach, and no label is read; split=normal_only gives it normal ones alone. `nu` is
the most that may lie outside. A distinct vector bounds its multiplier by its number, which is the same
optimum as that of all sequences. The cost grows with the square of distinct vectors: beyond
`max_vectors` only the most frequent train.

Deviation from scikit-learn's gamma="scale": the default is 1 / (the variances of all templates, summed),
of sequences rather than vectors, and so independent of how many templates training never shows.

Beyond 10,000 templates the vectors keep no zeros, and no mean is taken from them: the kernel depends on
their differences alone.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import csr_matrix

from anomalog_exp.detection.count_detector import (
    CountModelConfig,
    Features,
    WeightedCountDetector,
    most_frequent,
)
from anomalog_exp.detection.forms import Estimator
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.errors import DataError
from anomalog_exp.options.base import Count

__all__ = ["Config", "OneClassSVMDetector"]

Positive = Annotated[float, Field(gt=0)]


class Config(CountModelConfig):
    """Options of the one-class SVM."""

    name: Literal["one_class_svm"]
    nu: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="the most of training that may lie outside"
    )
    gamma: Positive | None = Field(description="of exp(-gamma distance^2); null = by variance")
    tolerance: Positive = Field(description="at which the solver stops")
    max_vectors: Count = Field(description="distinct vectors that train")

    def build_detector(self) -> OneClassSVMDetector:
        return OneClassSVMDetector(self)


class OneClassSVMDetector(WeightedCountDetector):
    """Scores sequences by how far they lie outside the boundary."""

    sparse: ClassVar[bool] = True

    config: Config
    _svm: Annotated[Estimator, "sklearn.svm._classes.OneClassSVM"]
    _left_out: int

    def fit_vectors(self, features: Features, count: NDArray[np.int64]) -> None:
        from sklearn.svm import OneClassSVM

        kept = most_frequent(count, self.config.max_vectors)
        self._left_out = len(count) - len(kept)
        features, share = features[kept], count[kept] / count[kept].sum()
        variance = _variance(features, share)
        self._svm = OneClassSVM(
            nu=self.config.nu,
            gamma=self.config.gamma or 1 / (variance or 1),
            tol=self.config.tolerance,
            cache_size=500,
        )
        # The paper's scale, multipliers that sum to 1: scores then compare across training sizes.
        self._svm.fit(features, sample_weight=share / self.config.nu)

    def score_vectors(self, features: Features) -> NDArray[np.float64]:
        return -self._svm.decision_function(features)

    def restore(self, state: DetectorState) -> None:
        super().restore(state)
        if not _is_sound(self._svm, len(self._weights.weight)):
            raise DataError.of(
                f"state of {self.name}",
                "the support vectors",
                problem="they and what belongs to them are not of one size, or no matrix",
                allowed="vectors as they were fitted",
                fix="fit the detector again and save it",
            )

    @property
    def own_threshold(self) -> float:
        return self.config.tolerance

    def manifest(self) -> dict[str, object]:
        """The boundary's size, and what was too much to train on."""
        return {
            "support_vectors": len(self._svm.support_),
            "gamma": float(self._svm.gamma),
            "vectors_left_out": self._left_out,
        }


def _is_sound(svm: Any, templates: int) -> bool:
    """Whether libsvm, which looks at no size, reads nothing but what is there."""
    vectors, weights = svm.support_vectors_, svm._dual_coef_
    count = vectors.shape[0]
    sizes = ((svm.support_, count), (svm._n_support, 2))
    floats = ((svm._intercept_, 1), (svm._probA, 0), (svm._probB, 0))
    if svm._sparse:
        if not all(type(one) is csr_matrix for one in (vectors, weights)):
            return False
        try:
            vectors.check_format(full_check=True)
            weights.check_format(full_check=True)
        except ValueError:
            return False
    return bool(
        vars(svm).keys().isdisjoint(("_impl", "_sparse_kernels"))
        and svm.kernel == "rbf"
        and vectors.shape == (count, templates)
        and weights.shape == (1, count)
        and vectors.dtype == weights.dtype == np.float64
        and (weights.nnz == count if svm._sparse else weights.flags.c_contiguous)
        and all(one.dtype == np.int32 and one.shape == (size,) for one, size in sizes)
        and all(one.dtype == np.float64 and one.shape == (size,) for one, size in floats)
    )


def _variance(features: Features, share: NDArray[np.float64]) -> float:
    """The variances of all templates, summed; each row is a share of the sequences."""
    mean = share @ features
    if isinstance(features, csr_matrix):
        # Of what is there, and of the zeros that are not.
        return float((share @ features.power(2)).sum() - (mean**2).sum())
    return float((share @ (features - mean) ** 2).sum())
