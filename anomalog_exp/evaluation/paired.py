"""Two detectors on the same units: whether they differ by more than chance, and how far they agree.

Everything follows from how often each combination of label and two decisions occurs, so units are
counted once and never resampled one by one. Both tests take units for independent of each other; windows
that overlap are not, and look more certain than they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Agreement", "Difference", "McNemar", "agreement", "f1_difference", "mcnemar"]


@dataclass(frozen=True)
class Difference:
    """F1 of the second minus F1 of the first.

    Attributes:
        value: On the units as they are.
        low: The 2.5 percentile over resamples.
        high: The 97.5 percentile.
        samples: How many resamples there were.
    """

    value: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class McNemar:
    """Units that one of the two decides rightly and the other wrongly.

    Attributes:
        only_first: The first is right, the second is wrong.
        only_second: The other way round.
        p_value: How likely a split at least as uneven is if both err equally often.
    """

    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True)
class Agreement:
    """Units by who flags them.

    Attributes:
        both: Flagged by both.
        only_first: Flagged by the first alone.
        only_second: Flagged by the second alone.
        neither: Flagged by none.
        kappa: Cohen's kappa, 1 for equal decisions and 0 for those that agree by chance; None where both
            flag everything or nothing, and chance alone would make them agree.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    kappa: float | None


def f1_difference(
    anomalous: NDArray[np.bool_],
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    *,
    samples: int,
    seed: int,
) -> Difference:
    """The difference of F1 with its percentile interval of 95 % (paired bootstrap, Efron 1979).

    Each resample draws units with replacement, and both detectors are measured on the same ones: what
    makes a unit hard is hard for both, and cancels out.

    Args:
        anomalous: (units,) labels; at least one unit.
        first: (units,) decisions.
        second: (units,) decisions.
        samples: Resamples, at least 1.
        seed: Seed of the resampling.
    """
    cells = np.bincount(anomalous * 4 + first * 2 + second, minlength=8)
    units = len(anomalous)
    resamples = np.random.default_rng(seed).multinomial(units, cells / units, size=samples)
    low, high = np.quantile(_f1_differences(resamples), [0.025, 0.975])
    return Difference(float(_f1_differences(cells[None])[0]), float(low), float(high), samples)


def mcnemar(
    anomalous: NDArray[np.bool_], first: NDArray[np.bool_], second: NDArray[np.bool_]
) -> McNemar:
    """McNemar's exact test (McNemar 1947): two-sided, on the units where one alone is right."""
    from scipy.stats import binomtest

    one, other = first == anomalous, second == anomalous
    only_first, only_second = int((one & ~other).sum()), int((other & ~one).sum())
    discordant = only_first + only_second
    p_value = float(binomtest(only_first, discordant).pvalue) if discordant else 1.0
    return McNemar(only_first, only_second, p_value)


def agreement(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Agreement:
    """How far two detectors flag the same units, whatever their labels (Cohen 1960)."""
    neither, only_second, only_first, both = (
        int(count) for count in np.bincount(first * 2 + second, minlength=4)
    )
    units = neither + only_second + only_first + both
    flags = (both + only_first) * (both + only_second)
    passes = (neither + only_second) * (neither + only_first)
    by_chance = flags + passes  # in units squared, as is what it is taken from
    kappa = None
    if by_chance != units**2:
        kappa = (units * (both + neither) - by_chance) / (units**2 - by_chance)
    return Agreement(both, only_first, only_second, neither, kappa)


def _f1_differences(cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """(resamples,) from (resamples, 8) counts, placed by label, first, second as binary digits."""
    normal, anomalous = cells[:, :4], cells[:, 4:]
    f1 = []
    for flags in ([2, 3], [1, 3]):
        hits = anomalous[:, flags].sum(axis=1)
        flagged = hits + normal[:, flags].sum(axis=1)
        f1.append(2 * hits / np.maximum(flagged + anomalous.sum(axis=1), 1))
    return f1[1] - f1[0]
