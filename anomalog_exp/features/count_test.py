"""Whether counts of two sides differ by more than runs of one side differ among themselves.

Lines come in bursts, so that counts vary more than by Poisson. A count has a negative binomial
distribution with a mean that is a rate times an exposure, and a variance of mean + dispersion * mean^2
(Robinson and Smyth, "Small-sample estimation of negative binomial dispersion", Biostatistics 9, 2008).

- How large a replicate is: the median over kinds of the ratio of its count to the geometric mean of the
  kind (Anders and Huber, "Differential expression analysis for sequence count data", Genome Biology 11,
  2010). A kind that floods a run does not make everything else look fewer.
- Dispersion: from the differences within the first side, or within both where most of the first lacks
  the kind. It is the larger of the kind's own and that of kinds of about as many (Anders and Huber
  again). What is rare comes in larger bursts: one kind more of each size has a dispersion of
  0.05 + 1 / mean, and none is below 0.01, as of runs that differ by 10 %.
- Chance: given how many there are on both sides together, how likely so many or more of them (or so few)
  are on one. Given the total, the count of one side is about beta-binomial, of a variance that fits.
- Many kinds are tested. Benjamini and Hochberg, "Controlling the false discovery rate", Journal of the
  Royal Statistical Society B 57 (1), 1995: of those that pass, so large a share is wrong at most.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from anomalog_exp.features.beta_binomial import two_sided_chance

__all__ = ["CountTest", "adjusted", "count_test", "sizes"]

_FEWEST_KINDS: Final = 5
_FEWEST_EVENTS: Final = 5
"""Of a kind on average: what every run writes once, as at its start, says nothing of its size."""

_BINS: Final = np.array([0.5, 2.0, 8.0, 32.0, 128.0, 512.0])
_CENTERS: Final = np.array([0.25, 1.0, 4.0, 16.0, 64.0, 256.0, 1024.0])
_LEAST: Final = 0.01
_BASE: Final = 0.05
_BETWEEN_RUNS: Final = 0.01
"""Dispersion between runs where blocks of them are compared: they differ by 10 %."""

_STEADY: Final = 0.5
"""Share of the replicates before that show a kind."""

_ATTAINABLE: Final = 0.01


class CountTest(NamedTuple):
    """What the test says of each kind.

    Attributes:
        p: (kinds,) the chance of a difference as large, either way; 1 where none could pass.
        testable: (kinds,) whether enough are there that some difference could pass.
        ratio: (kinds,) the rate after over the rate before, half an event added to both.
        dispersion: (kinds,) what was taken.
    """

    p: NDArray[np.float64]
    testable: NDArray[np.bool_]
    ratio: NDArray[np.float64]
    dispersion: NDArray[np.float64]

    def part(self, kinds: slice) -> CountTest:
        """The same of some kinds."""
        return CountTest(
            self.p[kinds], self.testable[kinds], self.ratio[kinds], self.dispersion[kinds]
        )


def sizes(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """(replicates,) how large each is, 1 on average.

    Args:
        counts: (kinds, replicates).
    """
    mean = counts.mean(axis=1)
    everywhere = counts[(counts > 0).all(axis=1) & (mean >= _FEWEST_EVENTS)]
    if len(everywhere) < _FEWEST_KINDS:
        found = counts.sum(axis=0)
    else:
        logs = np.log(everywhere)
        found = np.exp(np.median(logs - logs.mean(axis=1, keepdims=True), axis=0))
    found = np.maximum(found, 1e-9)
    return found / found.mean()


def count_test(
    counts: NDArray[np.float64],
    exposure: NDArray[np.float64],
    after: NDArray[np.bool_],
    runs: tuple[int, int],
) -> CountTest:
    """Compare the counts of two sides, kind by kind.

    Args:
        counts: (kinds, replicates) of events.
        exposure: (kinds, replicates) what each count is out of, in any unit.
        after: (replicates,) whether each is of the second side.
        runs: How many runs the replicates of the first side and of the second are parts of.
    """
    sides = (~after, after)
    total = [counts[:, side].sum(axis=1) for side in sides]
    exposed = [exposure[:, side].sum(axis=1) for side in sides]
    both = exposed[0] + exposed[1]
    share = np.divide(exposed[1], both, out=np.zeros(len(counts)), where=both > 0)
    dispersion = _dispersions(counts, exposure, sides)
    effective = [
        np.maximum(e**2 / np.maximum((exposure[:, side] ** 2).sum(axis=1), 1e-12), 1e-12)
        for e, side in zip(exposed, sides, strict=True)
    ]
    variance = dispersion * (1 / effective[0] + 1 / effective[1])
    if any(int(side.sum()) > n for side, n in zip(sides, runs, strict=True)):
        variance = variance + _BETWEEN_RUNS * (1 / runs[0] + 1 / runs[1])
    inside = (share > 0) & (share < 1) & (total[0] + total[1] > 0)
    safe = np.where(inside, share, 0.5)
    precision = 1 / (safe * (1 - safe) * variance)
    alpha, beta = precision * safe, precision * (1 - safe)
    n = total[0] + total[1]
    all_after = np.exp(betaln(alpha + n, beta) - betaln(alpha, beta))
    none_after = np.exp(betaln(alpha, beta + n) - betaln(alpha, beta))
    testable = inside & (2 * np.minimum(all_after, none_after) <= _ATTAINABLE)
    p = np.ones(len(counts))
    chosen = np.flatnonzero(testable)
    p[chosen] = two_sided_chance(total[1][chosen], n[chosen], alpha[chosen], beta[chosen])
    # Half an event, shared out by what each side is exposed to.
    pseudo = [0.5 * 2 * share_of for share_of in (1 - safe, safe)]
    rates = [(t + q) / np.maximum(e, 1e-12) for t, q, e in zip(total, pseudo, exposed, strict=True)]
    return CountTest(p, testable, rates[1] / rates[0], dispersion)


def adjusted(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """(tests,) the smallest share of false discoveries at which each would pass."""
    count = len(p)
    order = np.argsort(p)
    scaled = p[order] * count / np.arange(1, count + 1)
    found = np.empty(count)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def _dispersions(
    counts: NDArray[np.float64],
    exposure: NDArray[np.float64],
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> NDArray[np.float64]:
    """(kinds,) the larger of each kind's own and that of kinds of about its mean."""
    excess, square = _spread(counts[:, sides[0]], exposure[:, sides[0]])
    more, more_square = _spread(counts[:, sides[1]], exposure[:, sides[1]])
    # What was steady before, and comes in bursts after, has changed: its bursts are no excuse.
    steady = (counts[:, sides[0]] > 0).mean(axis=1) >= _STEADY
    excess = np.where(steady, excess, excess + more)
    square = np.where(steady, square, square + more_square)
    own = np.divide(excess, square, out=np.zeros(len(counts)), where=square > 0)
    in_bin = np.searchsorted(_BINS, counts.mean(axis=1), side="right")
    excess_of, square_of, kinds = (
        np.bincount(in_bin, weights=one, minlength=len(_CENTERS))
        for one in (excess, square, square > 0)
    )
    one_more = counts.shape[1] * _CENTERS**2
    np.divide(square_of, kinds, out=one_more, where=kinds > 0)
    fitted = (excess_of + (_BASE + 1 / _CENTERS) * one_more) / (square_of + one_more)
    return np.maximum(np.maximum(own, fitted[in_bin]), _LEAST)


def _spread(
    counts: NDArray[np.float64], exposure: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(kinds,) what the counts of a side vary beyond Poisson, and the squares of their means.

    The expectation of the former is the dispersion times the latter.
    """
    if counts.shape[1] < 2:
        return np.zeros(len(counts)), np.zeros(len(counts))
    whole = np.maximum(exposure.sum(axis=1, keepdims=True), 1e-12)
    weight = np.minimum(exposure / whole, 1 - 1e-9)
    mean = counts.sum(axis=1, keepdims=True) * weight
    varies = np.ptp(counts, axis=1) > 0  # what is always as many vouches for nothing that is not
    excess = varies * ((counts - mean) ** 2 / (1 - weight) - mean).sum(axis=1)
    return excess, varies * (mean**2).sum(axis=1)
