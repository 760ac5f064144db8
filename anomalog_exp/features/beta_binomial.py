"""Tails of beta-binomial distributions, many at once.

They are summed up, and for large totals those of a beta distribution of the same mean and variance.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaln, gammaln

__all__ = ["two_sided_chance"]

_EXACT: Final = 2000
"""The largest total whose tail is summed up."""


def two_sided_chance(
    k: NDArray[np.float64],
    n: NDArray[np.float64],
    alpha: NDArray[np.float64],
    beta: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(kinds,) twice the smaller tail, k included, of beta-binomial distributions."""
    p = np.empty(len(k))
    small = n <= _EXACT
    p[small] = _exact(*(one[small] for one in (k, n, alpha, beta)))
    p[~small] = _by_beta(*(one[~small] for one in (k, n, alpha, beta)))
    return np.minimum(2 * p, 1.0)


def _exact(
    k: NDArray[np.float64],
    n: NDArray[np.float64],
    alpha: NDArray[np.float64],
    beta: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(kinds,) the smaller tail, summed up."""
    above = k > n * alpha / (alpha + beta)
    first = np.where(above, k, 0).astype(np.int64)
    length = np.where(above, n - k, k).astype(np.int64) + 1
    kind = np.repeat(np.arange(len(k)), length)
    nth = np.arange(len(kind)) - np.repeat(np.cumsum(length) - length, length)
    j, m, a, b = first[kind] + nth, n[kind], alpha[kind], beta[kind]
    logs = (
        gammaln(m + 1) - gammaln(j + 1) - gammaln(m - j + 1)
        + betaln(j + a, m - j + b) - betaln(a, b)
    )  # fmt: skip
    return np.bincount(kind, weights=np.exp(logs), minlength=len(k)).astype(np.float64)


def _by_beta(
    k: NDArray[np.float64],
    n: NDArray[np.float64],
    alpha: NDArray[np.float64],
    beta: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(kinds,) the smaller tail of a beta distribution of the same mean and variance."""
    share = alpha / (alpha + beta)
    correlation = 1 / (alpha + beta + 1)
    precision = n / (1 + (n - 1) * correlation) - 1
    a, b = precision * share, precision * (1 - share)
    above = k > n * share
    edge = np.clip((k + np.where(above, -0.5, 0.5)) / n, 0.0, 1.0)
    lower = betainc(a, b, edge)
    return np.where(above, betainc(b, a, 1 - edge), lower)
