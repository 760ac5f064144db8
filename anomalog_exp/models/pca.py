"""PCA: how far a count vector lies from the space that most of training spans.

Source: Xu, Huang, Fox, Patterson, Jordan, "Detecting large-scale system problems by mining console
logs", SOSP 2009. The principal components that explain `variance` of the training vectors span the
normal space. Score: the squared prediction error (SPE), the squared length of what is left of a
vector outside it. The threshold that the method derives is the Q-statistic of Jackson and Mudholkar,
"Control procedures for residuals associated with principal component analysis", Technometrics 21, 1979:
normal vectors, if they were Gaussian, would exceed it with probability `alpha`.

All training sequences teach, and no label is read; split=normal_only gives it normal ones alone.
Distinct vectors weighted by their numbers have exactly the mean and covariance of the sequences.

Deviations: where Jackson and Mudholkar's power h0 is not positive (a residual of one large and very many
small variances), the approximation of Box 1954 takes its place, which has the same two first moments;
training without residual has threshold 0. A residual below rounding, 1e-9 of the vector, is none.

Beyond 10,000 templates, where there are fewer vectors, components come from the inner products of the
vectors: variances below 1e-12 of the largest are taken for rounding. Residuals come from matrix products
of 64 rows each there, the last filled up with zeros: a sum per number would take minutes, and products
of one shape round a row alike in any company.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import chdtri, ndtri

from anomalog_exp.detection.count_detector import (
    MANY_TEMPLATES,
    CountModelConfig,
    WeightedCountDetector,
)
from anomalog_exp.features.row_space import row_space
from anomalog_exp.options.base import Fraction

__all__ = ["Config", "PCADetector", "q_statistic"]

_ROUNDING = 1e-9
_ROWS = 64


class Config(CountModelConfig):
    """Options of PCA."""

    name: Literal["pca"]
    variance: Fraction = Field(description="share of the variance that the normal space explains")
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        description="false-alarm rate for which the Q-statistic is the threshold"
    )

    def build_detector(self) -> PCADetector:
        return PCADetector(self)


class PCADetector(WeightedCountDetector):
    """Scores sequences by their squared prediction error."""

    config: Config
    _mean: Annotated[NDArray[np.float64], "templates"]
    _components: Annotated[NDArray[np.float64], "components", "templates"]
    _residual_variance: Annotated[NDArray[np.float64], "residual components"]

    def fit_vectors(self, features: NDArray[np.float64], count: NDArray[np.int64]) -> None:
        share = count / count.sum()
        self._mean = share @ features
        deviation = features - self._mean
        varying = deviation.any(axis=0)
        # Singular values of the weighted vectors keep digits that their covariance would lose. R of
        # their QR decomposition has the same ones, and no more rows than templates.
        weighted = deviation[:, varying] * np.sqrt(share)[:, None]
        if weighted.shape[1] > max(MANY_TEMPLATES, len(weighted)):
            along, directions = row_space(weighted)
            singular = np.sqrt((along**2).sum(axis=0))
        else:
            triangle = np.linalg.qr(weighted, mode="r")
            _, singular, directions = np.linalg.svd(triangle, full_matrices=False)
        variances = singular**2
        variances[singular <= _ROUNDING * singular.max(initial=0)] = 0
        explained = np.cumsum(variances)
        enough = self.config.variance * explained[-1:] * (1 - _ROUNDING)
        kept = int(np.searchsorted(explained, enough)[0]) + 1 if variances.any() else 0
        self._components = np.zeros((kept, features.shape[1]))
        self._components[:, varying] = directions[:kept]
        self._residual_variance = variances[kept:][variances[kept:] > 0]

    def score_vectors(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.parts(features).sum(axis=1)

    def parts(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The squared residual of each template."""
        residual = _outside(features - self._mean, self._components)
        size = np.abs(features).max(axis=1) + np.abs(self._mean).max()
        residual[np.abs(residual) <= _ROUNDING * size[:, None]] = 0
        return residual**2

    @property
    def own_threshold(self) -> float:
        return q_statistic(self._residual_variance, self.config.alpha)

    def manifest(self) -> dict[str, object]:
        """How many components span the normal space, and the variance left outside it."""
        return {
            "components": len(self._components),
            "residual_variance": float(self._residual_variance.sum()),
            "q_statistic": self.own_threshold,
        }


def _outside(
    deviation: NDArray[np.float64], components: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(rows, templates) what is left of each row outside the space of the components."""
    if deviation.shape[1] <= MANY_TEMPLATES:
        # Not matrix products, which round by how many rows there are.
        along = np.einsum("rt,ct->rc", deviation, components)
        return deviation - np.einsum("rc,ct->rt", along, components)
    residual = deviation.copy()
    spanned = np.flatnonzero(components.any(axis=0))
    components = components[:, spanned]
    for start in range(0, len(deviation), _ROWS):
        block = np.zeros((_ROWS, len(spanned)))
        here = deviation[start : start + _ROWS, spanned]
        block[: len(here)] = here
        inside = (block @ components.T) @ components
        residual[start : start + _ROWS, spanned] -= inside[: len(here)]
    return residual


def q_statistic(variances: NDArray[np.float64], alpha: float) -> float:
    """The SPE that a Gaussian vector exceeds with probability `alpha`.

    Args:
        variances: (residual components,) their variances, all positive.
        alpha: Below one half.
    """
    if not len(variances):
        return 0.0
    first, second, third = (float((variances**power).sum()) for power in (1, 2, 3))
    power = 1 - 2 * first * third / (3 * second**2)
    if power <= 0:
        return float(second / first * chdtri(first**2 / second, alpha))
    spread = -ndtri(alpha) * np.sqrt(2 * second) / first
    inner = power * (spread + second * (power - 1) / first**2)
    return float(first * np.exp(np.log1p(inner) / power))
