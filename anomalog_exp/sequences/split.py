"""Which sequences train and which are scored, by prefix and suffix in order.

Units (whole sessions; or windows, where these are no parts of a session) are counted, so that all
windows of one session fall in one split. Fractions are exact decimals: 0.07 of 100 is 7.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.config.split import FractionSplitConfig, NormalOnlySplitConfig
from anomalog_exp.errors import ConfigError
from anomalog_exp.sequences.sequence_set import Split

__all__ = ["fraction_of", "split_units"]


def fraction_of(fraction: float, count: int) -> int:
    """The fraction of a count, rounded up, without the error of binary floats."""
    return int((Decimal(str(fraction)) * count).to_integral_value(ROUND_CEILING))


def split_units(label: NDArray[np.int8], config: FractionSplitConfig) -> NDArray[np.uint8]:
    """(units,) uint8 values of `Split` for units in order.

    The test suffix is min(N, ceil(test_fraction * N)) units, wherever training ends. Training takes
    the first min(N - test, ceil(train_fraction * N)) units, or as many normal ones (`normal_only`;
    a unit without a label is not known to be normal, and is left out).

    Raises:
        ConfigError: a part would be empty.
    """
    n = len(label)
    test = min(n, fraction_of(config.test_fraction, n))
    train = min(n - test, fraction_of(config.train_fraction, n))
    eligible = np.arange(n - test)
    if isinstance(config, NormalOnlySplitConfig):
        eligible = eligible[label[: n - test] == 0]
    chosen = eligible[:train]
    if not len(chosen):
        wanted = "normal ones " if isinstance(config, NormalOnlySplitConfig) else ""
        raise ConfigError.of(
            "split.train_fraction",
            config.train_fraction,
            problem=f"no sequence is left to train on: of {n} the last {test} are tested, and the "
            f"{n - test} before them hold {len(eligible)} {wanted}to take from",
            allowed="fractions that give at least one sequence to each part",
            fix="lower split.test_fraction, use a larger log or smaller windows, or split="
            "chronological where nothing is labelled",
        )
    split = np.full(n, Split.IGNORED, dtype=np.uint8)
    split[n - test :] = Split.TEST
    split[chosen] = Split.TRAIN
    return split
